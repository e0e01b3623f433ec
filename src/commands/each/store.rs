//! Output that waits for its turn: in memory up to a limit, beyond that in a temporary file without a name.

use super::output::Stream;
use crate::error::{FileError, Result};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// In bytes, of all profiles together.
const MOST_IN_MEMORY: usize = 16 << 20;
/// How much of the file is read at once, in bytes.
const READ_SIZE: usize = 1 << 16;

/// The output of any number of commands, with at most one open file.
#[derive(Default)]
pub(super) struct Store {
    in_memory: usize,
    /// Bytes in the file that have not been taken.
    in_file: u64,
    file: Option<File>,
    /// The length of the file.
    end: u64,
}

/// What a command has written to one of its streams, in one piece.
pub(super) enum Stored {
    InMemory { stream: Stream, bytes: Vec<u8> },
    InFile { stream: Stream, start: u64, length: u64 },
}

impl Store {
    /// Adds what a command has written to what is stored of it.
    ///
    /// # Errors
    /// The temporary file cannot be written.
    pub(super) fn add(&mut self, new: Stream, added: &[u8], stored: &mut Vec<Stored>) -> Result<()> {
        if self.in_memory + added.len() <= MOST_IN_MEMORY {
            self.in_memory += added.len();
            match stored.last_mut() {
                Some(Stored::InMemory { stream, bytes }) if *stream == new => bytes.extend_from_slice(added),
                _ => stored.push(Stored::InMemory { stream: new, bytes: added.to_vec() }),
            }
            return Ok(());
        }
        let at = self.end;
        self.write(added).map_err(|e| FileError::NotStored(e.to_string()))?;
        let count = added.len() as u64;
        match stored.last_mut() {
            Some(Stored::InFile { stream, start, length }) if *stream == new && *start + *length == at => {
                *length += count;
            }
            _ => stored.push(Stored::InFile { stream: new, start: at, length: count }),
        }
        Ok(())
    }

    /// Hands out one part of what is stored, and forgets it.
    ///
    /// # Errors
    /// That of `pass_on`, or the temporary file cannot be read.
    pub(super) fn take(&mut self, stored: Stored, mut pass_on: impl FnMut(Stream, &[u8]) -> Result<()>) -> Result<()> {
        let (stream, start, length) = match stored {
            Stored::InMemory { stream, bytes } => {
                self.in_memory -= bytes.len();
                return pass_on(stream, &bytes);
            }
            Stored::InFile { stream, start, length } => (stream, start, length),
        };
        let mut buffer = vec![0; READ_SIZE];
        let mut at = start;
        while at < start + length {
            let wanted = (start + length - at).min(READ_SIZE as u64);
            let part = &mut buffer[..usize::try_from(wanted).unwrap_or(READ_SIZE)];
            self.read(at, part).map_err(|e| FileError::NotStored(e.to_string()))?;
            pass_on(stream, part)?;
            at += wanted;
        }
        self.in_file -= length;
        if self.in_file == 0 {
            self.end = 0;
            // Otherwise it keeps the space on the disk, and is overwritten.
            let _ = self.file.as_ref().map(|file| file.set_len(0));
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut file = match &self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile()?),
        };
        file.seek(SeekFrom::Start(self.end))?;
        file.write_all(bytes)?;
        self.end += bytes.len() as u64;
        self.in_file += bytes.len() as u64;
        Ok(())
    }

    fn read(&mut self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        let mut file = self.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(bytes)
    }
}
