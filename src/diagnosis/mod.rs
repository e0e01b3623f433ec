//! What is wrong with a shell, and what an error of another program means in it. `status`, `why` and `doctor` share it.

mod shell_credentials;

pub use shell_credentials::ShellCredentials;
