//! The files that a view shows: which version of them it was made from, and whether somebody is writing to them.

use crate::platform::file_version;
use crate::printable::printable_path;
use crate::profile::ViewHeader;
use std::fs::{Metadata, metadata, symlink_metadata};
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// An editor that writes a file in place has written all of it by then.
const WRITTEN: Duration = Duration::from_millis(100);
/// How long to wait for a file that is missing or empty, or is written again and again.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// After this time, what is missing from a file counts as deleted.
const SETTLED: Duration = Duration::from_secs(10);
const INTERVAL: Duration = Duration::from_millis(20);

/// What a file that does not exist has instead of a version.
const NONE: &str = "none";

/// The two files.
pub(super) struct Originals<'a> {
    paths: [&'a Path; 2],
    /// The versions from which the present view was made.
    shown: Option<[&'a str; 2]>,
}

impl<'a> Originals<'a> {
    /// Those that the first line of a view names.
    pub(super) fn of_view(view: &'a ViewHeader) -> Self {
        Originals::of(&view.config, &view.credentials, Some(view))
    }

    /// These files, and the view that there is of them.
    pub(super) fn of(config: &'a Path, credentials: &'a Path, view: Option<&'a ViewHeader>) -> Self {
        let versions = |view: &'a ViewHeader| {
            let mut parts = view.state.split(':').skip(1);
            Some([parts.next()?, parts.next()?])
        };
        Originals { paths: [config, credentials], shown: view.and_then(versions) }
    }

    /// What a view depends on: the version and place of mfa-env, and when each file was changed.
    pub(super) fn state(&self) -> String {
        let [config, credentials] = self.versions();
        let program = std::env::current_exe().unwrap_or_default();
        let program = hex::encode(program.as_os_str().as_encoded_bytes());
        format!("{}:{config}:{credentials}:{program}", env!("CARGO_PKG_VERSION"))
    }

    /// What has happened to a file that was there, and had something in it, when the view was made.
    pub(super) fn lost(&self) -> Option<String> {
        let lost = |number: usize| {
            let path = printable_path(self.paths[number]);
            self.is_lost(number).map(|what| format!("{path} is {what}"))
        };
        lost(0).or_else(|| lost(1))
    }

    /// Waits until nobody seems to be writing to the files, but not beyond `deadline`. Returns whether nobody does.
    pub(super) fn settle(&self, deadline: Instant) -> bool {
        let (mut versions, mut since) = (self.versions(), Instant::now());
        let is_quiet = |number: usize, since: Instant| {
            let period = if self.is_lost(number).is_some() { LONGEST_WAIT } else { WRITTEN };
            // The clock of a file server may be ahead.
            self.age(number).max(since.elapsed()) >= period
        };
        loop {
            if is_quiet(0, since) && is_quiet(1, since) {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(INTERVAL);
            let now = self.versions();
            if now != versions {
                (versions, since) = (now, Instant::now());
            }
        }
    }

    /// The end of a wait that begins now.
    pub(super) fn deadline() -> Instant {
        Instant::now() + LONGEST_WAIT
    }

    /// Waits for a moment, for a run that has read something that cannot be used. Returns whether a file was changed so
    /// recently, or so often, that it may be another one now.
    pub(super) fn may_be_complete_soon(&self, deadline: Instant) -> bool {
        let is_recent = |number: usize| self.age(number) < LONGEST_WAIT;
        let is_soon = (is_recent(0) || is_recent(1)) && Instant::now() < deadline;
        if is_soon {
            std::thread::sleep(INTERVAL);
        }
        is_soon
    }

    /// Whether the last change was so long ago that nobody is in the middle of one.
    pub(super) fn are_settled(&self) -> bool {
        [0, 1].into_iter().all(|number| self.age(number) >= SETTLED)
    }

    fn versions(&self) -> [String; 2] {
        self.paths.map(|path| metadata(path).map_or_else(|_| NONE.to_owned(), |metadata| file_version(&metadata)))
    }

    fn is_lost(&self, number: usize) -> Option<&'static str> {
        let shown = self.shown?[number];
        match metadata(self.paths[number]) {
            _ if shown == NONE => None,
            // Whether it is there is not known then; reading it fails.
            Err(e) if e.kind() == ErrorKind::PermissionDenied => None,
            Err(_) => Some("missing"),
            Ok(metadata) if metadata.is_file() && metadata.len() == 0 && file_version(&metadata) != shown => {
                Some("empty")
            }
            Ok(_) => None,
        }
    }

    /// How long ago a file, or the link to it, was changed; for one that is missing, anything beside it.
    fn age(&self, number: usize) -> Duration {
        let path = self.paths[number];
        let of = |metadata: std::io::Result<Metadata>| {
            let changed = metadata.ok().filter(|metadata| !is_device(metadata))?.modified().ok()?;
            Some(SystemTime::now().duration_since(changed).unwrap_or_default())
        };
        let own = of(metadata(path));
        let is_missing = || self.is_lost(number).is_some() && metadata(path).is_err();
        let own = own.or_else(|| path.parent().filter(|_| is_missing()).and_then(|folder| of(metadata(folder))));
        [own, of(symlink_metadata(path))].into_iter().flatten().min().unwrap_or(Duration::MAX)
    }
}

/// `/dev/null`, for example, which many programs write to.
fn is_device(metadata: &Metadata) -> bool {
    !metadata.is_file() && !metadata.is_dir() && !metadata.is_symlink()
}
