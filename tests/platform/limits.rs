//! Limits of the system: too few open files.

#![cfg(unix)]

use crate::support::failure_statement;
use crate::support::fixture::Fixture;
use crate::support::shells;
use std::process::Command;

trials![explains_a_limit_on_open_files];

// fault 155
fn explains_a_limit_on_open_files() {
    let (mut failed, mut signed_in) = (0, 0);
    for limit in 3..=24 {
        let fixture = Fixture::with(&[]);
        let program = fixture.program(&["main", "--code", &fixture.code()]).command();
        let mut limited = Command::new("/bin/sh");
        limited.args(["-c", &format!("ulimit -n {limit}; exec \"$0\" \"$@\"")]);
        limited.arg(program.get_program()).args(program.get_args());
        limited.env_clear().envs(&fixture.home.variables).current_dir(fixture.home.path());
        let ran = shells::finish(limited);
        let stderr = String::from_utf8_lossy(&ran.stderr);
        match ran.status.code() {
            Some(0) => signed_in += 1,
            Some(7) => {
                assert_eq!(ran.stdout, failure_statement::of("sh", 7).as_bytes(), "{limit}: {ran}");
                let message = "\nmfa-env: a limit of the system was reached: Too many open files";
                assert!(format!("\n{stderr}").contains(message), "{limit}: {ran}");
                failed += 1;
            }
            // The dynamic loader, before the program starts.
            Some(127) => assert!(stderr.contains("error while loading shared libraries"), "{limit}: {ran}"),
            _ => panic!("{limit}: {ran}"),
        }
    }
    assert!(failed > 0 && signed_in > 0);
}
