//! Files of bodies that are no record's: their writer was killed, or could not remove them.

use std::fs::OpenOptions;

use super::bodies::Bodies;
use super::database::Database;
use crate::cache::directory::Directory;
use crate::cache::index;

/// How many files are looked at in a step.
const STEP: usize = 64;

/// A look at every file, in steps, so that nobody waits long.
pub(super) struct Sweep {
    directory: Directory,
    ids: Box<dyn Iterator<Item = i64> + Send>,
}

/// How far a sweep is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Swept {
    Partly,
    Wholly,
}

impl Swept {
    pub(super) fn is_over(self) -> bool {
        self == Self::Wholly
    }
}

impl Sweep {
    pub(super) fn begin(directory: &Directory) -> Self {
        let ids: Box<dyn Iterator<Item = i64> + Send> = match directory.body_ids() {
            Ok(ids) => Box::new(ids),
            Err(_) => Box::new(std::iter::empty()),
        };
        Self {
            directory: directory.clone(),
            ids,
        }
    }

    /// Looks at all.
    pub(super) fn run(mut self, database: &mut Database, bodies: &Bodies) {
        while !self.step(database, bodies).is_over() {}
    }

    /// Looks at some more; after the last one what all records count for is set right, should it be wrong.
    pub(super) fn step(&mut self, database: &mut Database, bodies: &Bodies) -> Swept {
        for _ in 0..STEP {
            let Some(id) = self.ids.next() else {
                recount(database);
                return Swept::Wholly;
            };
            if !bodies.is_written(id) {
                self.look_at(id, database);
            }
        }
        Swept::Partly
    }

    /// Removes the file if it is nobody's. It is asked twice: a writer unlocks it after its record is in the index.
    fn look_at(&self, id: i64, database: &mut Database) {
        if is_a_records(id, database) {
            return;
        }
        let file = OpenOptions::new()
            .append(true)
            .open(self.directory.body(id));
        let Ok(file) = file else {
            return;
        };
        if file.try_lock().is_ok() && !is_a_records(id, database) {
            let _ = self.directory.remove_body(id);
        }
    }
}

/// True also where it cannot be told.
fn is_a_records(id: i64, database: &mut Database) -> bool {
    let found = database.read(|connection| index::has_file(connection, id));
    found.unwrap_or(true)
}

fn recount(database: &mut Database) {
    let differs =
        database.read(|connection| Ok(index::total(connection)? != index::sum(connection)?));
    if differs == Some(true) {
        // Another time, if not now.
        let _ = database.transact(index::recount);
    }
}
