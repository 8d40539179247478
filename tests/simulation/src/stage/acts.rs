//! What the app does: it makes tasks, acts on them, and lets go of them.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures::{FutureExt, StreamExt};
use urlsession_core::mock::MockPlatform;
use urlsession_core::{
    BodyBytes, BoxFuture, Bytes, DataTask, Error, ErrorCode, Request, RequestBody, Response,
    Runtime, Session, Task, TaskState,
};

use super::answers::panic_quietly;
use super::delegate::{Judge, stream};
use super::hand::{Hand, Held};
use super::log::{Log, number};
use super::server::{milliseconds, url};
use crate::script::{Act, Deed, Form, Priority, SessionDeed, TaskNumber, TaskPlan, Upload};
use crate::trace::{Body, Event, What};

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The app: its session and what it holds of its tasks. A clone is the same app.
#[derive(Clone)]
pub(super) struct App(Arc<Belongings>);

struct Belongings {
    log: Arc<Log>,
    mock: MockPlatform,
    state: Mutex<State>,
}

struct State {
    session: Option<Session>,
    slots: Vec<Slot>,
    /// The session takes no more tasks.
    is_finishing: bool,
    /// How many of the plan's actions are done.
    done: usize,
}

/// What the app holds of one task.
enum Slot {
    Nothing,
    Handle { task: DataTask, was_resumed: bool },
    Future(Arc<Hand>),
}

impl App {
    pub(super) fn new(session: Session, log: &Arc<Log>, mock: &MockPlatform) -> Self {
        let slots = log.plan().tasks.iter().map(|_| Slot::Nothing).collect();
        let state = State {
            session: Some(session),
            slots,
            is_finishing: false,
            done: 0,
        };
        Self(Arc::new(Belongings {
            log: log.clone(),
            mock: mock.clone(),
            state: Mutex::new(state),
        }))
    }

    /// Acts as planned, each thing at its time.
    pub(super) async fn act(&self) {
        while let Some(action) = self.next() {
            if action.after > 0 {
                self.0
                    .mock
                    .runtime()
                    .sleep(milliseconds(action.after))
                    .await;
            }
            self.advance();
            self.perform(action.act);
        }
    }

    /// Does at once what is still planned.
    pub(super) fn act_now(&self) {
        while let Some(action) = self.next() {
            self.advance();
            self.perform(action.act);
        }
    }

    fn next(&self) -> Option<crate::script::Action> {
        let done = self.state().done;
        self.0.log.plan().actions.get(done).copied()
    }

    fn advance(&self) {
        self.state().done += 1;
    }

    fn perform(&self, act: Act) {
        match act {
            Act::Make(task) => self.make(task),
            Act::Do(task, deed) => self.deed(task, deed),
            Act::DropHandle(task) => self.drop_handle(task),
            Act::DropFuture(task) => self.with_hand(task, Hand::let_go),
            Act::Leave(task) => self.with_hand(task, Hand::leave),
            Act::Return(task) => self.with_hand(task, Hand::come_back),
            Act::Await(task) => self.wait_for_end(task),
            Act::Session(deed) => self.session_deed(deed),
        }
    }

    fn wait_for_end(&self, number: TaskNumber) {
        let Some(task) = self.task(number) else {
            return;
        };
        let (log, end) = (self.0.log.clone(), task.finished());
        log.of_task(number, Event::Awaited);
        self.0.mock.runtime().spawn(Box::pin(async move {
            let end = end.await;
            log.of_task(number, Event::Finished(end.err().map(|error| error.code())));
        }));
    }

    fn make(&self, number: TaskNumber) {
        let Some(session) = self.state().session.clone() else {
            return;
        };
        if self.state().is_finishing {
            self.0.log.is_refused(number);
        }
        let plan = &self.0.log.plan().tasks[usize::from(number)];
        self.0.log.of_task(number, Event::Made);
        let slot = match plan.form {
            Form::Delegate | Form::Handler => self.make_task(&session, number, plan),
            Form::Data | Form::Bytes => self.make_future(&session, number, plan),
        };
        self.state().slots[usize::from(number)] = slot;
    }

    fn make_task(&self, session: &Session, number: TaskNumber, plan: &TaskPlan) -> Slot {
        let (log, request) = (self.0.log.clone(), request(number, plan));
        let task = match (plan.form, plan.has_delegate) {
            (Form::Handler, _) => session.data_task_with(request, move |outcome| {
                gave(&log, number, told(&outcome));
                if log.plan().tasks[usize::from(number)].panics {
                    panic_quietly();
                }
            }),
            (_, true) => session.data_task_with_delegate(request, Judge::of_task(&log, number)),
            (_, false) => session.data_task(request),
        };
        task.set_description(number.to_string());
        self.0.log.of_task(number, Event::Born(task.state()));
        Slot::Handle {
            task,
            was_resumed: false,
        }
    }

