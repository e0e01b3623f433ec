//! The lines of the AWS CLI in the advice of `doctor`, typed with the real one.

#![cfg(unix)]

use crate::support::consumers;
use crate::support::doctor::Machine;
use crate::support::sts::User;
use crate::support::typed_lines::{self, stand_in};
use std::path::Path;

consumer_trials![aws_configure_replaces_keys];

/// It asks on stdin, so the answers are piped into it; with a region and a format that stay as they are.
fn aws_configure_replaces_keys() {
    // The AWS CLI 2, and 1.
    for program in [Path::new("/usr/bin/aws").to_owned(), consumers::installed("bin/aws")] {
        let mut m = Machine::start();
        stand_in(&mut m.home, "aws", &format!("exec '{}' \"$@\"", program.display()));
        let wrong = User { secret_access_key: "wrong".to_owned(), ..m.alice.clone() };
        let deleted = m.sts.add_user("bob");
        m.sts.remove_key(&deleted.access_key_id);
        for (user, says) in [(&wrong, "does not match"), (&deleted, "AWS does not recognize access key")] {
            m.keys_of(user);
            let advice = m.finds(('✗', "keys", says));
            let line = advice.lines().find(|line| line.contains("aws configure")).expect("the line");
            let line = line.rsplit_once(": ").expect("a line").1;
            m.home.write("answers", format!("{}\n{}\n\n\n", m.alice.access_key_id, m.alice.secret_access_key));
            let ran = typed_lines::bash(&m.home, &format!("{line} <answers"));
            assert!(ran.status.success(), "{}: {ran}", program.display());
            m.is_good("keys");
        }
    }
}
