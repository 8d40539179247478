//! Where everything that is observed is noted.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use urlsession_core::mock::MockRuntime;
use urlsession_core::{Error, ErrorCode, ExpiredTimer, Observer, Runtime, Task, TaskEvent};

use super::hand::Hand;
use crate::script::{AnswerPlan, Schedule, TaskNumber};
use crate::trace::{Entry, Event, What};

/// The trace being written, and the schedule that is played.
pub(super) struct Log {
    runtime: MockRuntime,
    plan: Arc<Schedule>,
    entries: Mutex<Vec<Entry>>,
    /// Which tasks are known to have ended.
    ended: Vec<AtomicBool>,
    /// How many answers each task's delegates have given.
    answers: Vec<AtomicUsize>,
    /// How many requests the servers have answered, by task and hop.
    served: Mutex<BTreeMap<(TaskNumber, u8), usize>>,
    /// The futures in the app's hands.
    hands: Mutex<Vec<(TaskNumber, Weak<Hand>)>>,
}

impl Log {
    pub(super) fn new(runtime: &MockRuntime, plan: Arc<Schedule>) -> Self {
        Self {
            runtime: runtime.clone(),
            answers: plan.tasks.iter().map(|_| AtomicUsize::new(0)).collect(),
            served: Mutex::default(),
            ended: plan.tasks.iter().map(|_| AtomicBool::new(false)).collect(),
            hands: Mutex::default(),
            entries: Mutex::new(Vec::with_capacity(256)),
            plan,
        }
    }

    pub(super) fn note(&self, what: What) {
        let at = self.runtime.now().as_nanos() / 1_000_000;
        self.entries().push(Entry { at, what });
    }

    pub(super) fn of_task(&self, task: TaskNumber, event: Event) {
        self.note(What::Task(task, event));
    }

    pub(super) fn runtime(&self) -> &MockRuntime {
        &self.runtime
    }

    pub(super) fn plan(&self) -> &Schedule {
        &self.plan
    }

    /// What the next delegate to be called for this task does.
    pub(super) fn next_answer(&self, task: TaskNumber) -> AnswerPlan {
        let answers = &self.plan.tasks[usize::from(task)].answers;
        let next = self.answers[usize::from(task)].fetch_add(1, Ordering::Relaxed);
        answers[next % answers.len()]
    }

    /// The number of the request that a server is about to answer, from 0.
    pub(super) fn next_attempt(&self, place: (TaskNumber, u8)) -> usize {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        let count = served.entry(place).or_default();
        *count += 1;
        *count - 1
    }

    /// Notes each end of a task.
    pub(super) fn observer(self: Arc<Self>) -> impl Observer {
        Ends(self)
    }

    /// The session has refused the task: it ends without being told.
    pub(super) fn is_refused(&self, task: TaskNumber) {
        self.ended[usize::from(task)].store(true, Ordering::Relaxed);
    }

    /// Where nobody observes, notes the end of a task when it first shows.
    pub(super) fn end_shows(&self, task: TaskNumber, error: Option<ErrorCode>) {
        let is_first = !self.ended[usize::from(task)].swap(true, Ordering::Relaxed);
        if is_first && !self.plan.setup.is_observed {
            self.of_task(task, Event::Completed(error));
        }
    }

    /// The app has this task's future in its hands.
    pub(super) fn holds(&self, task: TaskNumber, hand: &Arc<Hand>) {
        self.hands().push((task, Arc::downgrade(hand)));
    }

    /// The app drops the task's future, if it has one, here and now.
    pub(super) fn drop_future(&self, task: TaskNumber) {
        let hand = self
            .hands()
            .iter()
            .find(|(number, _)| *number == task)
            .and_then(|(_, hand)| hand.upgrade());
        if let Some(hand) = hand {
            hand.let_go_now();
        }
    }

    fn hands(&self) -> MutexGuard<'_, Vec<(TaskNumber, Weak<Hand>)>> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut self.entries())
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sees each end of a task.
struct Ends(Arc<Log>);

impl Observer for Ends {
    fn observe(&self, task: &Task, event: TaskEvent<'_>) {
        let number = number(task);
        match event {
            TaskEvent::Metrics(_) => {
                let error = task.error();
                if let Some(timer) = error.as_ref().and_then(expired) {
                    self.0.of_task(number, Event::Expired(timer));
                }
                self.0
                    .of_task(number, Event::Ending(error.as_ref().map(Error::code)));
            }
            TaskEvent::Retrying { attempt, delay } => {
                self.0
                    .of_task(number, Event::Retrying(attempt.number, whole(delay)));
            }
            TaskEvent::Completed(error) => {
                let error = error.map(Error::code);
                self.0.of_task(number, Event::Completed(error));
            }
            _ => {}
        }
    }

    fn wants_metrics(&self) -> bool {
        true
    }
}

/// Milliseconds.
pub(super) fn whole(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The timer that ended a task with this error.
fn expired(error: &Error) -> Option<ExpiredTimer> {
    error.source()?.downcast_ref().copied()
}

/// A task's number in the schedule: the first part of its URL's path, or its description where it has no URL.
pub(super) fn number(task: &Task) -> TaskNumber {
    match task.original_request() {
        Some(request) => place(request.url().path()).0,
        None => task
            .description()
            .and_then(|text| text.parse().ok())
            .unwrap_or_default(),
    }
}

/// Task and hop of a path `/task/hop`.
pub(super) fn place(path: &str) -> (TaskNumber, u8) {
    let mut parts = path.split('/').skip(1);
    let mut number = || {
        parts
            .next()
            .and_then(|part| part.parse().ok())
            .unwrap_or_default()
    };
    (number(), number())
}
