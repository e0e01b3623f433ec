//! mfa-env: sign in to AWS with one MFA code a day.
//!
//! The modules, from the outside in. Imports only ever go down, even within a level, so there are no cycles:
//!
//! | level | module | what it contains |
//! |---|---|---|
//! | 4 | `commands` | the subcommands, one thin file each |
//! | | `cli` | options that several commands share, and how to find them before parsing |
//! | | `help` | the help topics |
//! | 3 | `sign_in` | signing in: the request, its steps, and executing them |
//! | | `changed_file` | replacing one of the AWS files |
//! | | `diagnosis` | what is wrong with a shell, and what an error of another program means |
//! | | `enrollment` | registering an MFA device |
//! | | `rotation` | replacing an access key |
//! | | `setup` | from an access key to a signed-in shell, question by question |
//! | 2 | `mfa` | getting a code: the prompt, `mfa_process` |
//! | | `sts` | calls to STS |
//! | | `iam` | calls to IAM: a user's MFA devices and access keys |
//! | | `http` | what the calls to AWS share: the HTTP client, and what a failure means |
//! | | `federation` | the token that opens the console |
//! | | `server` | the container credentials endpoint, and a page that redirects |
//! | | `session` | cached sessions, and the locks of processes that sign in at the same time |
//! | | `source` | getting the keys at the end of a role chain |
//! | | `shell` | the supported shells, and which one evaluates the output |
//! | 1 | `plan` | which calls a sign-in makes, and why (pure) |
//! | | `environment` | which variables are set, unset and restored (pure) |
//! | | `profile` | names and ARNs, the AWS files, and the chain from a profile to its keys |
//! | 0 | `context` | the outside world as a run sees it |
//! | | `report`, `warning` | the only writer of stderr, and the warnings |
//! | | `credentials` | secrets as types |
//! | | `platform`, `variables` | the operating system, the environment variables |
//! | | `error` | what can go wrong: messages, advice and exit statuses |
//! | | `network` | the thread of all network work |
//! | | `certificates` | the variables that replace the system's root certificates |
//! | | `origin`, `printable` | where a value comes from; escaping untrusted text |
//! | | `style`, `width` | what text for people looks like on a terminal; shortening it |
//! | | `failure_statement` | what makes an `eval` fail |
//! | | `function_name` | the name of the shell function in messages |
//! | | `clock`, `timestamp` | the time; times as text |
//!
//! Above them, `main.rs` (level 5) parses nothing and decides nothing: it runs a command and exits with its status.

pub mod certificates;
pub mod changed_file;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod context;
pub mod credentials;
pub mod diagnosis;
pub mod enrollment;
pub mod environment;
pub mod error;
pub mod failure_statement;
pub mod federation;
pub mod function_name;
pub mod help;
pub mod http;
pub mod iam;
pub mod mfa;
pub mod network;
pub mod origin;
pub mod plan;
pub mod platform;
pub mod printable;
pub mod profile;
pub mod rejected_file;
pub mod report;
pub mod rotation;
pub mod section_difference;
pub mod server;
pub mod session;
pub mod setup;
pub mod shell;
pub mod sign_in;
pub mod source;
pub mod sts;
pub mod style;
pub mod timestamp;
pub mod variables;
pub mod warning;
pub mod width;