    fn make_future(&self, session: &Session, number: TaskNumber, plan: &TaskPlan) -> Slot {
        let (log, request) = (self.0.log.clone(), request(number, plan));
        let future = match (plan.form, plan.has_delegate) {
            (Form::Bytes, _) => {
                let appetite = milliseconds(plan.appetite);
                take_stream(log.clone(), number, session.bytes(request), appetite)
            }
            (_, true) => {
                let judge = Judge::of_task(&log, number);
                take_whole(
                    log.clone(),
                    number,
                    session.data_with_delegate(request, judge),
                )
            }
            (_, false) => take_whole(log.clone(), number, session.data(request)),
        };
        let hand = Hand::new(&log, number, future);
        log.holds(number, &hand);
        self.0.mock.runtime().spawn(Box::pin(Held::new(&hand)));
        Slot::Future(hand)
    }

    fn deed(&self, number: TaskNumber, deed: Deed) {
        if let Slot::Handle { was_resumed, .. } = &mut self.state().slots[usize::from(number)] {
            *was_resumed |= deed == Deed::Resume;
        }
        if let Some(task) = self.task(number) {
            do_to(&self.0.log, number, &task, deed);
        }
    }

    /// The task, as far as the app can get at it.
    fn task(&self, number: TaskNumber) -> Option<Task> {
        let state = self.state();
        match &state.slots[usize::from(number)] {
            Slot::Nothing => None,
            Slot::Handle { task, .. } => Some(Task::from(task.clone())),
            Slot::Future(_) => find(state.session.as_ref()?, number),
        }
    }

    /// Drops a handle, unless it is the last way to a suspended task.
    fn drop_handle(&self, number: TaskNumber) {
        let mut state = self.state();
        let slot = &mut state.slots[usize::from(number)];
        let goes = match slot {
            Slot::Handle { task, was_resumed } => {
                !*was_resumed || task.state() != TaskState::Suspended
            }
            Slot::Nothing | Slot::Future(_) => false,
        };
        if goes {
            let dropped = std::mem::replace(slot, Slot::Nothing);
            drop(state);
            self.0.log.of_task(number, Event::HandleDropped);
            drop(dropped);
        }
    }

    fn with_hand(&self, number: TaskNumber, act: fn(&Hand)) {
        let hand = match &self.state().slots[usize::from(number)] {
            Slot::Future(hand) => Some(hand.clone()),
            Slot::Nothing | Slot::Handle { .. } => None,
        };
        if let Some(hand) = hand {
            act(&hand);
        }
    }

    /// Does this to the session, as long as the app holds it, or to the world.
    pub(super) fn session_deed(&self, deed: SessionDeed) {
        let session = self.state().session.clone();
        if session.is_none() && !is_of_the_world(deed) {
            return;
        }
        self.0.log.note(What::Did(deed));
        self.state().is_finishing |=
            matches!(deed, SessionDeed::Finish | SessionDeed::InvalidateAndCancel);
        match (deed, session) {
            (SessionDeed::RuntimeEnds, session) => {
                drop(session);
                self.0.mock.runtime().shutdown();
            }
            (SessionDeed::WallClockJumps(years), _) => self.jump(years),
            (SessionDeed::Finish, Some(session)) => session.finish_tasks_and_invalidate(),
            (SessionDeed::InvalidateAndCancel, Some(session)) => session.invalidate_and_cancel(),
            (SessionDeed::Reset, Some(session)) => {
                let reset = session.reset().now_or_never();
                debug_assert!(reset.is_some(), "nothing is waited for");
            }
            (SessionDeed::DropHandle, session) => {
                let held = self.state().session.take();
                drop((held, session));
            }
            (SessionDeed::Finish | SessionDeed::InvalidateAndCancel | SessionDeed::Reset, None) => {
            }
        }
    }

    fn jump(&self, years: i8) {
        let runtime = self.0.mock.runtime();
        let (now, by) = (runtime.wall_clock(), YEAR * u32::from(years.unsigned_abs()));
        let then: Option<SystemTime> = if years < 0 {
            now.checked_sub(by)
        } else {
            now.checked_add(by)
        };
        runtime.set_wall_clock(then.unwrap_or(now));
    }

    /// Lets every task go on.
    pub(super) fn resume_all(&self) {
        for number in self.numbers() {
            self.with_hand(number, Hand::come_back);
            while self.is_suspended(number) {
                self.deed(number, Deed::Resume);
            }
        }
    }

