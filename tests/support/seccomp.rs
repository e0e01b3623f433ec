//! A kernel that refuses system calls to one program: a full disk, a file system without locks, or the proof that something is not called.

use nix::errno::Errno;
use nix::libc;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// These calls fail with this error.
pub fn fail(command: &mut Command, calls: &[libc::c_long], error: Errno) {
    let error = u32::try_from(error as i32).expect("errors are positive");
    filter(command, calls, libc::SECCOMP_RET_ERRNO | error);
}

/// The first of these calls is the end of the program, as if it had been killed in the middle of it. No handler sees it.
pub fn kill(command: &mut Command, calls: &[libc::c_long]) {
    filter(command, calls, libc::SECCOMP_RET_KILL_PROCESS);
}

/// A filter of seccomp(2): the number of the call against each of these, then "allow" or the verdict.
fn filter(command: &mut Command, calls: &[libc::c_long], verdict: u32) {
    let step = |code: u32, k: u32, jt: usize| libc::sock_filter {
        code: u16::try_from(code).expect("16 bits"),
        jt: u8::try_from(jt).expect("few calls"),
        jf: 0,
        k,
    };
    let number_of_call = 0;
    let mut program = vec![step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, number_of_call, 0)];
    for (index, call) in calls.iter().enumerate() {
        let number = u32::try_from(*call).expect("a system call has a number");
        program.push(step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, number, calls.len() - index));
    }
    program.push(step(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW, 0));
    program.push(step(libc::BPF_RET | libc::BPF_K, verdict, 0));
    let begin = move || {
        let filter = libc::sock_fprog {
            len: u16::try_from(program.len()).expect("a short program"),
            filter: program.as_ptr().cast_mut(),
        };
        // SAFETY: the program is alive and as long as it says; the kernel copies it.
        Errno::result(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })?;
        Errno::result(unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const filter) })?;
        Ok(())
    };
    // SAFETY: between fork and exec only prctl is called.
    unsafe { command.pre_exec(begin) };
}
