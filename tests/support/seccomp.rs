//! Denies system calls to one program: simulates a full disk or a file system without locks, or proves that a call is
//! never made.

use nix::errno::Errno;
use nix::libc;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Makes these calls fail with this error.
pub fn fail(command: &mut Command, calls: &[libc::c_long], error: Errno) {
    let error = u32::try_from(error as i32).expect("errors are positive");
    filter(command, calls, libc::SECCOMP_RET_ERRNO | error);
}

/// Kills the program at the first of these calls. No signal handler runs.
pub fn kill(command: &mut Command, calls: &[libc::c_long]) {
    filter(command, calls, libc::SECCOMP_RET_KILL_PROCESS);
}

/// Installs a seccomp(2) filter that returns `verdict` for these calls and allows all others.
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
        let number = u32::try_from(*call).expect("a system call number");
        program.push(step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, number, calls.len() - index));
    }
    program.push(step(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW, 0));
    program.push(step(libc::BPF_RET | libc::BPF_K, verdict, 0));
    let begin = move || {
        let filter = libc::sock_fprog {
            len: u16::try_from(program.len()).expect("a short program"),
            filter: program.as_ptr().cast_mut(),
        };
        // SAFETY: `program` outlives the call and `len` is its length; the kernel copies it.
        Errno::result(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })?;
        Errno::result(unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const filter) })?;
        Ok(())
    };
    // SAFETY: between fork and exec only prctl is called.
    unsafe { command.pre_exec(begin) };
}
