//! `mfa-env init SHELL`: the snippet of `shell/` for the startup file.

use crate::cli::InitArgs;
use crate::error::{Result, UsageError};
use crate::shell::Shell;
use zeroize::Zeroizing;

pub(super) fn run(args: &InitArgs) -> Result<Zeroizing<String>> {
    let unknown = || UsageError::UnknownShell { name: args.shell.clone(), known: Shell::NAMES };
    let shell = Shell::named(&args.shell).ok_or_else(unknown)?;
    Ok(Zeroizing::new(shell.snippet().to_owned()))
}
