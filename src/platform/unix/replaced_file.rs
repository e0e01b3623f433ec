//! Replacing a file of the user atomically, unless somebody else has changed it since it was read.

use nix::unistd::Uid;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Part of the name of a file that has not got its name yet. A process that is killed leaves it behind.
const TEMPORARY: &str = ".mfa-env-";

/// A file that is to be replaced, as it was when it was looked at.
#[derive(Debug)]
pub struct ReplacedFile {
    /// The file itself, behind all links.
    path: PathBuf,
    stamp: Option<Stamp>,
    /// Its mode; 0600 if there is no file.
    mode: u32,
}

/// What changes if a file is written or replaced.
#[derive(Debug, PartialEq, Eq)]
struct Stamp([i64; 5]);

impl Stamp {
    fn of(file: &Metadata) -> Stamp {
        let whole = |n: u64| i64::from_ne_bytes(n.to_ne_bytes());
        Stamp([whole(file.dev()), whole(file.ino()), whole(file.size()), file.mtime(), file.mtime_nsec()])
    }
}

impl ReplacedFile {
    /// Looks at the file, which need not exist; its folder is then created with mode 0700. A link is followed.
    ///
    /// # Errors
    /// The file must not be replaced, with the reason as a predicate: it is not a regular file, belongs to another user,
    /// has a second name, or may not be written.
    pub fn look_at(path: &Path) -> Result<Self, String> {
        let failed = |e: io::Error| format!("cannot be read: {}", e.kind());
        let real = match path.canonicalize() {
            Ok(real) => real,
            Err(e) if e.kind() == ErrorKind::NotFound => {
                if path.symlink_metadata().is_ok() {
                    return Err("is a link to a file that does not exist".to_owned());
                }
                let folder = path.parent().ok_or("has no folder")?;
                DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
                folder.canonicalize().map_err(failed)?.join(path.file_name().ok_or("has no name")?)
            }
            Err(e) if e.raw_os_error() == Some(nix::libc::ELOOP) => return Err("is a loop of links".to_owned()),
            Err(e) => return Err(failed(e)),
        };
        let found = match real.symlink_metadata() {
            Ok(found) => found,
            Err(e) if e.kind() == ErrorKind::NotFound => {
                return Ok(ReplacedFile { path: real, stamp: None, mode: 0o600 });
            }
            Err(e) => return Err(failed(e)),
        };
        let problem = match () {
            () if !found.is_file() => "is not a regular file",
            () if found.uid() != Uid::effective().as_raw() => "belongs to another user",
            () if found.nlink() > 1 => "has another name as well (a hard link), which would keep the old content",
            () if found.mode() & 0o200 == 0 => "is read-only",
            () => {
                return Ok(ReplacedFile { path: real, stamp: Some(Stamp::of(&found)), mode: found.mode() & 0o777 });
            }
        };
        Err(problem.to_owned())
    }

    /// The file itself, behind all links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether others can access it.
    pub fn is_open(&self) -> bool {
        self.mode & 0o077 != 0
    }

    /// The content at this time; empty if the file does not exist.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        if self.stamp.is_some() { fs::read(&self.path) } else { Ok(Vec::new()) }
    }

    /// Replaces the file by one that is synced to disk before it gets its name. If it `is_secret`, only this user can
    /// access it from then on; otherwise, its mode stays. Returns false, and changes nothing, if the file has changed since
    /// it was looked at.
    ///
    /// # Errors
    /// The system cannot write it; the file is as it was.
    pub fn replace(&self, content: &[u8], is_secret: bool) -> io::Result<bool> {
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let prefix = format!(".{name}{TEMPORARY}");
        for left in fs::read_dir(folder)?.flatten() {
            let name = left.file_name();
            let owner = name.to_str().and_then(|name| name.strip_prefix(&prefix)?.parse().ok());
            if owner.is_some_and(super::process_is_gone) {
                let _ = fs::remove_file(left.path());
            }
        }
        let temporary = folder.join(format!("{prefix}{}", std::process::id()));
        let replaced = self.write_and_rename(&temporary, content, is_secret);
        if !matches!(replaced, Ok(true)) {
            let _ = fs::remove_file(&temporary);
        }
        if matches!(replaced, Ok(true)) {
            // Makes the rename durable. Not every file system can sync a folder, so errors are ignored.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        replaced
    }

    fn write_and_rename(&self, temporary: &Path, content: &[u8], is_secret: bool) -> io::Result<bool> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(temporary)?;
        let mode = if is_secret { 0o600 } else { self.mode };
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))?;
        file.write_all(content)?;
        file.sync_all()?;
        let now = match self.path.symlink_metadata() {
            Ok(now) => Some(Stamp::of(&now)),
            Err(e) if e.kind() == ErrorKind::NotFound => None,
            Err(e) => return Err(e),
        };
        if now != self.stamp {
            return Ok(false);
        }
        fs::rename(temporary, &self.path)?;
        Ok(true)
    }
}
