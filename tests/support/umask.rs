//! A umask for one program, as a login script may have set it.

use nix::sys::stat::{Mode, umask};
use std::os::unix::process::CommandExt;
use std::process::Command;

pub fn set(command: &mut Command, mask: u32) {
    let mask = Mode::from_bits_truncate(mask.try_into().expect("nine bits"));
    let begin = move || {
        umask(mask);
        Ok(())
    };
    // SAFETY: between fork and exec only umask is called.
    unsafe { command.pre_exec(begin) };
}
