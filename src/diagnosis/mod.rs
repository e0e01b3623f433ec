//! What is wrong with a shell, and what an error of another program means in it. `status`, `why` and `doctor` share it.

mod advice;
mod explanation;
mod known_error;
mod mention;
mod online;
mod plain_text;
mod search;
mod secrets;
mod selected_profile;
mod shell_credentials;
mod shell_problem;
mod shell_state;
mod sign_in_line;

pub use advice::{Advice, Typing};
pub use explanation::{Explainer, Explanation};
pub use known_error::{Kind, KnownError, known_errors};
pub use online::{Online, OnlineCheck};
pub use search::{Findings, FoundError, Search};
pub use secrets::hide_secrets;
pub use selected_profile::{ProfileCredentials, SelectedProfile};
pub use shell_credentials::ShellCredentials;
pub use shell_problem::{Rejection, ShellProblem};
pub use shell_state::{CredentialSource, ShellState};
pub use sign_in_line::SignInLine;
