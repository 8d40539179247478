//! What a task's handles, driver and books share.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;

#[cfg(feature = "cache")]
use crate::cache::session::SessionCache;
#[cfg(feature = "download")]
use crate::load::download::Download;
use crate::seams::collector::Meter;
use crate::seams::protocol::list::{Protocols, Route};
use crate::seams::signals::Signals;
#[cfg(feature = "upload")]
use crate::seams::upload::Upload;
use crate::session::ledger::{Acts, Ledger, TaskId};
use crate::session::shared::{SessionShared, lock};
use crate::session::turn::{Slot, Urgency};
use crate::task::completion::Outcome;
use crate::task::delegate::{Delegate, Wants};
use crate::task::handle::Task;
use crate::task::kind::TaskKind;
use crate::task::lifecycle::{Event, State};
use crate::task::observer::TaskEvent;
use crate::task::timers::Timers;
use crate::words::bounds::MaybeSend;
use crate::words::error::{Error, ErrorCode, SessionInvalidated};
use crate::words::guarded::guarded;
#[cfg(feature = "metrics")]
use crate::words::metrics::TaskMetrics;
use crate::words::request::Request;
use crate::words::response::Response;
use crate::words::target::Origin;

/// How a task gives its outcome.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// To delegates.
    Task(&'static Ways),
    /// To a completion handler.
    Handler(&'static Ways),
    /// To whoever polls its future.
    Future,
}

/// What only a task needs that no future of the caller's drives. It comes with the task: a program that makes none has none of it linked.
pub(crate) struct Ways {
    /// Spawns the driver.
    pub(crate) launch: fn(Arc<TaskShared>),
    /// Ends the task with what its driver found, in the delegate queue.
    pub(crate) complete: fn(&Arc<TaskShared>, Outcome) -> Outcome,
    /// Tells the handler why its task was refused.
    pub(crate) refuse: fn(&TaskShared, Error),
}

/// Takes the outcome of a task, once.
pub(crate) type Handler = Box<dyn TakeOutcome>;

/// See [`Handler`].
pub(crate) trait TakeOutcome: MaybeSend {
    fn take(self: Box<Self>, outcome: Result<(Bytes, Response), Error>);
}

impl<F: FnOnce(Result<(Bytes, Response), Error>) + MaybeSend> TakeOutcome for F {
    fn take(self: Box<Self>, outcome: Result<(Bytes, Response), Error>) {
        self(outcome);
    }
}

/// How a task is made, beside its request.
pub(crate) struct Plan {
    pub(crate) form: Form,
    pub(crate) kind: TaskKind,
    pub(crate) delegate: Option<Arc<dyn Delegate>>,
    pub(crate) handler: Option<Handler>,
    #[cfg(feature = "download")]
    pub(crate) transfer: Option<Transfer>,
    /// What an upload task has beside.
    #[cfg(feature = "upload")]
    pub(crate) upload: Option<Box<Upload>>,
}

/// What only tasks have that are more than a request and its answer.
#[cfg(feature = "download")]
pub(crate) enum Transfer {
    /// To a file.
    Download(Arc<Download>),
}

/// One task.
pub(crate) struct TaskShared {
    session: Arc<SessionShared>,
    id: TaskId,
    form: Form,
    /// A [`TaskKind`]: that of a data task may change, once.
    kind: AtomicU8,
    /// Which calls somebody wants.
    wants: Wants,
    /// Only ever changed with the session's books open: see [`TaskShared::step`].
    state: AtomicU8,
    resting: AtomicBool,
    begun: AtomicBool,
    has_waited_for_connectivity: AtomicBool,
    slot: AtomicU32,
    handles: AtomicUsize,
    signals: Arc<Signals>,
    request: Result<Request, Error>,
    /// Who serves the request.
    route: Route,
    delegate: Mutex<Option<Arc<dyn Delegate>>>,
    handler: Mutex<Option<Handler>>,
    facts: Mutex<Facts>,
    #[cfg(feature = "progress")]
    progress: crate::task::progress::Slot,
}

/// What is known of a task.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) current_request: Option<Request>,
    pub(crate) response: Option<Response>,
    pub(crate) error: Option<Error>,
    pub(crate) expected_to_receive: Expected,
    pub(crate) is_decoded: bool,
    pub(crate) expected_to_send: Expected,
    pub(crate) priority: Option<f32>,
    extras: Option<Box<Extras>>,
}

