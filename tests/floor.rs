//! The minimum that exporting a cached session can cost a Rust program: reads the two AWS files and the cache entry and
//! prints lines like the real program's. `.ci/instructions` compares the two.

#![allow(clippy::print_stdout, reason = "prints like the real program")]

use std::fs::read_to_string;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("usage: floor CONFIG CREDENTIALS ENTRY PROFILE");
    let (config, credentials, entry, profile) = (next()?, next()?, next()?, next()?);
    let (config, credentials) = (read_to_string(config)?, read_to_string(credentials)?);
    let section =
        config.split("\n[").find(|s| s.starts_with(&format!("profile {profile}]"))).ok_or("no such profile")?;
    let source = section.lines().find_map(|line| line.strip_prefix("source_profile = ")).ok_or("no source")?;
    if !credentials.contains(&format!("[{source}]")) {
        return Err("no keys".into());
    }
    let entry: serde_json::Value = serde_json::from_str(&read_to_string(entry)?)?;
    let part = |name: &str| entry[name].as_str().unwrap_or_default();
    println!(
        ": </dev/null && </dev/null : &&\nAWS_ACCESS_KEY_ID='{}' AWS_SECRET_ACCESS_KEY='{}' AWS_SESSION_TOKEN='{}' \
         && export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN && unset AWS_PROFILE",
        part("access_key_id"),
        part("secret_access_key"),
        part("session_token")
    );
    Ok(())
}
