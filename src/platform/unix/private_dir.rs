//! A directory that only this user can access, and its files.
//!
//! Files are opened relative to the directory's descriptor and without following links, and owner and mode are checked
//! on the open descriptor, so the file that was checked is the one that is read. Files are replaced by rename, so a
//! reader sees either the old or the new content.

use super::super::DirectoryError;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, open, openat, renameat};
use nix::sys::stat::{FileStat, Mode, SFlag, fchmod, fstat, fstatat, mkdirat, umask};
use nix::unistd::{AccessFlags, Uid, UnlinkatFlags, faccessat, fsync, unlinkat};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

/// How much of a file is read, in bytes; no cache entry is this large.
const MAX_ENTRY_SIZE: u64 = 1 << 20;

/// An open directory with mode 0700 that belongs to this user.
pub struct PrivateDir {
    dir: OwnedFd,
    path: PathBuf,
}

impl PrivateDir {
    /// Opens the directory; `None` if it does not exist.
    ///
    /// # Errors
    /// If it is a link, not a directory, owned by another user, or accessible to others. Its parents may be links.
    pub fn open(path: &Path) -> Result<Option<Self>, DirectoryError> {
        let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let dir = match open(path, flags, Mode::empty()) {
            Ok(dir) => dir,
            Err(Errno::ENOENT) => return Ok(None),
            Err(Errno::ENOTDIR | Errno::ELOOP) => return Err(DirectoryError::NotADirectory),
            Err(e) => return Err(DirectoryError::Unusable(e.desc().to_owned())),
        };
        let stat = fstat(&dir).map_err(|e| DirectoryError::Unusable(e.desc().to_owned()))?;
        if !has_our_uid(&stat) {
            return Err(DirectoryError::OtherOwner);
        }
        if is_accessible_to_others(&stat) {
            return Err(DirectoryError::AccessibleToOthers);
        }
        Ok(Some(PrivateDir { dir, path: path.to_owned() }))
    }

    /// Opens the directory after creating it and its missing parents with mode 0700, regardless of the umask. The mode
    /// of an existing directory is not changed.
    ///
    /// # Errors
    /// As for [`PrivateDir::open`], or if it cannot be created.
    pub fn create(path: &Path) -> Result<Self, DirectoryError> {
        let unusable = |e: Errno| DirectoryError::Unusable(e.desc().to_owned());
        create_missing(path).map_err(|e| match e {
            Errno::ENOTDIR => DirectoryError::NotADirectory,
            e => unusable(e),
        })?;
        PrivateDir::open(path)?.ok_or_else(|| unusable(Errno::ENOENT))
    }