/// What few tasks have: the many that are queued make no room for it.
#[derive(Default)]
pub(crate) struct Extras {
    pub(crate) description: Option<Box<str>>,
    /// What came after the answer's body.
    pub(crate) trailers: Option<HeaderMap>,
    #[cfg(feature = "metrics")]
    pub(crate) metrics: Option<Arc<TaskMetrics>>,
    #[cfg(feature = "download")]
    pub(crate) transfer: Option<Transfer>,
    #[cfg(feature = "upload")]
    pub(crate) upload: Option<Box<Upload>>,
    /// Who waits for the end; told once the app has had its completion.
    waiting: Vec<Waker>,
}

impl Facts {
    /// How much of the body was sent before the hop that begins with `expected` bytes of it, and how long the whole is.
    pub(crate) fn sent_before(&self, expected: Option<u64>) -> (u64, Option<u64>) {
        #[cfg(feature = "upload")]
        if let Some(extras) = &self.extras
            && let Some(upload) = &extras.upload
            && upload.before > 0
        {
            let sum = expected.map(|expected| upload.before + expected);
            return (upload.before, upload.length.or(sum));
        }
        (0, expected)
    }

    pub(crate) fn extras(&self) -> Option<&Extras> {
        self.extras.as_deref()
    }

    pub(crate) fn extras_mut(&mut self) -> &mut Extras {
        self.extras.get_or_insert_default()
    }
}

/// A length that may be unknown, in the bytes of one that is not: every queued task has two.
#[derive(Clone, Copy)]
pub(crate) struct Expected(u64);

impl Expected {
    pub(crate) fn get(self) -> Option<u64> {
        (self.0 != u64::MAX).then_some(self.0)
    }
}

impl Default for Expected {
    fn default() -> Self {
        None.into()
    }
}

impl From<Option<u64>> for Expected {
    fn from(length: Option<u64>) -> Self {
        Self(length.unwrap_or(u64::MAX))
    }
}

/// Without transfers there is nothing to let go of.
#[cfg(not(feature = "download"))]
impl TaskShared {
    pub(crate) fn abandon_transfer(&self) {}

    pub(crate) fn note_suspension(&self) {}
}

/// Without the feature `progress` nobody can ask for any.
#[cfg(not(feature = "progress"))]
impl TaskShared {
    pub(crate) fn progressed(&self) {}

    pub(crate) fn has_progress(&self) -> bool {
        false
    }

    pub(crate) fn progress_paused(&self) {}

    pub(crate) fn end_progress(&self) {}
}

