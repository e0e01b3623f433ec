//! What the tests are made with: a home with AWS files, the program and its whole outcome, shells, a terminal, STS.

#[cfg(unix)]
pub mod asking;
pub mod day;
#[cfg(unix)]
pub mod desk;
pub mod effort;
pub mod exported;
pub mod failing;
pub mod fault_table;
pub mod flood;
pub mod home;
pub mod hostile;
pub mod kept;
pub mod nothing;
pub mod powershell;
pub mod program;
pub mod proxy;
#[cfg(target_os = "linux")]
pub mod refusing;
pub mod schema;
pub mod shells;
#[cfg(unix)]
pub mod slow_way;
#[cfg(unix)]
pub mod stranger;
pub mod sts;
pub mod stub;
#[cfg(unix)]
pub mod terminal;
pub mod texts;
pub mod tls;
#[cfg(unix)]
pub mod umask;
#[cfg(unix)]
pub mod understudy;
