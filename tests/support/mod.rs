//! Test support: a home with AWS files, the program and its outcome, shells, a terminal, and an STS.

pub mod advised;
pub mod cached;
#[cfg(unix)]
pub mod child_programs;
#[cfg(unix)]
pub mod consumers;
pub mod cpu_time;
#[cfg(unix)]
pub mod doctor;
pub mod endless_server;
#[cfg(unix)]
pub mod endpoint;
pub mod env_dump;
pub mod error_kinds;
pub mod error_names;
#[cfg(unix)]
pub mod evaluation;
pub mod exported;
pub mod failure_statement;
pub mod fault_table;
pub mod file_texts;
pub mod fixture;
pub mod fuzz;
pub mod home;
pub mod hostile;
#[cfg(unix)]
pub mod interactive_shell;
pub mod man_pages;
pub mod messages;
pub mod no_effect;
#[cfg(unix)]
pub mod picture;
pub mod planned;
pub mod powershell;
pub mod powershell_engine;
#[cfg(unix)]
pub mod powershell_script;
pub mod program;
#[cfg(unix)]
pub mod prompted_run;
pub mod proxy;
#[cfg(target_os = "linux")]
pub mod read_only;
#[cfg(target_os = "linux")]
pub mod real_names;
pub mod schema;
#[cfg(target_os = "linux")]
pub mod seccomp;
pub mod shells;
#[cfg(unix)]
pub mod slow_link;
pub mod sts;
pub mod sts_client;
pub mod stub_program;
pub mod summary;
#[cfg(unix)]
pub mod terminal;
pub mod tls;
#[cfg(unix)]
pub mod typed_lines;
#[cfg(unix)]
pub mod umask;
#[cfg(unix)]
pub mod unprivileged;
