//! `mfa-env unset`: the session leaves the shell, and what it displaced comes back.

use super::{Context, refuse_terminal, say_warnings, shell_of};
use crate::cli::UnsetArgs;
use crate::environment;
use crate::error::Result;
use zeroize::Zeroizing;

pub(super) fn run(args: &UnsetArgs, context: &Context) -> Result<Zeroizing<String>> {
    let (shell, mut warnings) = shell_of(args.shell.as_deref(), context)?;
    refuse_terminal(shell, args.show, context)?;
    let changes = environment::unset(&context.variables, &mut warnings);
    say_warnings(&warnings, args.quiet);
    Ok(shell.statements(&changes))
}
