//! Bodies' files being written.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind, Write as _};

use crate::cache::directory::Directory;

/// How many finished files wait at most to be brought to the disk.
const UNSYNCED: usize = 256;

/// The files of records that are not in the index yet. Each is locked, so that no sweep takes it.
#[derive(Debug)]
pub(super) struct Bodies {
    directory: Directory,
    files: HashMap<i64, io::Result<File>>,
    /// Finished ones that may not be on the disk yet.
    unsynced: Vec<i64>,
}

impl Bodies {
    pub(super) fn new(directory: Directory) -> Self {
        Self {
            directory,
            files: HashMap::new(),
            unsynced: Vec::new(),
        }
    }

    /// Appends a block to a record's file, and makes the file before the first. After a failure the record is lost.
    pub(super) fn append(&mut self, id: i64, block: &[u8]) -> io::Result<()> {
        let directory = &self.directory;
        let file = self
            .files
            .entry(id)
            .or_insert_with(|| create(directory, id));
        let written = match file {
            Ok(file) => file.write_all(block),
            Err(_) => return Err(ErrorKind::NotFound.into()),
        };
        if let Err(error) = &written {
            *file = Err(error.kind().into());
            // Its place is for others now.
            let _ = directory.remove_body(id);
        }
        written
    }

    /// Removes the file of a record that comes to nothing.
    pub(super) fn abandon(&mut self, id: i64) {
        let _unlocked_after = self.files.remove(&id);
        let _ = self.directory.remove_body(id);
    }

    /// True when the whole file of a record was written.
    pub(super) fn is_written(&self, id: i64) -> bool {
        matches!(self.files.get(&id), Some(Ok(_)))
    }

    /// Lets go of a file whose record is in the index.
    pub(super) fn kept(&mut self, id: i64) {
        self.files.remove(&id);
        if self.unsynced.len() < UNSYNCED {
            self.unsynced.push(id);
        }
    }

    /// Removes the files of records that are not in the index any more. Whoever reads one reads on.
    pub(super) fn remove(&mut self, ids: &[i64]) {
        for id in ids {
            // What is left behind is swept another time.
            let _ = self.directory.remove_body(*id);
        }
    }

    /// Brings finished files to the disk, those that are still there.
    pub(super) fn sync(&mut self) {
        for id in self.unsynced.drain(..) {
            if let Ok(file) = self.directory.open_body(id) {
                let _ = file.sync_data();
            }
        }
    }
}

fn create(directory: &Directory, id: i64) -> io::Result<File> {
    match directory.create_body(id) {
        // Somebody has removed the whole directory.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            directory.create()?;
            directory.create_body(id)
        }
        created => created,
    }
}