impl TaskShared {
    pub(crate) fn new(
        session: Arc<SessionShared>,
        id: TaskId,
        request: Result<Request, Error>,
        plan: Plan,
    ) -> Self {
        let Plan {
            form,
            kind,
            delegate,
            handler,
            #[cfg(feature = "download")]
            transfer,
            #[cfg(feature = "upload")]
            upload,
        } = plan;
        let own = delegate
            .as_ref()
            .map_or(Wants::NONE, |delegate| delegate.wants());
        let sessions = session
            .delegate()
            .map_or(Wants::NONE, |delegate| delegate.wants());
        let wants = own | sessions.without(Self::hidden(form));
        let listens = wants.contains(Wants::INFORMATIONAL);
        #[cfg(feature = "upload")]
        let listens = listens || upload.as_ref().is_some_and(|upload| upload.draft.is_some());
        let meter = meter(&session, wants);
        let (request, route) = routed(&session.protocols, request);
        #[cfg_attr(
            not(any(feature = "download", feature = "upload")),
            expect(unused_mut, reason = "nothing to add")
        )]
        let mut facts = Facts::default();
        #[cfg(feature = "download")]
        if transfer.is_some() {
            facts.extras_mut().transfer = transfer;
        }
        #[cfg(feature = "upload")]
        if upload.is_some() {
            facts.extras_mut().upload = upload;
        }
        Self {
            wants,
            signals: Arc::new(Signals::new(session.clock.clone(), listens).measuring(meter)),
            session,
            id,
            form,
            kind: AtomicU8::new(kind as u8),
            state: AtomicU8::new(State::Born as u8),
            resting: AtomicBool::new(false),
            begun: AtomicBool::new(false),
            has_waited_for_connectivity: AtomicBool::new(false),
            slot: AtomicU32::new(0),
            handles: AtomicUsize::new(0),
            request,
            route,
            delegate: Mutex::new(delegate),
            handler: Mutex::new(handler),
            facts: Mutex::new(facts),
            #[cfg(feature = "progress")]
            progress: crate::task::progress::Slot::new(),
        }
    }

    /// What the session's delegate does not see of a task of this form: handler or future have it instead.
    const fn hidden(form: Form) -> Wants {
        match form {
            Form::Task(_) => Wants::NONE,
            Form::Handler(_) | Form::Future => Wants::OF_OUTCOMES,
        }
    }

    pub(crate) fn id(&self) -> TaskId {
        self.id
    }

    pub(crate) fn session(&self) -> &Arc<SessionShared> {
        &self.session
    }

    pub(crate) fn signals(&self) -> &Arc<Signals> {
        &self.signals
    }

    /// The request, as the app gave it.
    pub(crate) fn request(&self) -> Option<&Request> {
        self.request.as_ref().ok()
    }

    /// Who serves the request that the task was made of.
    pub(crate) fn route(&self) -> Route {
        self.route
    }

    /// Where the task needs its first place, if anywhere.
    pub(crate) fn first_origin(&self) -> Option<&Arc<Origin>> {
        self.route.origin(self.request()?)
    }

    /// The session's cache, unless the task is none of its business: as Apple's, it neither answers nor keeps downloads.
    #[cfg(feature = "cache")]
    pub(crate) fn cache(&self) -> Option<&Arc<SessionCache>> {
        let cache = self.session.cache.as_ref();
        cache.filter(|_| self.kind() != TaskKind::Download)
    }

    /// True when the session's cache answers without the network, as far as can be seen at once: no place is needed.
    #[cfg(feature = "cache")]
    pub(crate) fn is_answered_at_once(&self) -> bool {
        let Some(cache) = self.cache() else {
            return false;
        };
        self.route == Route::Transport
            && self
                .request()
                .is_some_and(|request| cache.answers_at_once(request))
    }

    /// The request to begin with, or why there is none.
    pub(crate) fn first_request(&self) -> Result<Request, Error> {
        self.request.clone()
    }

    /// True when a future of the caller's drives this task.
    pub(crate) fn is_callers_future(&self) -> bool {
        matches!(self.form, Form::Future)
    }

    /// True when only a future of the caller's learns how it ends.
    pub(crate) fn is_unwatched(&self) -> bool {
        self.is_callers_future()
            && !self.wants(Wants::COMPLETION)
            && !self.signals.wants_metrics()
            && !self.is_observed()
    }

    fn is_observed(&self) -> bool {
        cfg!(feature = "delegate") && !self.session.observers.is_empty()
    }

    pub(crate) fn form(&self) -> Form {
        self.form
    }

    pub(crate) fn ways(&self) -> Option<&'static Ways> {
        match self.form {
            Form::Task(ways) | Form::Handler(ways) => Some(ways),
            Form::Future => None,
        }
    }

    pub(crate) fn kind(&self) -> TaskKind {
        TaskKind::from_number(self.kind.load(Ordering::Acquire))
    }

    /// A data task becomes one of another kind.
    #[cfg(feature = "download")]
    pub(crate) fn become_kind(&self, kind: TaskKind) {
        self.kind.store(kind as u8, Ordering::Release);
    }

    pub(crate) fn wants(&self, call: Wants) -> bool {
        cfg!(feature = "delegate") && self.wants.contains(call)
    }

    /// Works on what is known of the upload, where the task is one.
    #[cfg(feature = "upload")]
    pub(crate) fn upload<R>(&self, work: impl FnOnce(&mut Upload) -> R) -> Option<R> {
        if self.kind() != TaskKind::Upload {
            return None;
        }
        let mut facts = self.facts();
        let upload = facts.extras.as_mut()?.upload.as_mut()?;
        Some(work(upload))
    }

    pub(crate) fn facts(&self) -> MutexGuard<'_, Facts> {
        lock(&self.facts)
    }

    #[cfg(feature = "progress")]
    pub(crate) fn progress_slot(&self) -> &crate::task::progress::Slot {
        &self.progress
    }

    pub(crate) fn take_handler(&self) -> Option<Handler> {
        lock(&self.handler).take()
    }

    pub(crate) fn audience(&self, call: Wants) -> Audience {
        if !self.wants(call) {
            return Audience::default();
        }
        let listens = |delegate: &Arc<dyn Delegate>| delegate.wants().contains(call);
        let own = lock(&self.delegate).clone().filter(listens);
        let hidden = Self::hidden(self.form).contains(call);
        let sessions = if hidden {
            None
        } else {
            self.session.delegate().filter(listens)
        };
        Audience([own, sessions])
    }

    /// Strikes the task off the books, and tells those who wait for its end.
    pub(crate) fn retire(&self) {
        self.in_ledger(Ledger::retire);
        self.end_progress();
        self.tell_waiting();
    }

    pub(crate) fn tell_waiting(&self) {
        let waiting = self
            .facts()
            .extras
            .as_mut()
            .map(|extras| std::mem::take(&mut extras.waiting));
        waiting.into_iter().flatten().for_each(Waker::wake);
    }

    /// Ready when the task is off the books.
    pub(crate) fn poll_ended(&self, waker: &Waker) -> Poll<Result<(), Error>> {
        let mut facts = self.facts();
        if self.session.ledger().has(self) {
            let waiting = &mut facts.extras_mut().waiting;
            if !waiting.iter().any(|known| known.will_wake(waker)) {
                waiting.push(waker.clone());
            }
            return Poll::Pending;
        }
        Poll::Ready(facts.error.clone().map_or(Ok(()), Err))
    }

    /// Lets go of the task's delegate: its last call was made.
    pub(crate) fn release_delegate(&self) {
        let _released = lock(&self.delegate).take();
    }

    pub(crate) fn internal_state(&self) -> State {
        State::from_number(self.state.load(Ordering::Acquire))
    }

    /// Moves the lifecycle on. The caller has the session's books open: that is what makes it one step with the queues.
    pub(crate) fn step(&self, event: Event) -> crate::task::lifecycle::Effect {
        let (state, effect) = self.internal_state().on(event);
        self.state.store(state as u8, Ordering::Release);
        effect
    }

    /// True once its load was polled: until then nothing of it can be on the wire.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    pub(crate) fn set_begun(&self) {
        self.begun.store(true, Ordering::Release);
    }

    pub(crate) fn is_resting(&self) -> bool {
        self.resting.load(Ordering::Acquire)
    }

    pub(crate) fn set_resting(&self, resting: bool) {
        self.resting.store(resting, Ordering::Release);
    }

    /// Notes that the task waits for a network; true for the first time.
    pub(crate) fn begin_to_wait_for_connectivity(&self) -> bool {
        !self
            .has_waited_for_connectivity
            .swap(true, Ordering::Relaxed)
    }

    /// The timers, both stopped.
    pub(crate) fn timers(&self) -> Timers {
        let configuration = &self.session.configuration;
        let own = self.request().and_then(Request::timeout_interval);
        Timers::new(
            own.unwrap_or(configuration.timeout_interval_for_request),
            configuration.timeout_interval_for_resource,
        )
    }

    /// The session takes no more tasks: this one is complete, with an error, before it began.
    pub(crate) fn refuse(self: &Arc<Self>) {
        let mut error = Error::new(ErrorCode::Cancelled).with_cause(SessionInvalidated);
        if let Some(request) = self.request() {
            error = error.with_place(request.place());
        }
        self.facts().error = Some(error.clone());
        self.state.store(State::Completed as u8, Ordering::Release);
        self.release_delegate();
        if let Some(ways) = self.ways() {
            (ways.refuse)(self, error);
        }
    }

    /// Works on the session's books.
    pub(crate) fn in_ledger<R>(&self, work: impl FnOnce(&mut Ledger, &Self, &mut Acts) -> R) -> R {
        self.session
            .with_ledger(|ledger, acts| work(ledger, self, acts))
    }

    /// The request under way: after redirects, the last one.
    pub(crate) fn current_request(&self) -> Option<Request> {
        let current = self.facts().current_request.clone();
        current.or_else(|| self.request().cloned())
    }

    /// Where the books have it.
    pub(crate) fn slot(&self) -> Slot {
        self.slot.load(Ordering::Relaxed)
    }

    pub(crate) fn set_slot(&self, slot: Slot) {
        self.slot.store(slot, Ordering::Relaxed);
    }

    pub(crate) fn set_priority(&self, priority: f32) {
        let priority = if priority.is_nan() {
            0.5
        } else {
            priority.clamp(0.0, 1.0)
        };
        self.facts().priority = Some(priority);
        self.in_ledger(|ledger, task, _| ledger.set_urgency(task, Urgency::from(priority)));
    }

    /// Tells those who watch.
    pub(crate) fn tell_observers(self: &Arc<Self>, event: TaskEvent<'_>) {
        if !self.is_observed() {
            return;
        }
        let task = Task::of(self.clone());
        for observer in &self.session.observers {
            let _ = guarded(|| observer.observe(&task, event));
        }
    }

    pub(crate) fn handle_made(&self) {
        self.handles.fetch_add(1, Ordering::Relaxed);
    }

    /// A task that nobody can resume any more is cancelled.
    pub(crate) fn handle_dropped(&self) {
        if self.handles.fetch_sub(1, Ordering::AcqRel) == 1 && !self.is_callers_future() {
            self.in_ledger(Ledger::abandon);
        }
    }
}

