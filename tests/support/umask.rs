//! Sets the umask of one program, as a login script might.

use nix::sys::stat::{Mode, mode_t, umask};
use std::os::unix::process::CommandExt;
use std::process::Command;

pub fn set(command: &mut Command, mask: mode_t) {
    let mask = Mode::from_bits_truncate(mask);
    let begin = move || {
        umask(mask);
        Ok(())
    };
    // SAFETY: between fork and exec only umask is called.
    unsafe { command.pre_exec(begin) };
}
