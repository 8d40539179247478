//! Tasks that are woken wait in one list; which of them runs next is a matter of the seed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Context;

use futures::task::{ArcWake, waker_ref};

use super::chance::Chance;
use crate::words::bounds::BoxFuture;

pub(super) struct Executor {
    ready: Arc<Ready>,
    tasks: Mutex<Tasks>,
    order: Chance,
    polls: AtomicU64,
    is_running: AtomicBool,
}

#[derive(Default)]
struct Tasks {
    places: Vec<Option<Task>>,
    free: Vec<usize>,
    next_number: u64,
    living: usize,
    has_ended: bool,
}

struct Task {
    number: u64,
    future: BoxFuture<'static, ()>,
}

/// The tasks that were woken and not polled since.
#[derive(Default)]
struct Ready(Mutex<Vec<Arc<Wakeup>>>);

impl Ready {
    fn list(&self) -> MutexGuard<'_, Vec<Arc<Wakeup>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes one task.
pub(super) struct Wakeup {
    place: usize,
    number: u64,
    is_queued: AtomicBool,
    /// Not a share of it: it holds those that are queued.
    ready: Weak<Ready>,
}

impl ArcWake for Wakeup {
    fn wake_by_ref(this: &Arc<Self>) {
        if !this.is_queued.swap(true, Ordering::AcqRel)
            && let Some(ready) = this.ready.upgrade()
        {
            ready.list().push(this.clone());
        }
    }
}

/// While it lives the executor runs, and nobody else may run it.
pub(super) struct Running<'a>(&'a Executor);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.is_running.store(false, Ordering::Release);
    }
}

impl Executor {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            ready: Arc::default(),
            tasks: Mutex::default(),
            order: Chance::new(seed),
            polls: AtomicU64::new(0),
            is_running: AtomicBool::new(false),
        }
    }

    pub(super) fn spawn(&self, future: BoxFuture<'static, ()>) {
        let mut tasks = self.tasks();
        if tasks.has_ended {
            drop(tasks);
            return drop(future);
        }
        let (place, number) = tasks.insert(future);
        drop(tasks);
        self.ready.list().push(self.wakeup(place, number));
    }

    /// A wake-up for a future that its caller polls, queued for its first poll.
    pub(super) fn wakeup_of_caller(&self) -> Arc<Wakeup> {
        let wakeup = self.wakeup(usize::MAX, u64::MAX);
        self.ready.list().push(wakeup.clone());
        wakeup
    }

    fn wakeup(&self, place: usize, number: u64) -> Arc<Wakeup> {
        let (is_queued, ready) = (AtomicBool::new(true), Arc::downgrade(&self.ready));
        Arc::new(Wakeup {
            place,
            number,
            is_queued,
            ready,
        })
    }

    pub(super) fn run(&self) -> Running<'_> {
        let was_running = self.is_running.swap(true, Ordering::AcqRel);
        assert!(
            !was_running,
            "the mock runtime is running already: its own tasks cannot run it"
        );
        Running(self)
    }

    /// Takes one of the woken tasks.
    pub(super) fn take_ready(&self) -> Option<Arc<Wakeup>> {
        let mut ready = self.ready.list();
        let chosen = match ready.len() {
            0 => return None,
            1 => 0,
            several => self.order.below(several),
        };
        let woken = ready.swap_remove(chosen);
        woken.is_queued.store(false, Ordering::Release);
        Some(woken)
    }

    /// Polls the task that was woken, unless it is gone.
    pub(super) fn poll(&self, woken: &Arc<Wakeup>) {
        let Some(mut task) = self.tasks().take(woken) else {
            return;
        };
        self.polls.fetch_add(1, Ordering::Relaxed);
        let waker = waker_ref(woken);
        let is_pending = task
            .future
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending();
        let mut tasks = self.tasks();
        if is_pending && !tasks.has_ended {
            tasks.places[woken.place] = Some(task);
        } else {
            tasks.free.push(woken.place);
            tasks.living -= 1;
            drop(tasks);
            drop(task);
        }
    }

    /// Drops every task, in the order of their places, and from now on every new one at once.
    pub(super) fn shut_down(&self) {
        self.tasks().has_ended = true;
        for place in 0.. {
            let Some(task) = self.tasks().clear(place) else {
                return;
            };
            drop(task);
        }
    }

    pub(super) fn living(&self) -> usize {
        self.tasks().living
    }

    pub(super) fn polls(&self) -> u64 {
        self.polls.load(Ordering::Relaxed)
    }

    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tasks {
    fn insert(&mut self, future: BoxFuture<'static, ()>) -> (usize, u64) {
        let number = self.next_number;
        self.next_number += 1;
        self.living += 1;
        let task = Some(Task { number, future });
        let place = match self.free.pop() {
            Some(place) => {
                self.places[place] = task;
                place
            }
            None => {
                self.places.push(task);
                self.places.len() - 1
            }
        };
        (place, number)
    }

    /// The task that this wake-up is of; a wake-up may outlive its task.
    fn take(&mut self, woken: &Wakeup) -> Option<Task> {
        let place = self.places.get_mut(woken.place)?;
        place.take_if(|task| task.number == woken.number)
    }

    /// What stood at `place`; `None` past the last one.
    fn clear(&mut self, place: usize) -> Option<Option<Task>> {
        let task = self.places.get_mut(place)?.take();
        if task.is_some() {
            self.free.push(place);
            self.living -= 1;
        }
        Some(task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn what_is_queued_does_not_keep_the_queue() {
        let executor = Executor::new(0);
        let ready = Arc::downgrade(&executor.ready);
        executor.spawn(Box::pin(async {}));
        drop(executor);
        assert_eq!(ready.strong_count(), 0);
    }
}