/// Who is asked, in turn: the task's own delegate, then the session's.
#[derive(Default)]
pub(crate) struct Audience([Option<Arc<dyn Delegate>>; 2]);

impl Iterator for Audience {
    type Item = Arc<dyn Delegate>;

    fn next(&mut self) -> Option<Arc<dyn Delegate>> {
        self.0.iter_mut().find_map(Option::take)
    }
}

/// What gathers a task's metrics, where somebody wants them.
#[cfg(feature = "metrics")]
fn meter(session: &SessionShared, wants: Wants) -> Meter {
    let mut meter = Meter::none();
    if wants.contains(Wants::METRICS) || session.observes_metrics {
        meter.begin(session.clock.now(), session.runtime().wall_clock());
    }
    meter
}

#[cfg(not(feature = "metrics"))]
fn meter(_: &SessionShared, _: Wants) -> Meter {
    Meter::none()
}

/// The request and who serves it; without one, or when a protocol panicked at it, the reason.
fn routed(
    protocols: &Protocols,
    request: Result<Request, Error>,
) -> (Result<Request, Error>, Route) {
    let found = request.and_then(|request| {
        let route = protocols.route(&request);
        Ok((
            route.map_err(|error| error.with_place(request.place()))?,
            request,
        ))
    });
    match found {
        Ok((route, request)) => (Ok(request), route),
        Err(error) => (Err(error), Route::Nowhere),
    }
}
