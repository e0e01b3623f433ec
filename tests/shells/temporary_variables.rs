//! Variables that last only as long as the function or a wrapper around it, and would hide the session again after it.

use crate::support::env_dump;
use crate::support::home::{Home, credentials_section};
use crate::support::program::path_with_program;
use crate::support::shells::{self, Shell};
use crate::support::sts::{RoleSpec, Sts};

trials![
    the_session_outlasts_temporary_variables_or_the_sign_in_is_refused,
    the_view_outlasts_temporary_variables_or_the_sign_in_is_refused,
    other_variables_may_last_as_long_as_the_function,
];

/// `plain` needs no code and has a region; `dev` is selected.
fn home(sts: &Sts) -> Home {
    let alice = sts.add_user("alice");
    let role = sts.add_role("reader", RoleSpec::default());
    let config = format!(
        "[profile plain]\nrole_arn = {role}\nsource_profile = keys\nregion = eu-west-1\n[profile keys]\n[profile dev]\n"
    );
    let mut home = Home::with(&config, &credentials_section("keys", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url()).set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
    home.set("AWS_PROFILE", "dev").set("AWS_REGION", "sa-east-1");
    home
}

/// Lines that sign in, `F` being the function.
fn lines(shell: Shell) -> Vec<&'static str> {
    let mut lines = match shell {
        Shell::Pwsh => return Vec::new(),
        Shell::Fish => vec![
            "function w; set -lx AWS_PROFILE plain; F -q; end; w",
            "function w; set -lx AWS_REGION us-west-2; F plain -q; end; w",
            "function w; set -fx AWS_PROFILE plain; F -q; end; w",
        ],
        Shell::Ksh => vec![
            "w() { F -q; }; AWS_PROFILE=plain w",
            "function w { typeset -x AWS_PROFILE=plain; F -q; }; w",
            "function w { typeset AWS_REGION; F plain -q; }; w",
            "function v { F plain -q; }; function w { v; }; w",
        ],
        Shell::Bash => vec![
            "w() { local -x AWS_PROFILE=plain; F -q; }; w",
            "w() { local AWS_SESSION_TOKEN; F plain -q; }; w",
            "set -o posix; AWS_PROFILE=plain F -q",
            "AWS_REGION=us-west-2 eval \"$(mfa-env plain -q)\"",
        ],
        // Only the text of the command tells zsh that a variable will be restored.
        Shell::Zsh => vec![
            "w() { typeset -x AWS_PROFILE=plain; F -q; }; w",
            "w() { local -x AWS_REGION=us-west-2; F plain -q; }; w",
            "w() { F plain -q; }; AWS_REGION=us-west-2 w",
            "alias m=aws-mfa; eval 'AWS_REGION=us-west-2 m plain -q'",
            "print 'AWS_PROFILE=plain F -q' >script; . ./script",
            "print 'AWS_REGION=x env\nexport AWS_PROFILE=plain && F -q' >script; . ./script >log",
        ],
        Shell::Mksh => vec!["w() { typeset -x AWS_PROFILE=plain; F -q; }; w"],
        Shell::Dash | Shell::Busybox => vec![
            "w() { local AWS_PROFILE; export AWS_PROFILE=plain; F -q; }; w",
            "w() { local AWS_REGION=us-west-2; F plain -q; }; w",
        ],
    };
    lines.extend(["AWS_PROFILE=plain F -q", "AWS_REGION=us-west-2 F plain -q", "AWS_ACCESS_KEY_ID=AKIAX F plain -q"]);
    lines
}

// fault 170
fn the_session_outlasts_temporary_variables_or_the_sign_in_is_refused() {
    let sts = Sts::start();
    let home = home(&sts);
    let mut signed_in = Vec::new();
    for &shell in shells::installed() {
        for line in lines(shell) {
            let init = shell.eval(&format!("mfa-env init {}", shell.dialect()));
            let line = line.replace("F ", &format!("{} ", shell.function_name()));
            let script = format!("{init}\n{line} && {}", env_dump::dump("after"));
            let outcome = shell.run(&script, &home.variables, home.path());
            let after = home.path().join("after");
            if after.exists() {
                let seen = env_dump::read(&after);
                std::fs::remove_file(&after).expect("a file");
                assert!(seen.get("AWS_ACCESS_KEY_ID").is_some_and(|key| key.starts_with(b"ASIA")), "{shell}: {line}");
                assert_eq!(seen.get("AWS_PROFILE"), None, "{shell}: {line}");
                assert_eq!(seen.get("AWS_REGION").map(Vec::as_slice), Some(&b"eu-west-1"[..]), "{shell}: {line}");
                signed_in.push((shell, line));
            } else {
                assert!(!outcome.status.success(), "{shell}: {line}: {outcome}");
                let stderr = String::from_utf8_lossy(&outcome.stderr);
                assert!(stderr.contains("run only: aws-mfa plain"), "{shell}: {line}: {outcome}");
            }
        }
    }
    // ksh restores nothing after functions of this kind; the others hide nothing of the session.
    let without_alternative = [Shell::Bash, Shell::Zsh, Shell::Ksh, Shell::Mksh];
    let expected: Vec<_> =
        without_alternative.into_iter().filter(|shell| shells::installed().contains(shell)).collect();
    let mut found: Vec<_> = signed_in.iter().map(|(shell, _)| *shell).collect();
    found.dedup();
    assert_eq!(found, expected, "{signed_in:#?}");
}

