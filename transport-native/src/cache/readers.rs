//! Connections on which callers read on their own threads.

use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

/// How many there are at most.
const READERS: usize = 8;

/// Those that nobody uses right now. None when the database is not open.
#[derive(Debug, Default)]
pub(super) struct Readers(Mutex<Idle>);

#[derive(Debug, Default)]
struct Idle {
    connections: Vec<Connection>,
    /// Counts the databases that were opened: a connection to an earlier one is not put back.
    opened: u64,
    made: usize,
}

impl Readers {
    /// What `read` finds; `None` where it cannot be found without waiting, or at all.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Option<T> {
        let (connection, opened) = {
            let mut idle = self.idle();
            (idle.connections.pop()?, idle.opened)
        };
        let found = read(&connection);
        let mut idle = self.idle();
        if idle.opened == opened {
            idle.connections.push(connection);
        }
        drop(idle);
        found.ok()
    }

    /// Takes the connections to a newly opened database in place of all others.
    pub(super) fn open(&self, connections: Vec<Connection>) {
        let mut idle = self.idle();
        idle.opened += 1;
        idle.made = connections.len();
        let _closed_without_the_lock = std::mem::replace(&mut idle.connections, connections);
        drop(idle);
    }

    /// Lets go of all.
    pub(super) fn close(&self) {
        self.open(Vec::new());
    }

    /// True when all are in use and there may be one more.
    pub(super) fn are_too_few(&self) -> bool {
        let idle = self.idle();
        idle.connections.is_empty() && (1..READERS).contains(&idle.made)
    }

    /// One more to the same database.
    pub(super) fn add(&self, connection: Connection) {
        let mut idle = self.idle();
        idle.made += 1;
        idle.connections.push(connection);
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Idle> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
