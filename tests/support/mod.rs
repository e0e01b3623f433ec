//! What the tests are made with: a home with AWS files, the program and its whole outcome, shells, a terminal, STS.

pub mod effort;
pub mod home;
pub mod hostile;
pub mod nothing;
pub mod powershell;
pub mod program;
pub mod shells;
#[cfg(unix)]
pub mod stranger;
pub mod sts;
#[cfg(unix)]
pub mod terminal;
pub mod texts;
