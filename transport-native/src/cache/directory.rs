//! What stands where, and for whom: files 0600, directories 0700.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often and how long apart the lock is tried for: about two seconds.
const LOCK_TRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// The end of the name of a body's file.
const BODY: &str = "body";

/// The store's directory.
#[derive(Clone, Debug)]
pub(super) struct Directory(PathBuf);

/// Which file the index is, so that another in its place is noticed.
pub(super) type Identity = (u64, u64);

impl Directory {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn index(&self) -> PathBuf {
        self.0.join("index.sqlite")
    }

    /// SQLite's log of what was written and is not in the index yet.
    pub(super) fn log(&self) -> PathBuf {
        self.0.join("index.sqlite-wal")
    }

    pub(super) fn bodies(&self) -> PathBuf {
        self.0.join("bodies")
    }

    /// The file of a record's body. Its name has nothing of a URL in it.
    pub(super) fn body(&self, id: i64) -> PathBuf {
        self.bodies()
            .join(format!("{:016x}.{BODY}", id.cast_unsigned()))
    }

    /// Makes the directories, where they are not there.
    pub(super) fn create(&self) -> io::Result<()> {
        create_directory(&self.0)?;
        create_directory(&self.bodies())
    }

    /// Makes an empty index, where there is none: SQLite would make one that others may read.
    pub(super) fn create_index(&self) -> io::Result<()> {
        private(OpenOptions::new().write(true).create(true).truncate(false))
            .open(self.index())
            .map(drop)
    }

    /// Keeps other openers of this directory away until what is returned is dropped. An error where one of them takes too long.
    pub(super) fn lock(&self) -> io::Result<File> {
        let file = private(OpenOptions::new().write(true).create(true).truncate(false))
            .open(self.0.join("lock"))?;
        for _ in 0..LOCK_TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
                // A file system without locks: the database has its own, which hold for all but its removal.
                Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
                    return Ok(file);
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(ErrorKind::TimedOut.into())
    }

    /// Removes the index, and the log first, so that it is never taken for another index's.
    pub(super) fn remove_index(&self) -> io::Result<()> {
        for name in [
            "index.sqlite-wal",
            "index.sqlite-shm",
            "index.sqlite-journal",
        ] {
            remove(&self.0.join(name))?;
        }
        remove(&self.index())
    }

    /// Which file the index is; `None` where there is none.
    pub(super) fn identity(&self) -> Option<Identity> {
        fs::metadata(self.index())
            .ok()
            .map(|facts| identity(&facts))
    }

    /// A new file for a body, locked for as long as it is open: that somebody writes it.
    pub(super) fn create_body(&self, id: i64) -> io::Result<File> {
        let file = private(OpenOptions::new().write(true).create_new(true)).open(self.body(id))?;
        // Without locks a sweep by another program may take it: the record is absent then.
        let _ = file.try_lock();
        Ok(file)
    }

    pub(super) fn open_body(&self, id: i64) -> io::Result<File> {
        File::open(self.body(id))
    }

    pub(super) fn remove_body(&self, id: i64) -> io::Result<()> {
        remove(&self.body(id))
    }

    /// The ids that all bodies' files are named for; foreign ones are left out.
    pub(super) fn body_ids(&self) -> io::Result<impl Iterator<Item = i64> + use<>> {
        let entries = fs::read_dir(self.bodies())?;
        Ok(entries.filter_map(|entry| body_id(&entry.ok()?.file_name().into_string().ok()?)))
    }
}

fn body_id(file_name: &str) -> Option<i64> {
    let (digits, end) = file_name.split_once('.')?;
    let regular =
        digits.len() == 16 && end == BODY && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let id = regular.then(|| u64::from_str_radix(digits, 16).ok())??;
    Some(id.cast_signed())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn create_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(unix)]
fn identity(facts: &fs::Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (facts.dev(), facts.ino())
}

/// Elsewhere an open file is not replaced.
#[cfg(not(unix))]
fn identity(_: &fs::Metadata) -> Identity {
    (0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_stores_own_names_are_bodies() {
        let directory = Directory::new(PathBuf::from("d"));
        let path = directory.body(-2);
        assert_eq!(path, Path::new("d/bodies/fffffffffffffffe.body"));
        assert_eq!(body_id("fffffffffffffffe.body"), Some(-2));
        for foreign in [
            "f.body",
            "+ffffffffffffffe.body",
            "0123456789abcdef.txt",
            "x",
        ] {
            assert_eq!(body_id(foreign), None, "{foreign}");
        }
    }
}
