//! What a schedule is: the session, the tasks, what the servers and the delegates do, and what the app does when.

mod draw;

use urlsession_core::{ErrorCode, Multiplexing, Wants};

/// All that a delegate can want where nobody observes: metrics come before an end that must show by then, and retries would not show.
pub(crate) const UNMEASURED: Wants = Wants::ALL.without(Wants::METRICS).without(Wants::RETRY);

/// A task's place among the schedule's.
pub type TaskNumber = u8;

/// One schedule, wholly given by its seed. Times are in milliseconds of the virtual clock.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Where it comes from, and the seed of the executor that plays it.
    pub seed: u64,
    /// The session.
    pub setup: Setup,
    /// The tasks, by number.
    pub tasks: Vec<TaskPlan>,
    /// What the app does, in order.
    pub actions: Vec<Action>,
    /// How it ends once nothing happens any more.
    pub ending: Ending,
}

/// The session's part of a schedule.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// `http_maximum_connections_per_host`.
    pub limit: usize,
    /// `timeout_interval_for_request`.
    pub idle: u64,
    /// `timeout_interval_for_resource`.
    pub resource: u64,
    /// Where callbacks run.
    pub queue: Queue,
    /// What the session's delegate wants; `None` without a delegate.
    pub delegate: Option<Wants>,
    /// The session's delegate panics as it is told of the end.
    pub panics: bool,
    /// Observers are told, and metrics collected.
    pub is_observed: bool,
    /// What is known of connections before the first.
    pub before: Multiplexing,
    /// What they turn out to carry.
    pub connected: Multiplexing,
    /// Failed exchanges are made again by this policy.
    pub retries: Option<Retries>,
}

/// A `RetryPolicy`, as far as it is drawn: the methods, statuses and errors are the default ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// `maximum_attempts`.
    pub attempts: u32,
    /// `base_delay`, in milliseconds: a multiple of `DELAY_PARTS`.
    pub delay: u64,
    /// `delay_multiplier`.
    pub multiplier: u32,
    /// `budget`.
    pub budget: u32,
    /// `successes_per_retry`.
    pub successes: u32,
}

/// A wait is so many of these parts of the longest one, so that it is whole milliseconds.
pub(crate) const DELAY_PARTS: u64 = 4;

/// `maximum_delay`, in milliseconds.
pub(crate) const LONGEST_DELAY: u64 = 60;

/// A kind of delegate queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// One callback at a time.
    Serial,
    /// One callback at a time per task.
    Concurrent,
    /// Each callback is a job of the app's executor.
    Executor,
}

/// One task's part of a schedule.
#[derive(Clone, Debug)]
pub struct TaskPlan {
    /// How it gives its outcome.
    pub form: Form,
    /// Where its first hop goes.
    pub origin: u8,
    /// What it is made of is no request.
    pub is_bad: bool,
    /// It has a delegate of its own.
    pub has_delegate: bool,
    /// Its own idle timeout, where it differs from the session's.
    pub idle: Option<u64>,
    /// What it sends.
    pub upload: Upload,
    /// What the server does at each hop; the last is repeated.
    pub hops: Vec<HopPlan>,
    /// What its delegates do, callback after callback, over and over.
    pub answers: Vec<AnswerPlan>,
    /// How long the reader of its stream takes over each chunk.
    pub appetite: u64,
    /// Its completion handler panics.
    pub panics: bool,
}

/// How a task gives its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// To delegates.
    Delegate,
    /// To a completion handler.
    Handler,
    /// To whoever polls `data`.
    Data,
    /// To whoever polls `bytes`.
    Bytes,
}

impl Form {
    /// True when a future of the app's drives the task.
    #[must_use]
    pub fn is_future(self) -> bool {
        matches!(self, Self::Data | Self::Bytes)
    }
}

/// What a task sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upload {
    /// A GET.
    Nothing,
    /// A POST of bytes in memory.
    Bytes,
    /// A POST of a stream that is read once.
    Stream,
}

/// What the server does with one hop.
#[derive(Clone, Debug)]
pub struct HopPlan {
    /// How long the connection takes; `None` when it is never made.
    pub connect: Option<u64>,
    /// How many interim responses it sends.
    pub interim: u8,
    /// How long it takes over the head.
    pub delay: u64,
    /// The head.
    pub head: HeadPlan,
    /// How it reads the request's body.
    pub reading: Reading,
    /// The response's body.
    pub body: Vec<BodyStep>,
    /// How the body is broken off, if it is.
    pub cut: Option<Cut>,
    /// What it does with the attempts before that one, in order.
    pub earlier: Vec<Self>,
}

/// The answer's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadPlan {
    /// A response of this status.
    Status(u16),
    /// A redirect of this status to the next hop, at this origin.
    Redirect(u16, u8),
    /// A redirect to a scheme that cannot be followed.
    Nowhere,
    /// The exchange fails.
    Error(ErrorCode),
    /// The connection fails.
    Unreachable(ErrorCode),
    /// No answer ever.
    Never,
}

