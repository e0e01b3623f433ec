//! Replacing a file of the user atomically, unless somebody else has changed it since it was read.

use super::private_dir::create_missing;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags};
use nix::unistd::{AccessFlags, Gid, Uid, faccessat, fchown};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use xattr::FileExt;

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
    group: Option<u32>,
    is_in_open_folder: bool,
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

/// Whether nobody may write a file, whatever its mode says (access(2), EPERM).
fn is_immutable(path: &Path) -> bool {
    faccessat(AT_FDCWD, path, AccessFlags::W_OK, AtFlags::AT_EACCESS) == Err(Errno::EPERM)
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
                create_missing(folder).map_err(|e| failed(e.into()))?;
                folder.canonicalize().map_err(failed)?.join(path.file_name().ok_or("has no name")?)
            }
            Err(e) if e.raw_os_error() == Some(nix::libc::ELOOP) => return Err("is a loop of links".to_owned()),
            Err(e) => return Err(failed(e)),
        };
        let folder = real.parent().unwrap_or(Path::new("/")).metadata().map_err(failed)?;
        // Whoever owns the folder can replace the file.
        if folder.uid() != 0 && folder.uid() != Uid::effective().as_raw() {
            return Err("is in a folder that belongs to another user".to_owned());
        }
        let is_in_open_folder = folder.mode() & 0o022 != 0 && folder.mode() & 0o1000 == 0;
        let found = match real.symlink_metadata() {
            Ok(found) => found,
            Err(e) if e.kind() == ErrorKind::NotFound => {
                return Ok(ReplacedFile { path: real, stamp: None, mode: 0o600, group: None, is_in_open_folder });
            }
            Err(e) => return Err(failed(e)),
        };
        let problem = match () {
            () if !found.is_file() => "is not a regular file",
            () if found.uid() != Uid::effective().as_raw() => "belongs to another user",
            () if found.nlink() > 1 => "has another name as well (a hard link), which would keep the old content",
            () if found.mode() & 0o200 == 0 => "is read-only",
            () if is_immutable(&real) => "is immutable, so not even its owner can change it (see lsattr)",
            () => {
                let (stamp, mode) = (Some(Stamp::of(&found)), found.mode() & 0o777);
                return Ok(ReplacedFile { path: real, stamp, mode, group: Some(found.gid()), is_in_open_folder });
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

    /// Whether others can replace it.
    pub fn is_in_open_folder(&self) -> bool {
        self.is_in_open_folder
    }

    /// The content at this time; empty if the file does not exist.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        if self.stamp.is_some() { fs::read(&self.path) } else { Ok(Vec::new()) }
    }

    /// Replaces the file by one that is synced to disk before it gets its name. If it `is_secret`, only this user can
    /// access it from then on; otherwise, its mode stays. Its group, access control list, label and other attributes stay,
    /// as far as the system allows it; returns the names of the others. Returns `None`, and changes nothing, if the file
    /// has changed since it was looked at.
    ///
    /// # Errors
    /// The system cannot write it; the file is as it was.
    pub fn replace(&self, content: &[u8], is_secret: bool) -> io::Result<Option<Vec<String>>> {
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
        if !matches!(replaced, Ok(Some(_))) {
            let _ = fs::remove_file(&temporary);
        }
        if matches!(replaced, Ok(Some(_))) {
            // Makes the rename durable. Not every file system can sync a folder, so errors are ignored.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        replaced
    }

    fn write_and_rename(&self, temporary: &Path, content: &[u8], is_secret: bool) -> io::Result<Option<Vec<String>>> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(temporary)?;
        let lost = self.copy_attributes(&file);
        // After the access control list, whose mask this limits.
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
            return Ok(None);
        }
        fs::rename(temporary, &self.path)?;
        Ok(Some(lost))
    }

    /// Gives the new file what the old one has besides its content and its mode. Returns the names of what it cannot have.
    fn copy_attributes(&self, new: &File) -> Vec<String> {
        let (Some(group), true) = (self.group, self.stamp.is_some()) else { return Vec::new() };
        let mut lost = Vec::new();
        if new.metadata().is_ok_and(|now| now.gid() != group) && fchown(new, None, Some(Gid::from_raw(group))).is_err()
        {
            lost.push("group".to_owned());
        }
        // A file system without attributes has none to lose.
        for name in xattr::list(&self.path).into_iter().flatten() {
            let Ok(Some(value)) = xattr::get(&self.path, &name) else { continue };
            let is_same = || new.get_xattr(&name).is_ok_and(|now| now.as_ref() == Some(&value));
            if !is_same() && new.set_xattr(&name, &value).is_err() {
                lost.push(name.to_string_lossy().into_owned());
            }
        }
        lost
    }
}
