//! The warnings of a sign-in: which are shown, in which order, and which can be silenced.

use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::sts::Sts;

trials![
    a_run_shows_three_warnings,
    serious_warnings_come_first,
    silences_warnings_by_name,
    does_not_silence_warnings_about_replaced_keys,
    logout_shows_no_warnings_about_the_aws_files,
];

/// Four settings that are defined twice.
const DUPLICATES: &str =
    "region = eu-west-1\nregion = eu-west-1\noutput = json\noutput = json\nfour = 4\nfour = 4\nfive = 5\nfive = 5\n";

/// A home whose profile `main` has these further lines, and a code for it.
fn home(sts: &Sts, lines: &str) -> (Home, String) {
    let alice = sts.add_user("alice");
    let home = Home::with_user(sts, &alice, &[]);
    home.write(".aws/config", format!("[profile main]\nmfa_serial = {}\n{lines}", alice.mfa_serial));
    (home, sts.code(&alice.mfa_serial))
}

/// The names of the warnings on stderr, in order.
fn shown(program: Program) -> Vec<String> {
    let stderr = program.says("").run().stderr;
    let names = stderr.lines().filter(|line| line.starts_with("mfa-env: warning: "));
    names.map(|line| line.rsplit_once(" [").expect("a name").1.trim_end_matches(']').to_owned()).collect()
}

fn a_run_shows_three_warnings() {
    let sts = Sts::start();
    let (home, code) = home(&sts, DUPLICATES);
    let explained = Program::new(&home, ["explain", "--verbose", "main"]).run().stdout;
    assert_eq!(explained.lines().filter(|line| line.ends_with("[duplicate-key]")).count(), 4, "{explained}");
    let names = shown(Program::new(&home, ["main", &code, "--shell", "sh"]));
    assert_eq!(names, ["duplicate-key"; 3]);
}

fn serious_warnings_come_first() {
    let sts = Sts::start();
    let (home, code) = home(&sts, DUPLICATES);
    // A file has the name of the cache directory.
    home.write("not-a-directory", "");
    let program = Program::new(&home, ["main", &code, "--shell", "sh"])
        .env("MFA_ENV_CACHE_DIR", home.path().join("not-a-directory"))
        .env("AWS_ACCESS_KEY_ID", "AKIAOLD")
        .env("AWS_SECRET_ACCESS_KEY", "old-secret");
    assert_eq!(shown(program), ["keys-replaced", "cache-unusable", "duplicate-key"]);
}

fn silences_warnings_by_name() {
    let sts = Sts::start();
    let (home, code) = home(&sts, DUPLICATES);
    home.write("not-a-directory", "");
    let program = Program::new(&home, ["main", &code, "--shell", "sh"])
        .env("MFA_ENV_CACHE_DIR", home.path().join("not-a-directory"))
        .env("MFA_ENV_SILENCE", "duplicate-key");
    assert_eq!(shown(program), ["cache-unusable"]);
}

fn does_not_silence_warnings_about_replaced_keys() {
    let sts = Sts::start();
    let (home, code) = home(&sts, "");
    let program = Program::new(&home, ["main", &code, "--shell", "sh"])
        .env("MFA_ENV_SILENCE", " keys-replaced, duplicate-key,,nosuch")
        .env("AWS_ACCESS_KEY_ID", "AKIAOLD")
        .env("AWS_SECRET_ACCESS_KEY", "old-secret");
    assert_eq!(shown(program), ["keys-replaced"]);
}

fn logout_shows_no_warnings_about_the_aws_files() {
    let sts = Sts::start();
    let (home, _) = home(&sts, DUPLICATES);
    Program::new(&home, ["logout", "main"]).stderr("mfa-env: no cached session of main\n").run();
}
