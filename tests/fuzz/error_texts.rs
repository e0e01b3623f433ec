//! Output of other programs that `why` explains.

use crate::support::fuzz::{Checked, Target, ensure};
use crate::support::home::Home;
use mfa_env::diagnosis::{Explainer, Explanation, Search, ShellState, Typing};
use mfa_env::printable::printable;
use mfa_env::shell::Shell;
use mfa_env::variables::Variables;

trials![explains_any_text];

const SAMPLES: &str = include_str!("../fixtures/known_errors.txt");
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

const DICTIONARY: [&str; 24] = [
    "\n",
    "\r\n",
    "\n│ ",
    "\n\n",
    " ",
    "\0",
    "\u{1b}[31m",
    "\u{1b}]0;",
    "\u{9b}",
    "\u{feff}",
    "\u{202e}",
    "ü日",
    "\"",
    "'",
    "{profile}",
    "PROFILE",
    "Error: ",
    " wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY ",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    " (AccessDenied) when calling the ListUsers operation: ",
    "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: ",
    "The config profile (prod) could not be found",
    "ExpiredToken",
    "mfa-env: x; sign in first, in a terminal: aws-mfa prod",
];

fn explains_any_text() {
    let config = "[profile prod]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = main\n\
                  mfa_serial = arn:aws:iam::123456789012:mfa/alice\n";
    let mut home = Home::with(config, "[main]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n");
    home.set("AWS_PROFILE", "prod");
    let variables: Variables = home.variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let shell = ShellState::read(&variables).expect("UTF-8");
    let explainer = Explainer::of(&shell, &variables, Typing { shell: Shell::Bash, is_command: |_| false });
    let explained = |parts: &mut dyn Iterator<Item = &[u8]>| {
        let mut search = Search::default();
        parts.for_each(|part| search.push(part));
        explainer.explain_all(&search.finish().errors)
    };
    let check = |input: &[u8]| -> Checked {
        let explanations = explained(&mut std::iter::once(input));
        for size in [1, 5] {
            let in_parts = explained(&mut input.chunks(size));
            ensure(in_parts == explanations, || format!("{explanations:#?}\nin parts: {in_parts:#?}"))?;
        }
        explanations.iter().try_for_each(is_harmless)
    };
    let samples = SAMPLES.split("\n== ").skip(1).filter_map(|sample| sample.split_once('\n'));
    let mut valid: Vec<Vec<u8>> = samples.map(|(_, text)| text.as_bytes().to_vec()).collect();
    valid.push(valid[0].iter().flat_map(|byte| [*byte, 0]).collect());
    Target { corpus: include_str!("corpus/error_texts.txt"), valid, dictionary: &DICTIONARY }.run(check);
}

/// What is shown of the text can be shown on a terminal, and in a bug report.
fn is_harmless(explanation: &Explanation) -> Checked {
    let lines = explanation.advice.iter().map(ToString::to_string);
    let others = explanation.line.iter().chain(&explanation.possibly).cloned();
    let shown: Vec<String> =
        lines.chain(others).map(|text| printable(&text).to_string()).chain([explanation.cause.clone()]).collect();
    let is_hidden = |c: char| c.is_control() || "\u{202e}\u{2066}\u{200f}\u{feff}".contains(c);
    ensure(!shown.iter().any(|text| text.contains(is_hidden)), || format!("control characters: {shown:?}"))?;
    ensure(!shown.iter().any(|text| text.contains(SECRET)), || format!("a secret: {shown:?}"))?;
    ensure(!explanation.cause.is_empty(), || format!("no cause: {explanation:?}"))
}