/// How the server reads a request's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Whole, at once.
    All,
    /// Byte by byte, this long between two.
    Slowly(u64),
    /// Its first byte only.
    First,
    /// Not at all.
    Nothing,
}

/// A step of a response's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyStep {
    /// A chunk of so many bytes, each the number of the chunk.
    Chunk(u8),
    /// Nothing for so long.
    Wait(u64),
    /// Nothing any more.
    Stall,
}

/// How a response's body is broken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The connection is reset after so many bytes.
    Reset(u64),
    /// It ends before the announced length.
    Short,
    /// It fails at its end, its length unannounced.
    Fail(ErrorCode),
}

/// What a delegate does when it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerPlan {
    /// What it does first.
    pub deed: Option<Deed>,
    /// The task whose future it drops, if that one has a future.
    pub drops: Option<TaskNumber>,
    /// What it does as an answer that comes later is there.
    pub late: Option<Deed>,
    /// What it returns.
    pub how: How,
}

/// What a delegate returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// `Unhandled`.
    Unhandled,
    /// `Now`.
    Now(Choice),
    /// `Later`, after so long, with a choice or falling through.
    Later(u64, Option<Choice>),
    /// `Later`, and the future panics after so long.
    LaterPanic(u64),
    /// `Later`, never ready.
    Never,
    /// A panic.
    Panic,
}

/// What a delegate decides, where it decides anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Follow the redirect, go on with the response, send this stream; make a first attempt again after [`RETRY_DELAYS`], deliver
    /// the outcome of others.
    Go,
    /// Deliver the redirect, cancel, no stream; deliver the attempt's outcome.
    Refuse,
}

/// How long the app has an attempt wait, in milliseconds: tasks of even and of odd numbers.
pub const RETRY_DELAYS: [u64; 2] = [20, 0];

/// What the app does to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// `resume`.
    Resume,
    /// `suspend`.
    Suspend,
    /// `cancel`.
    Cancel,
    /// `set_priority`.
    SetPriority(Priority),
}

/// A task's priority, by class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Above one half.
    High,
    /// One half.
    Default,
    /// Below one half.
    Low,
}

/// Something that the app does, and how long after what it did before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// The pause before it.
    pub after: u64,
    /// What it is.
    pub act: Act,
}

/// Something that the app does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Makes the task; a future is polled from then on.
    Make(TaskNumber),
    /// Does this to the task.
    Do(TaskNumber, Deed),
    /// Drops the task's handle.
    DropHandle(TaskNumber),
    /// Drops the task's future or stream.
    DropFuture(TaskNumber),
    /// Polls the task's future no more.
    Leave(TaskNumber),
    /// Polls the task's future again.
    Return(TaskNumber),
    /// Waits for the task's end, where the app can get at the task.
    Await(TaskNumber),
    /// Does this to the session.
    Session(SessionDeed),
}

/// What happens to a session as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionDeed {
    /// `finish_tasks_and_invalidate`.
    Finish,
    /// `invalidate_and_cancel`.
    InvalidateAndCancel,
    /// The app drops its handle of the session.
    DropHandle,
    /// `reset`.
    Reset,
    /// The wall clock jumps by so many years.
    WallClockJumps(i8),
    /// The runtime ends.
    RuntimeEnds,
}

/// What the app does once nothing happens any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Lets every task go on to its end.
    ResumeAll,
    /// Invalidates the session and cancels.
    Invalidate,
    /// Drops whatever it holds.
    DropAll,
    /// The runtime ends.
    EndRuntime,
}

impl TaskPlan {
    /// What the server does at this hop.
    #[must_use]
    pub fn hop(&self, number: usize) -> &HopPlan {
        &self.hops[number.min(self.hops.len() - 1)]
    }
}

impl HopPlan {
    /// A server that answers at once, with this head and no body.
    #[must_use]
    pub fn answering(head: HeadPlan) -> Self {
        Self {
            connect: Some(0),
            interim: 0,
            delay: 0,
            head,
            reading: Reading::All,
            body: Vec::new(),
            cut: None,
            earlier: Vec::new(),
        }
    }

    /// What the server does with this attempt, from 0.
    #[must_use]
    pub fn attempt(&self, number: usize) -> &Self {
        self.earlier.get(number).unwrap_or(self)
    }

    /// How many bytes its body has, uncut.
    #[must_use]
    pub fn length(&self) -> u64 {
        let length = |step: &BodyStep| match step {
            BodyStep::Chunk(length) => u64::from(*length),
            BodyStep::Wait(_) | BodyStep::Stall => 0,
        };
        self.body.iter().map(length).sum()
    }

    /// The error with which it ends when it is taken whole.
    #[must_use]
    pub fn fault(&self) -> Option<ErrorCode> {
        match (self.head, self.cut) {
            (HeadPlan::Error(code) | HeadPlan::Unreachable(code), _)
            | (_, Some(Cut::Fail(code))) => Some(code),
            (_, Some(Cut::Reset(_) | Cut::Short)) => Some(ErrorCode::NetworkConnectionLost),
            (_, None) => None,
        }
    }
}
