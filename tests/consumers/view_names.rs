//! Names of profiles that some programs do not read: what works with the user's files works with the view.

#![cfg(unix)]

use crate::support::consumers::{self, Tool};
use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts, User};

consumer_trials![
    a_profile_works_in_the_view_in_every_program_that_reads_its_name,
    a_name_for_which_a_program_rejects_the_file_makes_it_reject_no_other_one,
];

/// Names with the programs in which they do not work, because they do not find such a profile in any file, or do not assume
/// its role on their own; and whether the view has its credentials from mfa-env.
const NAMES: [(&str, &[&str], bool); 10] = [
    ("plain", &[], true),
    ("-dash", &[], true),
    ("a@b+c:d/e.f", &[], true),
    ("a%b", &[], true),
    ("a=b,c", &["javascript", "rust"], true),
    ("with blank", &["javascript", "go", "rust"], true),
    ("ü", &["javascript", "rust"], true),
    ("a'b", &["javascript", "go", "rust"], false),
    ("a$b", &["javascript", "go", "rust"], false),
    ("C:\\My Name", &["javascript", "go", "rust"], false),
];

/// Header texts of names for which some program rejects the whole file, or does so if the header is written in another way.
const HEADERS: [(&str, &[&str]); 4] = [("a]b", &["go"]), ("\"x y]\"", &[]), ("'a#b'", &["rust"]), ("'a;b'", &["rust"])];

/// One program for each library: the two versions of the AWS CLI have that of boto3.
fn tools() -> Vec<Tool> {
    let is_used = |tool: &Tool| ["boto3", "javascript", "go", "rust"].contains(&tool.program);
    consumers::signers().into_iter().filter(is_used).collect()
}

/// A home with these profiles, whose roles need no MFA, so that programs can assume them on their own.
fn machine(names: impl IntoIterator<Item = String>) -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let roles = names.into_iter().enumerate();
    let roles: Vec<(String, String)> =
        roles.map(|(i, name)| (name, sts.add_role(&format!("r{i}"), RoleSpec::default()))).collect();
    let sections: Vec<_> = roles.iter().map(|(name, arn)| (name.as_str(), arn.as_str(), "")).collect();
    let mut home = Home::with_user(&sts, &alice, &sections);
    home.set("AWS_REGION", "us-east-1").set("AWS_DEFAULT_REGION", "us-east-1");
    for tool in tools() {
        consumers::prepare_tool(&mut home, &tool);
    }
    (sts, alice, home)
}

fn use_view(sts: &Sts, alice: &User, home: &mut Home) {
    let arguments = ["main", &sts.code(&alice.mfa_serial), "--all", "--format", "json", "-q"];
    Program::new(home, arguments).run().apply_to(home);
}

/// The programs that do not sign as this role or user if this profile is selected.
fn failing(home: &Home, profile: &str, identity: &str) -> Vec<&'static str> {
    let tools = tools();
    std::thread::scope(|scope| {
        let run = |tool: &Tool| {
            let outcome =
                consumers::run(home, &format!("AWS_PROFILE='{}' {}", profile.replace('\'', "'\\''"), tool.program));
            !String::from_utf8_lossy(&outcome.stdout).contains(identity)
        };
        let running: Vec<_> = tools.iter().map(|tool| (tool.program, scope.spawn(move || run(tool)))).collect();
        running.into_iter().filter_map(|(name, failed)| failed.join().expect("it ends").then_some(name)).collect()
    })
}

fn a_profile_works_in_the_view_in_every_program_that_reads_its_name() {
    let header = |name: &str| {
        if name.contains(['\'', ' ']) { format!("\"{}\"", name.replace('\\', "\\\\")) } else { name.to_owned() }
    };
    let (sts, alice, mut home) = machine(NAMES.map(|(name, ..)| header(name)));
    use_view(&sts, &alice, &mut home);
    let explained = Program::new(&home, ["explain", "--all"]).env("LC_ALL", "C.UTF-8").run().stdout;
    for (number, (name, not_in, is_signed_in)) in NAMES.into_iter().enumerate() {
        assert_eq!(failing(&home, name, &format!("assumed-role/r{number}/")), not_in, "{name}");
        let line = explained.lines().find(|line| line.starts_with(&format!("{name}: "))).expect("a line");
        assert_eq!(line.contains("mfa-env signs in"), is_signed_in, "{line}");
        assert_eq!(line.contains("; not every program reads its name"), !not_in.is_empty(), "{line}");
    }
}

fn a_name_for_which_a_program_rejects_the_file_makes_it_reject_no_other_one() {
    for (header, rejected_by) in HEADERS {
        let (sts, alice, mut home) = machine([header.to_owned()]);
        assert_eq!(failing(&home, "main", "user/alice"), rejected_by, "{header} in the files");
        use_view(&sts, &alice, &mut home);
        assert_eq!(failing(&home, "main", "user/alice"), rejected_by, "{header} in the view");
    }
}
