//! `mfa-env unset`: the session leaves the shell, and what it displaced comes back.

use super::{World, refuse_terminal, say_remarks, shell_of};
use crate::cli::UnsetArgs;
use crate::environment;
use crate::error::Result;
use zeroize::Zeroizing;

pub(super) fn run(args: &UnsetArgs, world: &World) -> Result<Zeroizing<String>> {
    let (shell, mut remarks) = shell_of(args.shell.as_deref(), world)?;
    refuse_terminal(shell, args.show, world)?;
    let changes = environment::unset(&world.variables, &mut remarks);
    say_remarks(&remarks, args.quiet);
    Ok(shell.statements(&changes))
}
