//! A directory that only this user can look into, and its files.
//!
//! Everything is opened relative to the directory's descriptor and without following links, and owner and mode are read off the open file:
//! what was checked is what is read. Files are replaced by rename, so a reader sees the old one or the new one, never half of one.

use super::super::DirectoryError;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, open, openat, renameat};
use nix::sys::stat::{FileStat, Mode, SFlag, fchmod, fstat, fstatat, mkdirat};
use nix::unistd::{Uid, UnlinkatFlags, fsync, unlinkat};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Larger than any session; a file beyond it is none of ours.
const LARGEST_ENTRY: u64 = 1 << 20;

pub struct PrivateDir {
    dir: OwnedFd,
    path: PathBuf,
}

impl PrivateDir {
    /// Opens the directory; `None` if it does not exist.
    ///
    /// # Errors
    /// It is a link or no directory, somebody else's, or open to others. Its parents may be links.
    pub fn open(path: &Path) -> Result<Option<Self>, DirectoryError> {
        let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let dir = match open(path, flags, Mode::empty()) {
            Ok(dir) => dir,
            Err(Errno::ENOENT) => return Ok(None),
            Err(Errno::ENOTDIR | Errno::ELOOP) => return Err(DirectoryError::NotADirectory),
            Err(e) => return Err(DirectoryError::Unusable(e.desc().to_owned())),
        };
        let stat = fstat(&dir).map_err(|e| DirectoryError::Unusable(e.desc().to_owned()))?;
        if !is_mine(&stat) {
            return Err(DirectoryError::NotMine);
        }
        if is_open_to_others(&stat) {
            return Err(DirectoryError::OpenToOthers);
        }
        Ok(Some(PrivateDir { dir, path: path.to_owned() }))
    }

    /// Opens the directory, making it and its parents where they are missing: 0700 whatever the umask says. One that exists is never changed.
    ///
    /// # Errors
    /// As [`PrivateDir::open`], or it cannot be made.
    pub fn make(path: &Path) -> Result<Self, DirectoryError> {
        let unusable = |e: Errno| DirectoryError::Unusable(e.desc().to_owned());
        let missing: Vec<&Path> = path.ancestors().take_while(|p| !p.exists()).collect();
        for dir in missing.into_iter().rev() {
            match mkdirat(AT_FDCWD, dir, Mode::S_IRWXU) {
                // The umask may have taken our own rights.
                Ok(()) => {
                    let _ = std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700));
                }
                Err(Errno::EEXIST) => {}
                Err(Errno::ENOTDIR) => return Err(DirectoryError::NotADirectory),
                Err(e) => return Err(unusable(e)),
            }
        }
        PrivateDir::open(path)?.ok_or_else(|| unusable(Errno::ENOENT))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The content of a file; `None` if there is none.
    ///
    /// # Errors
    /// A link, anything else than a file, somebody else's, open to others, or unreadable.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, DirectoryError> {
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let file = match openat(&self.dir, name, flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::ENOENT) => return Ok(None),
            Err(Errno::ELOOP | Errno::ENXIO) => return Err(DirectoryError::NotAFile),
            Err(e) => return Err(DirectoryError::Unusable(e.desc().to_owned())),
        };
        check_file(&file)?;
        let mut bytes = Vec::with_capacity(4096);
        let unreadable = |e: io::Error| DirectoryError::Unusable(e.kind().to_string());
        File::from(file).take(LARGEST_ENTRY).read_to_end(&mut bytes).map_err(unreadable)?;
        Ok(Some(bytes))
    }

    /// Puts a file there, 0600, complete and on the disk before it has its name.
    ///
    /// # Errors
    /// Whatever the system says; nothing is left behind.
    pub fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let temporary = format!(".{name}.{}", std::process::id());
        // Left over from a process of this number that was killed while it wrote.
        let _ = self.remove(&temporary);
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let file = openat(&self.dir, temporary.as_str(), flags, Mode::S_IRUSR | Mode::S_IWUSR)?;
        let written = (|| {
            fchmod(&file, Mode::S_IRUSR | Mode::S_IWUSR)?;
            let mut file = File::from(file);
            file.write_all(content)?;
            file.sync_all()?;
            renameat(&self.dir, temporary.as_str(), &self.dir, name)?;
            // The name is on the disk only with the directory. Some file systems cannot; then it is as good as it gets.
            let _ = fsync(&self.dir);
            Ok(())
        })();
        if written.is_err() {
            let _ = self.remove(&temporary);
        }
        written
    }

    /// Removes a file, a link or a FIFO; that it is gone already is no error.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        match unlinkat(&self.dir, name, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    /// Names of everything in the directory.
    pub fn names(&self) -> Vec<String> {
        // By the path, for want of a safe way to list an open directory: names are only ever used relative to the descriptor.
        let entries = std::fs::read_dir(&self.path).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    /// Opens a lock file, made 0600 if it is missing.
    ///
    /// # Errors
    /// It is a link or no file, somebody else's, or cannot be made.
    pub fn lock_file(&self, name: &str) -> Result<File, DirectoryError> {
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let file = openat(&self.dir, name, flags, Mode::S_IRUSR | Mode::S_IWUSR).map_err(|e| match e {
            Errno::ELOOP | Errno::EISDIR | Errno::ENXIO => DirectoryError::NotAFile,
            e => DirectoryError::Unusable(e.desc().to_owned()),
        })?;
        // A umask may have made it unreadable for the next one.
        if fstat(&file).is_ok_and(|stat| is_mine(&stat) && mode(&stat) & 0o777 != 0o600) {
            let _ = fchmod(&file, Mode::S_IRUSR | Mode::S_IWUSR);
        }
        check_file(&file)?;
        Ok(File::from(file))
    }

    /// Whether the name still leads to this open file.
    pub fn is_still(&self, name: &str, file: &File) -> bool {
        match (fstat(file), fstatat(&self.dir, name, AtFlags::AT_SYMLINK_NOFOLLOW)) {
            (Ok(open), Ok(named)) => (open.st_dev, open.st_ino) == (named.st_dev, named.st_ino),
            _ => false,
        }
    }
}

fn check_file(file: &impl AsFd) -> Result<(), DirectoryError> {
    let stat = fstat(file).map_err(|e| DirectoryError::Unusable(e.desc().to_owned()))?;
    if SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT != SFlag::S_IFREG {
        Err(DirectoryError::NotAFile)
    } else if !is_mine(&stat) {
        Err(DirectoryError::NotMine)
    } else if is_open_to_others(&stat) {
        Err(DirectoryError::OpenToOthers)
    } else {
        Ok(())
    }
}

fn is_mine(stat: &FileStat) -> bool {
    stat.st_uid == Uid::effective().as_raw()
}

fn is_open_to_others(stat: &FileStat) -> bool {
    mode(stat) & 0o077 != 0
}

#[allow(clippy::unnecessary_cast, clippy::cast_lossless, reason = "mode_t is 16 bits wide on macOS")]
fn mode(stat: &FileStat) -> u32 {
    stat.st_mode as u32
}