    /// The path that the directory was opened with.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The first MiB of a file; `None` if it does not exist.
    ///
    /// # Errors
    /// If it is a link, not a regular file, owned by another user, accessible to others, or unreadable.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, DirectoryError> {
        self.read_start(name, MAX_ENTRY_SIZE)
    }

    /// The first bytes of a file, up to `limit`; `None` if it does not exist.
    ///
    /// # Errors
    /// As for [`PrivateDir::read`].
    pub fn read_start(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, DirectoryError> {
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
        File::from(file).take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
        Ok(Some(bytes))
    }

    /// Writes a file with mode 0600, or replaces it, atomically: the content is synced to disk before the file gets its
    /// name.
    ///
    /// # Errors
    /// If the system cannot write it; no temporary file remains.
    pub fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        self.write_with(name, content, Mode::S_IRUSR | Mode::S_IWUSR)
    }

    /// Like [`PrivateDir::write`], with mode 0400: not even its owner writes to it by mistake.
    ///
    /// # Errors
    /// If the system cannot write it; no temporary file remains.
    pub fn write_read_only(&self, name: &str, content: &[u8]) -> io::Result<()> {
        self.write_with(name, content, Mode::S_IRUSR)
    }

    fn write_with(&self, name: &str, content: &[u8], mode: Mode) -> io::Result<()> {
        let temporary = format!(".{name}.{}", std::process::id());
        // A killed process with the same id may have left it behind.
        let _ = self.remove(&temporary);
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let file = openat(&self.dir, temporary.as_str(), flags, Mode::S_IRUSR | Mode::S_IWUSR)?;
        let written = (|| {
            fchmod(&file, mode)?;
            let mut file = File::from(file);
            file.write_all(content)?;
            file.sync_all()?;
            renameat(&self.dir, temporary.as_str(), &self.dir, name)?;
            // Makes the rename durable. Not every file system can sync a directory, so errors are ignored.
            let _ = fsync(&self.dir);
            Ok(())
        })();
        if written.is_err() {
            let _ = self.remove(&temporary);
        }
        written
    }

    /// Whether files can be written.
    ///
    /// # Errors
    /// They cannot, as on a read-only file system.
    pub fn check_writable(&self) -> Result<(), DirectoryError> {
        let accessible = faccessat(&self.dir, ".", AccessFlags::W_OK | AccessFlags::X_OK, AtFlags::AT_EACCESS);
        accessible.map_err(|e| DirectoryError::Unusable(e.desc().to_owned()))
    }

    /// Writes a file with mode 0600 if nothing has its name yet.
    ///
    /// # Errors
    /// If the system cannot write it.
    pub fn write_if_missing(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        match openat(&self.dir, name, flags, Mode::S_IRUSR | Mode::S_IWUSR) {
            Ok(file) => File::from(file).write_all(content),
            Err(Errno::EEXIST) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    /// Removes a file, a link or a FIFO. Succeeds if it does not exist.
    ///
    /// # Errors
    /// If the system cannot remove it.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        match unlinkat(&self.dir, name, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    /// The names of all entries that are valid UTF-8; empty if the directory cannot be read.
    pub fn names(&self) -> Vec<String> {
        // Listed by path, because std cannot list an open directory. Names are only used relative to the descriptor.
        let entries = std::fs::read_dir(&self.path).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    /// Opens a lock file, creating it with mode 0600 if it does not exist.
    ///
    /// # Errors
    /// If it is a link, not a regular file, owned by another user, or cannot be created.
    pub fn lock_file(&self, name: &str) -> Result<File, DirectoryError> {
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let file = openat(&self.dir, name, flags, Mode::S_IRUSR | Mode::S_IWUSR).map_err(|e| match e {
            Errno::ELOOP | Errno::EISDIR | Errno::ENXIO => DirectoryError::NotAFile,
            e => DirectoryError::Unusable(e.desc().to_owned()),
        })?;
        // The umask may have removed permissions that the next process needs.
        let is_ours = matches!(check_file(&file), Ok(()) | Err(DirectoryError::AccessibleToOthers));
        if is_ours && fstat(&file).is_ok_and(|stat| mode(&stat) & 0o777 != 0o600) {
            let _ = fchmod(&file, Mode::S_IRUSR | Mode::S_IWUSR);
        }
        check_file(&file)?;
        Ok(File::from(file))
    }

    /// Whether `name` still refers to this open file.
    pub fn still_names(&self, name: &str, file: &File) -> bool {
        match (fstat(file), fstatat(&self.dir, name, AtFlags::AT_SYMLINK_NOFOLLOW)) {
            (Ok(open), Ok(named)) => (open.st_dev, open.st_ino) == (named.st_dev, named.st_ino),
            _ => false,
        }
    }
}

/// Creates a directory and its missing parents with mode 0700, regardless of the umask. Nothing that exists is changed.
pub(super) fn create_missing(path: &Path) -> nix::Result<()> {
    let missing: Vec<&Path> = path.ancestors().take_while(|p| !p.exists()).collect();
    for dir in missing.into_iter().rev() {
        match with_mask_of_others(|| mkdirat(AT_FDCWD, dir, Mode::S_IRWXU)) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Calls `create` with a umask that leaves the owner's permissions. Changing the mode afterwards, by path, could change
/// that of a link's target. No other thread creates files.
fn with_mask_of_others<T>(create: impl FnOnce() -> T) -> T {
    let before = umask(Mode::S_IRWXG | Mode::S_IRWXO);
    let created = create();
    umask(before);
    created
}

fn check_file(file: &impl AsFd) -> Result<(), DirectoryError> {
    let stat = fstat(file).map_err(|e| DirectoryError::Unusable(e.desc().to_owned()))?;
    if SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT != SFlag::S_IFREG {
        Err(DirectoryError::NotAFile)
    } else if !has_our_uid(&stat) {
        Err(DirectoryError::OtherOwner)
    } else if stat.st_nlink > 1 {
        Err(DirectoryError::HardLinked)
    } else if is_accessible_to_others(&stat) {
        Err(DirectoryError::AccessibleToOthers)
    } else {
        Ok(())
    }
}

fn has_our_uid(stat: &FileStat) -> bool {
    stat.st_uid == Uid::effective().as_raw()
}

fn is_accessible_to_others(stat: &FileStat) -> bool {
    mode(stat) & 0o077 != 0
}

#[allow(clippy::unnecessary_cast, clippy::cast_lossless, reason = "mode_t is 16 bits wide on macOS")]
fn mode(stat: &FileStat) -> u32 {
    stat.st_mode as u32
}
