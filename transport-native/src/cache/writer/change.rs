//! Changes, and how they are written: many in a transaction, or, when that fails, one by one.

use bytes::Bytes;
use futures::channel::oneshot;
use rusqlite::Connection;
use urlsession_core::Error;

use super::Writer;
use super::bodies::Bodies;
use super::sweep::Sweep;
use crate::cache::entry::NotKept;
use crate::cache::index;
use crate::cache::pending::Touches;
use crate::cache::record::{self, Row};
use crate::cache::schema::Trouble;
use crate::cache::store::Shared;

/// A change of what is stored.
#[derive(Debug)]
pub(in crate::cache) enum Change {
    Insert(Insertion),
    Remove(Vec<i64>),
    RemoveKey(String),
    RemovePrefix(String),
    /// Since a time in microseconds since 1970.
    RemoveSince(i64),
    RemoveAll,
    /// The capacity was set.
    Evict,
}

/// A whole record.
#[derive(Debug)]
pub(in crate::cache) struct Insertion {
    pub(in crate::cache) id: i64,
    pub(in crate::cache) key: String,
    pub(in crate::cache) head: Bytes,
    pub(in crate::cache) length: u64,
    /// `None` for one in a file.
    pub(in crate::cache) body: Option<Bytes>,
    pub(in crate::cache) stored_at: i64,
    pub(in crate::cache) replaces: Vec<i64>,
    pub(in crate::cache) reply: oneshot::Sender<Result<(), Error>>,
}

impl Writer {
    /// Writes changes, and tells whoever waits for them.
    pub(super) fn write(&mut self, changes: Vec<(Touches, Change)>) {
        if changes.is_empty() {
            return;
        }
        let fates = match self.transact(&changes) {
            Ok(()) => vec![true; changes.len()],
            Err(trouble) => self.write_one_by_one(&changes, trouble),
        };
        let everything = changes
            .iter()
            .any(|(_, change)| matches!(change, Change::RemoveAll));
        for ((touches, change), kept) in changes.into_iter().zip(fates) {
            self.shared.pending().settle(&touches);
            if let Change::Insert(insertion) = change {
                self.tell(insertion, kept);
            }
        }
        if everything {
            Sweep::begin(&self.shared.directory).run(&mut self.database, &self.bodies);
            self.database.shrink();
        }
    }

    fn tell(&mut self, insertion: Insertion, written: bool) {
        let in_file = insertion.body.is_none();
        let kept = written && (!in_file || self.bodies.is_written(insertion.id));
        match (in_file, kept) {
            (true, true) => self.bodies.kept(insertion.id),
            (true, false) => self.bodies.abandon(insertion.id),
            (false, _) => {}
        }
        // Whoever writes small records does not wait for this.
        let _ = insertion.reply.send(match kept {
            true => Ok(()),
            false => Err(NotKept::NotWritten.into()),
        });
    }

    /// Which of the changes came to be. What was to go and cannot be taken out alone goes with everything else: it is never seen again.
    fn write_one_by_one(&mut self, changes: &[(Touches, Change)], trouble: Trouble) -> Vec<bool> {
        let mut fates = Vec::new();
        for change in changes.chunks(1) {
            let written = match trouble {
                // Whoever keeps one waiting for so long would do it again.
                Trouble::Busy => false,
                Trouble::Broken | Trouble::Moved | Trouble::Disk | Trouble::Refused => {
                    self.transact(change).is_ok()
                }
            };
            if !written && change.iter().any(|(_, change)| change.takes_out()) {
                self.database.wipe();
            }
            fates.push(written);
        }
        fates
    }

    fn transact(&mut self, changes: &[(Touches, Change)]) -> Result<(), Trouble> {
        let (shared, bodies) = (&self.shared, &self.bodies);
        let removed = self.database.transact(|connection| {
            let mut files = Vec::new();
            for (_, change) in changes {
                apply(change, connection, bodies, &mut files)?;
            }
            evict(connection, shared, &mut files)?;
            Ok(files)
        })?;
        self.bodies.remove(&removed);
        Ok(())
    }
}

impl Change {
    /// True for one after which something must not be seen any more.
    fn takes_out(&self) -> bool {
        match self {
            Self::Remove(_)
            | Self::RemoveKey(_)
            | Self::RemovePrefix(_)
            | Self::RemoveSince(_)
            | Self::RemoveAll => true,
            // What a record was to take the place of stays where it was.
            Self::Insert(_) | Self::Evict => false,
        }
    }
}

/// Carries a change out; `files` are the records that are not in the index any more and had their bodies in files.
fn apply(
    change: &Change,
    connection: &Connection,
    bodies: &Bodies,
    files: &mut Vec<i64>,
) -> rusqlite::Result<()> {
    match change {
        Change::Insert(insertion) => insert(insertion, connection, bodies, files),
        Change::Remove(ids) => remove(connection, ids, files),
        Change::RemoveKey(key) => remove(connection, &index::of_key(connection, key)?, files),
        Change::RemovePrefix(prefix) => {
            remove(connection, &index::of_prefix(connection, prefix)?, files)
        }
        Change::RemoveSince(time) => remove(connection, &index::since(connection, *time)?, files),
        Change::RemoveAll => index::remove_all(connection),
        Change::Evict => Ok(()),
    }
}

fn insert(
    insertion: &Insertion,
    connection: &Connection,
    bodies: &Bodies,
    files: &mut Vec<i64>,
) -> rusqlite::Result<()> {
    let in_file = insertion.body.is_none();
    if in_file && !bodies.is_written(insertion.id) {
        return Ok(());
    }
    let row = Row {
        id: insertion.id,
        key: &insertion.key,
        head: &insertion.head,
        length: insertion.length,
        in_file,
        body_sum: match &insertion.body {
            Some(body) => record::body_sum(insertion.id, body),
            None => 0,
        },
        stored_at: insertion.stored_at,
    };
    let now = record::micros(std::time::SystemTime::now());
    index::insert(connection, &row, insertion.body.as_deref(), now)?;
    remove(connection, &insertion.replaces, files)
}

fn remove(connection: &Connection, ids: &[i64], files: &mut Vec<i64>) -> rusqlite::Result<()> {
    for id in ids {
        if index::remove(connection, *id)? {
            files.push(*id);
        }
    }
    Ok(())
}

/// Takes out what is over the capacity, the least recently used first.
fn evict(connection: &Connection, shared: &Shared, files: &mut Vec<i64>) -> rusqlite::Result<()> {
    let mut total = index::total(connection)?;
    if total <= shared.capacity() {
        return Ok(());
    }
    let used = shared.pending().take_used();
    for (id, used) in used {
        index::touch(connection, id, used)?;
    }
    while total > shared.capacity() {
        let least = index::least_used(connection)?;
        if least.is_empty() {
            return index::recount(connection);
        }
        for (id, size) in least {
            if total <= shared.capacity() {
                break;
            }
            remove(connection, &[id], files)?;
            total = total.saturating_sub(size);
        }
    }
    Ok(())
}
