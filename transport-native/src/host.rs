//! What the pool knows of one origin.

use std::sync::Arc;
use std::time::{Duration, Instant};

use urlsession_core::{Multiplexing, Origin};

use crate::http1;

/// The connections to one origin.
#[derive(Debug)]
pub(crate) struct Host {
    /// Held as long as the entry lives, so that the number stays this origin's.
    _origin: Arc<Origin>,
    /// The last one back is the first one out: it is the least likely to have been closed.
    pub(crate) idle: Vec<Box<http1::Connection>>,
    /// What the last handshake found.
    pub(crate) carries: Option<Multiplexing>,
}

/// Connections taken from the pool, closed by being dropped, after the pool's lock is free.
#[derive(Debug, Default)]
pub(crate) struct Closed {
    http1: Vec<Box<http1::Connection>>,
}

impl Host {
    pub(crate) fn new(origin: Arc<Origin>) -> Self {
        Self { _origin: origin, idle: Vec::new(), carries: None }
    }

    pub(crate) fn is_in_use(&self) -> bool {
        !self.idle.is_empty()
    }

    /// Moves every connection into `closed`.
    pub(crate) fn close(&mut self, closed: &mut Closed) {
        closed.http1.append(&mut self.idle);
    }

    /// Moves what has been idle for `timeout` into `closed`; since when the oldest of the others is idle.
    pub(crate) fn expire(
        &mut self,
        now: Instant,
        timeout: Duration,
        closed: &mut Closed,
    ) -> Option<Instant> {
        let is_old = |since: Instant| now.saturating_duration_since(since) >= timeout;
        closed.http1.extend(self.idle.extract_if(.., |connection| is_old(connection.idle_since)));
        self.idle.iter().map(|connection| connection.idle_since).min()
    }
}
