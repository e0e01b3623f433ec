//! Writes the man pages into a directory: `cargo run --example man -- DIR`. They are made from the commands and from the
//! help topics, so that they say the same.

#[path = "support/man_pages.rs"]
mod man_pages;

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args_os().nth(1).map(PathBuf::from).ok_or("name a directory for the man pages")?;
    std::fs::create_dir_all(&directory)?;
    for page in man_pages::all(&date()) {
        std::fs::write(directory.join(page.file_name()), page.text)?;
    }
    Ok(())
}

/// The date of the pages: that of `SOURCE_DATE_EPOCH`, for builds that can be repeated, or today.
fn date() -> String {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse().ok());
    let at = given.map_or_else(SystemTime::now, |seconds| UNIX_EPOCH + Duration::from_secs(seconds));
    time::OffsetDateTime::from(at).date().to_string()
}
