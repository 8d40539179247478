//! The database of the writing thread: opened, found to be broken, made anew.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior};

use crate::cache::directory::Identity;
use crate::cache::schema::{self, Trouble};
use crate::cache::store::Shared;

/// How long a database that could not be opened is let be.
const RETRY: Duration = Duration::from_secs(1);

/// How long the log grows before it is moved into the index, in bytes.
const LONG_LOG: u64 = 4 * 1024 * 1024;

/// Connections for callers at first; more are made when these are all in use.
const READERS: usize = 2;

/// Pages that are free in the index before it is made shorter, and how many are given back at a time: 4 MiB.
const FREE_PAGES: i64 = 1024;

/// The database, open where it can be.
pub(super) struct Database {
    shared: Arc<Shared>,
    open: Option<Open>,
    /// Something in it must not be seen any more, and could not be taken out: it goes as a whole before it is opened again.
    must_go: bool,
    failed_at: Option<Instant>,
    opened_anew: bool,
}

struct Open {
    connection: Connection,
    identity: Option<Identity>,
}

impl Database {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            open: None,
            must_go: false,
            failed_at: None,
            opened_anew: false,
        }
    }

    /// Opens it before anybody asks.
    pub(super) fn open_first(&mut self) {
        self.connection();
    }

    /// True once after each time that it was opened.
    pub(super) fn was_opened(&mut self) -> bool {
        std::mem::take(&mut self.opened_anew)
    }

    /// What `read` finds; `None` where it cannot be read. A database that is found to be broken is made anew.
    pub(super) fn read<T>(
        &mut self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Option<T> {
        let found = read(self.connection()?);
        found
            .map_err(|error| self.recover(schema::trouble(&error)))
            .ok()
    }

    /// Does `work` in one transaction: all of it, or nothing. Once more where the first time shows that another database is needed.
    pub(super) fn transact<T>(
        &mut self,
        work: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Trouble> {
        self.look_after();
        let first = self.try_transact(&work);
        match first {
            Err(trouble @ (Trouble::Broken | Trouble::Moved)) => {
                self.recover(trouble);
                self.try_transact(&work)
            }
            Err(trouble) => {
                self.recover(trouble);
                Err(trouble)
            }
            Ok(done) => Ok(done),
        }
    }

    fn try_transact<T>(
        &mut self,
        work: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Trouble> {
        let connection = self.connection().ok_or(Trouble::Disk)?;
        let mut transact = || {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        transact().map_err(|error| schema::trouble(&error))
    }

    fn recover(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::Broken => self.wipe(),
            // A connection may remember what the disk did to it.
            Trouble::Moved | Trouble::Disk => self.close(),
            Trouble::Busy | Trouble::Refused => {}
        }
    }

    /// Makes it anew, empty. Where that fails it is not opened until it succeeds.
    pub(super) fn wipe(&mut self) {
        begins_anew(&self.shared);
        self.close();
        self.must_go = true;
        self.failed_at = None;
        self.connection();
    }

    /// Notices another database in its place, or none: another program has made it anew, or somebody has removed the directory.
    fn look_after(&mut self) {
        let identity = self.shared.directory.identity();
        if self
            .open
            .as_ref()
            .is_some_and(|open| open.identity != identity)
        {
            self.close();
            self.failed_at = None;
        }
    }

    fn close(&mut self) {
        self.shared.readers.close();
        self.open = None;
    }

    fn connection(&mut self) -> Option<&mut Connection> {
        if self.open.is_none() && self.failed_at.is_none_or(|at| at.elapsed() > RETRY) {
            match self.opened() {
                Ok(open) => {
                    self.open = Some(open);
                    self.failed_at = None;
                    self.opened_anew = true;
                }
                Err(_) => self.failed_at = Some(Instant::now()),
            }
        }
        self.open.as_mut().map(|open| &mut open.connection)
    }

    /// Opens it, and makes it where there is none or a broken one. One opener at a time: an index never meets another one's log.
    fn opened(&mut self) -> io::Result<Open> {
        let directory = &self.shared.directory;
        directory.create()?;
        let _alone = directory.lock()?;
        if self.must_go {
            directory.remove_index()?;
            self.must_go = false;
        }
        directory.create_index()?;
        let connections = match self.connections() {
            Err(error) if schema::trouble(&error) == Trouble::Broken => {
                begins_anew(&self.shared);
                directory.remove_index()?;
                directory.create_index()?;
                self.connections()
            }
            opened => opened,
        };
        let (connection, readers) = connections.map_err(io::Error::other)?;
        let identity = directory.identity();
        self.shared.readers.open(readers);
        Ok(Open {
            connection,
            identity,
        })
    }

    fn connections(&self) -> rusqlite::Result<(Connection, Vec<Connection>)> {
        let path = self.shared.directory.index();
        let writer = schema::open(&path)?;
        let readers = (0..READERS).map(|_| schema::open_reader(&path));
        Ok((writer, readers.collect::<rusqlite::Result<_>>()?))
    }

    /// One more connection for callers, where all are in use.
    pub(super) fn add_reader(&mut self) {
        if !self.shared.readers.are_too_few() {
            return;
        }
        let directory = &self.shared.directory;
        let Ok(_alone) = directory.lock() else {
            return;
        };
        let Some(open) = &self.open else {
            return;
        };
        if open.identity == directory.identity()
            && let Ok(reader) = schema::open_reader(&directory.index())
        {
            self.shared.readers.add(reader);
        }
    }

    pub(super) fn log_is_long(&self) -> bool {
        let log = std::fs::metadata(self.shared.directory.log());
        log.is_ok_and(|facts| facts.len() > LONG_LOG)
    }

    /// Moves the log into the index, as far as readers let it, and gives some of what is free there back.
    pub(super) fn checkpoint(&mut self) {
        self.read(|connection| {
            let free: i64 =
                connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
            if free > FREE_PAGES {
                vacuum(connection, free.min(FREE_PAGES))?;
            }
            move_log(connection)
        });
    }

    /// Gives all that is free in the index back.
    pub(super) fn shrink(&mut self) {
        self.read(|connection| {
            vacuum(connection, 0)?;
            move_log(connection)
        });
    }
}

/// Tells whoever keeps a log: no caller learns of it.
#[cfg(feature = "tracing")]
fn begins_anew(shared: &Shared) {
    let directory = shared.directory.path();
    tracing::warn!(target: "urlsession", ?directory, "the cache's database is of no use and is made anew");
}

#[cfg(not(feature = "tracing"))]
fn begins_anew(_: &Shared) {}

/// Takes up to `pages` free pages off the index; all for 0.
fn vacuum(connection: &Connection, pages: i64) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

fn move_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}
