//! Whether PowerShell runs a script: from its arguments, as it parses them itself (about_Pwsh).

use super::{Evaluating, Shell, program_name, run_by};
use crate::platform::{Ancestor, KeyEffect};

/// Options that take a value, with the number of characters from which on they can be shortened, and their short names.
const WITH_VALUE: [(&str, usize, &str); 9] = [
    ("configurationname", 6, ""),
    ("custompipename", 3, ""),
    ("encodedarguments", 8, "ea"),
    ("executionpolicy", 2, "ep"),
    ("inputformat", 3, "if"),
    ("outputformat", 1, "of"),
    ("settingsfile", 8, ""),
    ("windowstyle", 1, ""),
    ("workingdirectory", 2, "wd"),
];
const SWITCHES: [(&str, usize); 9] = [
    ("interactive", 1),
    ("login", 1),
    ("mta", 2),
    ("nologo", 3),
    ("noninteractive", 4),
    ("noprofile", 3),
    ("noprofileloadtime", 10),
    ("sshservermode", 4),
    ("sta", 2),
];
/// Options that are followed by what PowerShell runs.
const SCRIPTS: [(&str, usize, &str); 4] =
    [("file", 1, ""), ("command", 1, ""), ("commandwithargs", 8, "cwa"), ("encodedcommand", 1, "ec")];
/// Options with which PowerShell stays when a script has ended, or runs what another process sends it.
const OTHERS: [(&str, usize); 5] =
    [("noexit", 3), ("servermode", 1), ("namedpipeservermode", 3), ("socketservermode", 2), ("v2socketservermode", 2)];

/// The ancestor processes, parent first, that must not get the signal of a key that interrupts this process, because
/// PowerShell among them runs a script, after which it exits. None if there is no such script. `ends_itself`: whether the
/// nearest script ends because this process fails.
pub fn not_to_interrupt(ancestors: impl Iterator<Item = Ancestor>, ends_itself: bool) -> Vec<(Ancestor, KeyEffect)> {
    let (mut found, mut scripts) = (Vec::new(), 0);
    for ancestor in ancestors {
        match run_by(&ancestor.executable, &|| ancestor.arguments()) {
            Some(Evaluating::Shell(Shell::PowerShell)) if names_script(&ancestor.arguments()) => {
                // It goes on after a program that fails.
                found.push((ancestor, if scripts == 0 && ends_itself { KeyEffect::Spares } else { KeyEffect::Ends }));
                scripts += 1;
            }
            // Somebody types in it.
            Some(Evaluating::Shell(Shell::PowerShell)) => break,
            // It may pass the signal on to PowerShell, as `timeout --foreground` does.
            None if scripts > 0 => found.push((ancestor, KeyEffect::Spares)),
            _ => {}
        }
    }
    found
}

/// Whether the nearest PowerShell among these processes, parent first, runs a script, after which it exits. `None` if there is
/// none, or its arguments cannot be read.
pub fn runs_script(mut ancestors: impl Iterator<Item = Ancestor>) -> Option<bool> {
    ancestors
        .find_map(|ancestor| {
            let arguments = ancestor.arguments();
            let shell = run_by(&ancestor.executable, &|| arguments.clone());
            (shell == Some(Evaluating::Shell(Shell::PowerShell))).then_some(arguments)
        })
        .filter(|arguments| !arguments.is_empty())
        .map(|arguments| names_script(&arguments))
}

/// Whether these arguments, beginning with the name of the program, make PowerShell run a script and exit.
fn names_script(arguments: &[String]) -> bool {
    let is_powershell = |argument: &String| {
        let name = program_name(argument);
        Shell::of_executable(name.strip_suffix(".dll").unwrap_or(&name)) == Some(Shell::PowerShell)
    };
    // Before it, there may be an emulator, or .NET.
    let mut arguments = arguments.iter().skip_while(|argument| !is_powershell(argument)).skip(1);
    while let Some(argument) = arguments.next() {
        let Some(option) = argument.strip_prefix(['-', '/']) else { return true };
        let option = option.strip_prefix('-').unwrap_or(option).to_ascii_lowercase();
        let is = |name: &str, shortest: usize| option.len() >= shortest && name.starts_with(&option);
        let is_one_of = |options: &[(&str, usize, &str)]| {
            options.iter().any(|(name, shortest, short)| is(name, *shortest) || !short.is_empty() && option == *short)
        };
        if OTHERS.iter().any(|(name, shortest)| is(name, *shortest)) {
            return false;
        }
        if is_one_of(&SCRIPTS) {
            // A lone `-` stands for what is typed.
            return arguments.next().is_some_and(|script| script != "-");
        }
        if is_one_of(&WITH_VALUE) {
            arguments.next();
        } else if !SWITCHES.iter().any(|(name, shortest)| is(name, *shortest)) {
            return !option.is_empty();
        }
    }
    false
}
