//! mfa-env: one MFA code a day, and every role, shell and tool is signed in to AWS.
//!
//! The rooms, from the outside in; every import goes down: `cli` (what can be typed) and `commands` (one file each),
//! then the effects `sts`, `mfa`, `session` and the dialects of `shell`, then the pure middle `plan` and `environment`,
//! then `profile` and `credentials`, then `error` and what it is made of. `platform` is the operating system.

pub mod cli;
pub mod clock;
pub mod commands;
pub mod context;
pub mod credentials;
pub mod environment;
pub mod error;
pub mod failure_statement;
pub mod help;
pub mod mfa;
pub mod origin;
pub mod plan;
pub mod platform;
pub mod printable;
pub mod profile;
pub mod report;

pub mod session;
pub mod shell;
pub mod sign_in;
pub mod source;
pub mod sts;
pub mod variables;
pub mod warning;
