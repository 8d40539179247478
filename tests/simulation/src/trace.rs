//! What was observed of a schedule: a list of plain events.

use std::fmt;

use urlsession_core::mock::Sight;
use urlsession_core::{ErrorCode, ExpiredTimer, TaskState};

use crate::script::{Choice, Deed, SessionDeed, TaskNumber};

/// Something that was observed, and when: milliseconds of the virtual clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: u64,
    /// What.
    pub what: What,
}

/// Something that was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Of a task.
    Task(TaskNumber, Event),
    /// The app did this to the session, or its world.
    Did(SessionDeed),
    /// The session's delegate was told that the session is over.
    BecameInvalid,
    /// The session let go of its delegate.
    DelegateReleased,
    /// The app's executor begins a job of the delegate queue.
    JobBegan,
    /// It has done the job.
    JobEnded,
    /// Nothing can happen any more unless the app does something.
    Quiet,
    /// All was let go of, and this is left.
    Over(Leftovers),
}

/// Something that was observed of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The app makes it.
    Made,
    /// What its state is once it is made.
    Born(TaskState),
    /// The app does this to it.
    Did(Deed),
    /// What its state is right after.
    State(Deed, TaskState),
    /// The app drops its only handle.
    HandleDropped,
    /// The caller polls its future, for the first time or again after having left it.
    Polled,
    /// The caller asks its stream for the next chunk.
    Takes,
    /// The caller polls its future no more.
    Left,
    /// Its future, left unpolled, was woken.
    Woken,
    /// The caller drops its future.
    FutureDropped,
    /// The caller has got the stream's head or a chunk.
    Yielded,
    /// A delegate is called, and the task's state as it sees it.
    Called(Who, Callback, TaskState),
    /// The delegate has returned.
    Returned(Who, Callback, Returned),
    /// The answer's future, polled for the first time, is not ready.
    Waits,
    /// The answer's future is ready: with a choice, or falling through.
    Answered(Option<Choice>),
    /// The answer's future panics.
    AnswerPanicked,
    /// The answer's future is dropped unanswered.
    AnswerDropped,
    /// The observers are about to see that this timer has ended it.
    Expired(ExpiredTimer),
    /// The observers see its metrics: its outcome is decided.
    Ending(Option<ErrorCode>),
    /// The observers are told that it has ended.
    Completed(Option<ErrorCode>),
    /// The handler is called, or the future or stream has ended.
    Gave(Result<Body, ErrorCode>),
    /// The observers see that an attempt, of this number, is made again after so many milliseconds.
    Retrying(u32, u64),
    /// Its own delegate was let go of.
    DelegateReleased,
    /// Somebody waits for its end.
    Awaited,
    /// Whoever waits for its end is told.
    Finished(Option<ErrorCode>),
    /// The server saw this, at this hop.
    Server(u8, Sight),
}

/// Whose delegate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// The task's own.
    Own,
    /// The session's.
    Sessions,
}

/// A method of the delegate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callback {
    /// `will_perform_http_redirection`.
    Redirection,
    /// `will_retry`.
    Retry(Failed),
    /// `need_new_body_stream`.
    BodyStream,
    /// `did_send_body_data`: so many bytes in all.
    Sent(u64),
    /// `did_receive_informational_response`.
    Informational,
    /// `did_receive_response`, of this status.
    Response(u16),
    /// `did_receive_data`.
    Data(Body),
    /// `did_finish_collecting_metrics`.
    Metrics,
    /// `did_complete`.
    Complete(Option<ErrorCode>),
}

/// An attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Which one, from 1.
    pub number: u32,
    /// The status of its response, or why there is none.
    pub outcome: Result<u16, ErrorCode>,
    /// After how many milliseconds the policy would make it again.
    pub proposed: Option<u64>,
}

/// Bytes of a body. Each byte is the number of its chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Body {
    /// How many.
    pub length: u64,
    /// The first byte.
    pub first: u8,
    /// True when no byte is out of order.
    pub is_ordered: bool,
}

impl Body {
    /// What there is to say of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            length: bytes.len() as u64,
            first: bytes.first().copied().unwrap_or_default(),
            is_ordered: bytes
                .windows(2)
                .all(|two| two[1] == two[0] || two[1] == two[0] + 1),
        }
    }
}

/// What a delegate returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// `Unhandled`.
    Unhandled,
    /// `Now`.
    Now(Choice),
    /// `Later`.
    Later,
    /// It panicked.
    Panicked,
}

/// What is left when all was let go of. Nothing should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Spawned futures that have not ended.
    pub spawned: usize,
    /// Timers.
    pub timers: usize,
    /// Exchanges under way.
    pub exchanges: usize,
    /// Sessions that are still in memory.
    pub sessions: usize,
}

/// What a schedule left behind: shown when a rule is broken.
pub(crate) struct Shown<'a>(pub(crate) &'a [Entry]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, entry) in self.0.iter().enumerate() {
            match entry.what {
                What::Task(task, event) => {
                    writeln!(f, "{number:4} {:6} ms  task {task}  {event:?}", entry.at)?;
                }
                what @ (What::Did(_)
                | What::BecameInvalid
                | What::DelegateReleased
                | What::JobBegan
                | What::JobEnded
                | What::Quiet
                | What::Over(_)) => writeln!(f, "{number:4} {:6} ms  {what:?}", entry.at)?,
            }
        }
        Ok(())
    }
}
