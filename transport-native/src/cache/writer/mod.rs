//! The one thread that writes, and the only one that waits for a disk or another program.

mod bodies;
mod change;
mod database;
mod sweep;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::channel::oneshot;

use self::bodies::Bodies;
pub(super) use self::change::{Change, Insertion};
use self::database::Database;
use self::sweep::Sweep;
use super::index::{self, Found, NotWhole, Place};
use super::pending::{Tell, Touches};
use super::store::Shared;

/// How long heads and uses wait to be written with others, after the first of them.
const LAZINESS: Duration = Duration::from_secs(1);

/// How many changes are written in one transaction at most, so that it is short for other programs.
const CHANGES: usize = 256;

/// Something to do, in the order in which it was asked for.
#[derive(Debug)]
pub(super) enum Job {
    Change(Touches, Change),
    /// Another block of a record's body.
    Append {
        id: i64,
        block: Bytes,
        reply: oneshot::Sender<io::Result<()>>,
    },
    /// A record that is not finished: its file goes.
    Abandon(i64),
    Question(Question),
    /// Heads or uses wait.
    Tell(Tell),
}

/// Something to answer, after all that was asked for before.
#[derive(Debug)]
pub(super) enum Question {
    Find(String, oneshot::Sender<Found>),
    Place(i64, oneshot::Sender<Option<Result<Place, NotWhole>>>),
    Usage(oneshot::Sender<u64>),
    Flush(oneshot::Sender<()>),
    /// Answered when its turn has come.
    Settled(oneshot::Sender<()>),
}

/// Starts the thread. It ends when the last sender is gone and all is written; where there is no thread to be had, nobody receives.
pub(super) fn start(shared: Arc<Shared>) -> Sender<Job> {
    let (sender, jobs) = mpsc::channel();
    let writer = Writer {
        database: Database::new(Arc::clone(&shared)),
        bodies: Bodies::new(shared.directory.clone()),
        shared,
        jobs,
        lazy_until: None,
        sweep: None,
    };
    let _ = thread::Builder::new()
        .name("urlsession-cache".to_owned())
        .spawn(move || writer.run());
    sender
}

struct Writer {
    shared: Arc<Shared>,
    jobs: Receiver<Job>,
    database: Database,
    bodies: Bodies,
    /// When heads and uses are to be written.
    lazy_until: Option<Instant>,
    /// Files that may be nobody's, to be looked at when there is nothing else to do.
    sweep: Option<Sweep>,
}

/// What comes next.
enum Next {
    Job(Job),
    Idle,
    Over,
}

impl Writer {
    fn run(mut self) {
        self.database.open_first();
        loop {
            if self.database.was_opened() {
                self.sweep = Some(Sweep::begin(&self.shared.directory));
            }
            match self.next() {
                Next::Job(job) => self.batch(job),
                Next::Idle => self.idle(),
                Next::Over => break,
            }
        }
        self.write_lazy();
        self.shared.readers.close();
    }

    fn next(&mut self) -> Next {
        let received = if self.sweep.is_some() {
            self.jobs.try_recv().map_err(|error| match error {
                TryRecvError::Empty => RecvTimeoutError::Timeout,
                TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
            })
        } else if let Some(until) = self.lazy_until {
            let wait = until.saturating_duration_since(Instant::now());
            self.jobs.recv_timeout(wait)
        } else {
            self.jobs.recv().map_err(RecvTimeoutError::from)
        };
        match received {
            Ok(job) => Next::Job(job),
            Err(RecvTimeoutError::Timeout) => Next::Idle,
            Err(RecvTimeoutError::Disconnected) => Next::Over,
        }
    }

    /// Does `first` and what waits behind it.
    fn batch(&mut self, first: Job) {
        let mut changes = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Change(touches, change) => changes.push((touches, change)),
                Job::Append { id, block, reply } => {
                    let _ = reply.send(self.bodies.append(id, &block));
                }
                Job::Abandon(id) => self.bodies.abandon(id),
                Job::Question(question) => {
                    self.write(std::mem::take(&mut changes));
                    self.answer(question);
                }
                Job::Tell(tell) => self.be_told(tell),
            }
            next = match changes.len() < CHANGES {
                true => self.jobs.try_recv().ok(),
                false => None,
            };
        }
        self.write(changes);
        if self.lazy_until.is_some_and(|until| until <= Instant::now()) {
            self.write_lazy();
        }
        if self.database.log_is_long() {
            self.checkpoint();
        }
    }

    /// Notes when heads and uses that wait are to be written.
    fn be_told(&mut self, tell: Tell) {
        match tell {
            Tell::No => {}
            Tell::Later => {
                self.lazy_until
                    .get_or_insert_with(|| Instant::now() + LAZINESS);
            }
            Tell::Now => self.lazy_until = Some(Instant::now()),
        }
    }

    fn idle(&mut self) {
        if self.lazy_until.is_some_and(|until| until <= Instant::now()) {
            self.write_lazy();
        }
        if let Some(sweep) = &mut self.sweep
            && sweep.step(&mut self.database, &self.bodies).is_over()
        {
            self.sweep = None;
        }
    }

    fn answer(&mut self, question: Question) {
        // Whoever asked may have gone.
        match question {
            Question::Find(key, reply) => {
                let find = |connection: &_| index::find(connection, &key);
                let mut found = self.database.read(find).unwrap_or_default();
                // Here, where nothing is written meanwhile.
                let tell = self.shared.pending().shown(&mut found.records);
                let _ = reply.send(found);
                self.be_told(tell);
                self.database.add_reader();
            }
            Question::Place(id, reply) => {
                let place = self
                    .database
                    .read(|connection| index::place(connection, id));
                let _ = reply.send(place.flatten());
                self.database.add_reader();
            }
            Question::Usage(reply) => {
                self.write_lazy();
                let _ = reply.send(self.database.read(index::total).unwrap_or_default());
            }
            Question::Flush(reply) => {
                self.write_lazy();
                self.checkpoint();
                let _ = reply.send(());
            }
            Question::Settled(reply) => {
                let _ = reply.send(());
            }
        }
    }

    /// Writes the heads and uses that wait.
    fn write_lazy(&mut self) {
        self.lazy_until = None;
        let (heads, used) = {
            let mut pending = self.shared.pending();
            (pending.heads(), pending.take_used())
        };
        if heads.is_empty() && used.is_empty() {
            return;
        }
        let written = self.database.transact(|connection| {
            for (id, head) in &heads {
                index::update(connection, *id, head)?;
            }
            for (id, used) in &used {
                index::touch(connection, *id, *used)?;
            }
            Ok(())
        });
        let mut pending = self.shared.pending();
        match written {
            Ok(()) => pending.written(&heads),
            Err(_) => pending.not_written(),
        }
    }

    /// Brings the bodies to the disk, then the log into the index: what is in it for good has its bodies.
    fn checkpoint(&mut self) {
        self.bodies.sync();
        self.database.checkpoint();
    }
}
