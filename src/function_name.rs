//! The name of the shell function that signs in: `aws-mfa`, or another one that the user has chosen with `init --name`.

use std::sync::OnceLock;

/// The name of a function that is safe in every shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionName<'a>(&'a str);

/// The variable in which the code for the startup file tells the program another name than the default.
pub const FUNCTION_VARIABLE: &str = "MFA_ENV_FUNCTION";

/// Words that some shell reads as something else, or that a function would take from scripts and from the code that
/// `init` prints. PowerShell ignores case.
const TAKEN: &str = "\
    alias and argparse assembly aws base begin bg bind break builtin case catch cd class clean command complete \
    configuration continue coproc data declare default define do done dynamicparam echo elif else elseif emulate \
    end enum esac eval exec exit export false fg fi filter finally float for foreach from function getopts hash \
    hidden history if in inlinescript integer interface jobs kill let local mfa-env module namespace nocorrect \
    not or parallel param print printf private process public pwd read readarray readonly repeat return select \
    sequence set setopt shift shopt source static status string suspend switch test then throw time times trap \
    true try type typeset ulimit umask unalias unfunction unset until using var wait while workflow";

/// A longer one is a mistake.
const MAX_LEN: usize = 64;

impl<'a> FunctionName<'a> {
    /// The name where the user has chosen none.
    pub const DEFAULT: FunctionName<'static> = FunctionName("aws-mfa");

    /// A letter, then letters, digits, `-` and `_`, all of ASCII, and not a word that means something else.
    pub fn parse(name: &'a str) -> Option<Self> {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let lower = name.to_ascii_lowercase();
        let is_valid = name.len() <= MAX_LEN
            && name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
            && name.bytes().all(is_plain)
            && TAKEN.split(' ').all(|taken| taken != lower);
        is_valid.then_some(FunctionName(name))
    }

    /// The name as it is typed.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// The name in shells whose functions cannot have a hyphen in theirs.
    pub fn without_hyphens(self) -> String {
        self.0.replace('-', "_")
    }
}

/// Messages are written where no context is at hand, so the name is known here.
static NAME: OnceLock<String> = OnceLock::new();

/// Sets the name that messages show. Called once, at start-up, with the value of a variable; one that cannot be a name
/// has no effect.
pub fn set_function_name(name: &str) {
    if let Some(name) = FunctionName::parse(name) {
        let _ = NAME.set(name.as_str().to_owned());
    }
}

/// What the user types to sign in.
pub fn function_name() -> &'static str {
    NAME.get().map_or(FunctionName::DEFAULT.as_str(), String::as_str)
}