/// The same for `--all`, which sets other variables.
fn the_view_outlasts_temporary_variables_or_the_sign_in_is_refused() {
    let sts = Sts::start();
    let home = home(&sts);
    let posix = shells::installed().iter().copied().filter(|shell| *shell != Shell::Pwsh);
    for shell in posix {
        let local = match shell {
            Shell::Fish => "function w; set -lx AWS_CONFIG_FILE .aws/config; F --all plain -q; end; w",
            Shell::Ksh => "function w { typeset -x AWS_CONFIG_FILE=.aws/config; F --all plain -q; }; w",
            Shell::Mksh => "w() { typeset -x AWS_CONFIG_FILE=.aws/config; F --all plain -q; }; w",
            _ => "w() { local AWS_CONFIG_FILE; export AWS_CONFIG_FILE=.aws/config; F --all plain -q; }; w",
        };
        let temporary =
            ["AWS_CONFIG_FILE=.aws/config", "AWS_SHARED_CREDENTIALS_FILE=.aws/credentials", "AWS_PROFILE=dev"];
        let lines = temporary.map(|assignment| format!("{assignment} F --all plain -q"));
        // Keys in the environment come before the view.
        let universal = (shell == Shell::Fish).then(|| "set -Ux AWS_ACCESS_KEY_ID AKIAX; F --all plain -q".to_owned());
        for line in lines.into_iter().chain([local.to_owned()]).chain(universal) {
            let init = shell.eval(&format!("mfa-env init {}", shell.dialect()));
            let line = line.replace("F ", &format!("{} ", shell.function_name()));
            let script = format!("{init}\n{line} && {}", env_dump::dump("after"));
            let outcome = shell.run(&script, &home.variables, home.path());
            let after = home.path().join("after");
            if after.exists() {
                let seen = env_dump::read(&after);
                std::fs::remove_file(&after).expect("a file");
                assert_eq!(seen.get("AWS_ACCESS_KEY_ID"), None, "{shell}: {line}");
                for (name, end) in [("AWS_CONFIG_FILE", ".config"), ("AWS_SHARED_CREDENTIALS_FILE", ".credentials")] {
                    assert!(seen.get(name).is_some_and(|path| path.ends_with(end.as_bytes())), "{shell}: {line}");
                }
                assert_eq!(seen.get("AWS_PROFILE").map(Vec::as_slice), Some(&b"plain"[..]), "{shell}: {line}");
            } else {
                assert!(!outcome.status.success(), "{shell}: {line}: {outcome}");
                let stderr = String::from_utf8_lossy(&outcome.stderr);
                assert!(stderr.contains("run only: aws-mfa --all plain"), "{shell}: {line}: {outcome}");
            }
        }
    }
}

/// Those that no session sets or clears, such as the options of mfa-env itself.
// fault 170
fn other_variables_may_last_as_long_as_the_function() {
    let sts = Sts::start();
    let home = home(&sts);
    let posix = shells::installed().iter().copied().filter(|shell| *shell != Shell::Pwsh);
    for shell in posix {
        for assignment in
            ["MFA_ENV_ECHO=1", "MFA_ENV_SILENCE=a,b", "AWS_PAGER=cat", "AWS_CONFIG_FILE=.aws/config", "OTHER=x"]
        {
            let init = shell.eval(&format!("mfa-env init {}", shell.dialect()));
            let f = shell.function_name();
            let script = format!("{init}\n{assignment} {f} plain -q && {}", env_dump::dump("after"));
            let outcome = shell.run(&script, &home.variables, home.path());
            assert!(outcome.status.success() && outcome.stderr.is_empty(), "{shell}: {assignment}: {outcome}");
            let seen = env_dump::read(&home.path().join("after"));
            assert!(seen["AWS_ACCESS_KEY_ID"].starts_with(b"ASIA"), "{shell}: {assignment}");
            assert!(!seen.contains_key(assignment.split('=').next().expect("a name")), "{shell}: {assignment}");
            std::fs::remove_file(home.path().join("after")).expect("a file");
        }
    }
}