    fn is_suspended(&self, number: TaskNumber) -> bool {
        self.task(number)
            .is_some_and(|task| task.state() == TaskState::Suspended)
    }

    /// Cancels whatever the app holds.
    pub(super) fn cancel_all(&self) {
        for number in self.numbers() {
            self.with_hand(number, Hand::let_go);
            self.deed(number, Deed::Cancel);
        }
    }

    /// Drops whatever the app holds.
    pub(super) fn drop_all(&self) {
        for number in self.numbers() {
            self.with_hand(number, Hand::let_go);
            self.drop_handle(number);
        }
        self.session_deed(SessionDeed::DropHandle);
    }

    fn numbers(&self) -> impl Iterator<Item = TaskNumber> + use<> {
        (0..).take(self.0.log.plan().tasks.len())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_of_the_world(deed: SessionDeed) -> bool {
    matches!(
        deed,
        SessionDeed::RuntimeEnds | SessionDeed::WallClockJumps(_)
    )
}

/// Does this to a task, and notes it.
pub(super) fn do_to(log: &Log, number: TaskNumber, task: &Task, deed: Deed) {
    log.of_task(number, Event::Did(deed));
    match deed {
        Deed::Resume => task.resume(),
        Deed::Suspend => task.suspend(),
        Deed::Cancel => task.cancel(),
        Deed::SetPriority(priority) => task.set_priority(match priority {
            Priority::High => Task::HIGH_PRIORITY,
            Priority::Default => Task::DEFAULT_PRIORITY,
            Priority::Low => Task::LOW_PRIORITY,
        }),
    }
    log.of_task(number, Event::State(deed, task.state()));
}

fn find(session: &Session, wanted: TaskNumber) -> Option<Task> {
    session
        .tasks()
        .into_iter()
        .find(|task| number(task) == wanted)
}

/// The GETs of first hops, by origin and task: parsed once for all schedules.
static FIRST_HOPS: LazyLock<Vec<Result<Request, Error>>> = LazyLock::new(|| {
    let places = [0, 1]
        .into_iter()
        .flat_map(|origin| (0..8).map(move |task| (origin, task)));
    places
        .map(|(origin, task)| Request::get(url(origin, task, 0)))
        .collect()
});

fn request(number: TaskNumber, plan: &TaskPlan) -> Result<Request, Error> {
    if plan.is_bad {
        return Request::get("http://:0");
    }
    let request = FIRST_HOPS[usize::from(plan.origin * 8 + number)].clone()?;
    let request = match plan.upload {
        Upload::Nothing => request,
        Upload::Bytes => post(&request)?.with_body("wxyz"),
        Upload::Stream => post(&request)?.with_body(RequestBody::Stream(stream())),
    };
    Ok(match plan.idle {
        Some(idle) => request.with_timeout_interval(milliseconds(idle)),
        None => request,
    })
}

fn post(request: &Request) -> Result<Request, Error> {
    Request::post(request.url())
}

type Whole = Result<(Bytes, Response), Error>;

fn told(outcome: &Whole) -> Result<Body, ErrorCode> {
    outcome
        .as_ref()
        .map(|(body, _)| Body::of(body))
        .map_err(Error::code)
}

/// Notes what handler or future gave.
fn gave(log: &Log, number: TaskNumber, outcome: Result<Body, ErrorCode>) {
    log.end_shows(number, outcome.err());
    log.of_task(number, Event::Gave(outcome));
}

/// Waits for the whole outcome.
fn take_whole(
    log: Arc<Log>,
    number: TaskNumber,
    future: BoxFuture<'static, Whole>,
) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let outcome = future.await;
        gave(&log, number, told(&outcome));
    })
}

/// Reads a stream to its end, with a pause after each piece.
fn take_stream(
    log: Arc<Log>,
    number: TaskNumber,
    future: BoxFuture<'static, Result<(BodyBytes, Response), Error>>,
    appetite: Duration,
) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let outcome = match future.await {
            Ok((stream, _)) => read(&log, number, stream, appetite).await,
            Err(error) => Err(error),
        };
        let outcome = outcome
            .map(|body| Body::of(&body))
            .map_err(|error| error.code());
        gave(&log, number, outcome);
    })
}

async fn read(
    log: &Log,
    number: TaskNumber,
    mut stream: BodyBytes,
    appetite: Duration,
) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    loop {
        log.of_task(number, Event::Yielded);
        if !appetite.is_zero() {
            log.runtime().sleep(appetite).await;
        }
        log.of_task(number, Event::Takes);
        match stream.next().await {
            Some(Ok(chunk)) => body.extend_from_slice(&chunk),
            Some(Err(error)) => return Err(error),
            None => return Ok(body),
        }
    }
}
