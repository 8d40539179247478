//! Time that stands until it is moved.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use crate::words::time::Moment;

/// 1 January 2001, 0:00 UTC: where the wall clock starts.
const REFERENCE_DATE: Duration = Duration::from_secs(978_307_200);

pub(super) struct Clock {
    now: AtomicU64,
    wall: Mutex<Wall>,
    timers: Mutex<Timers>,
}

/// The wall clock showed `time` when the monotonic clock showed `at`.
struct Wall {
    time: SystemTime,
    at: Moment,
}

/// Sleeps in the order in which they are due. What is dropped stays in the heap until it comes up or outnumbers the living.
#[derive(Default)]
struct Timers {
    due: BinaryHeap<Reverse<(Moment, u64, usize)>>,
    places: Vec<Armed>,
    free: Vec<usize>,
    next_number: u64,
}

/// The place of one sleep, which owns it until it is dropped.
struct Armed {
    number: u64,
    waker: Option<Waker>,
}

impl crate::Clock for Clock {
    fn now(&self) -> Moment {
        self.now()
    }
}

impl Clock {
    pub(super) fn new() -> Self {
        let time = SystemTime::UNIX_EPOCH + REFERENCE_DATE;
        Self {
            now: AtomicU64::new(0),
            wall: Mutex::new(Wall {
                time,
                at: Moment::default(),
            }),
            timers: Mutex::default(),
        }
    }

    pub(super) fn now(&self) -> Moment {
        Moment::from_nanos(self.now.load(Ordering::Relaxed))
    }

    pub(super) fn wall_clock(&self) -> SystemTime {
        let wall = self.wall.lock().unwrap_or_else(PoisonError::into_inner);
        wall.time
            .checked_add(self.now() - wall.at)
            .unwrap_or(wall.time)
    }

    pub(super) fn set_wall_clock(&self, time: SystemTime) {
        *self.wall.lock().unwrap_or_else(PoisonError::into_inner) = Wall {
            time,
            at: self.now(),
        };
    }

    pub(super) fn sleep_until(self: &Arc<Self>, until: Moment) -> Sleep {
        Sleep {
            clock: self.clone(),
            until,
            place: None,
        }
    }

    pub(super) fn sleep(self: &Arc<Self>, duration: Duration) -> Sleep {
        self.sleep_until(self.now() + duration)
    }

    /// When the next sleep is due.
    pub(super) fn next_due(&self) -> Option<Moment> {
        self.timers().next_due()
    }

    /// Moves on to `moment`, and wakes whoever sleeps until then.
    pub(super) fn move_to(&self, moment: Moment) {
        self.now.fetch_max(moment.as_nanos(), Ordering::Relaxed);
        while let Some(waker) = self.take_due(moment) {
            waker.wake();
        }
    }

    /// How many sleeps somebody waits for.
    pub(super) fn sleeping(&self) -> usize {
        let timers = self.timers();
        timers
            .places
            .iter()
            .filter(|place| place.waker.is_some())
            .count()
    }

    fn take_due(&self, moment: Moment) -> Option<Waker> {
        let mut timers = self.timers();
        timers.next_due().filter(|due| *due <= moment)?;
        let Reverse((_, _, place)) = timers.due.pop()?;
        timers.places[place].waker.take()
    }

    fn timers(&self) -> MutexGuard<'_, Timers> {
        self.timers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Timers {
    fn next_due(&mut self) -> Option<Moment> {
        while let Some(Reverse((moment, number, place))) = self.due.peek() {
            if self.is_living(*number, *place) {
                return Some(*moment);
            }
            self.due.pop();
        }
        None
    }

    fn is_living(&self, number: u64, place: usize) -> bool {
        let armed = &self.places[place];
        armed.number == number && armed.waker.is_some()
    }

    fn arm(&mut self, until: Moment, waker: Waker) -> usize {
        let number = self.next_number;
        self.next_number += 1;
        let armed = Armed {
            number,
            waker: Some(waker),
        };
        let place = match self.free.pop() {
            Some(place) => {
                self.places[place] = armed;
                place
            }
            None => {
                self.places.push(armed);
                self.places.len() - 1
            }
        };
        self.sweep();
        self.due.push(Reverse((until, number, place)));
        place
    }

    fn sweep(&mut self) {
        if self.due.len() > 64 + 2 * self.places.len() {
            let mut due = std::mem::take(&mut self.due);
            due.retain(|Reverse((_, number, place))| self.is_living(*number, *place));
            self.due = due;
        }
    }

    fn disarm(&mut self, place: usize) -> Option<Waker> {
        self.free.push(place);
        self.places[place].waker.take()
    }
}

/// A wait until a moment of the virtual clock.
pub(super) struct Sleep {
    clock: Arc<Clock>,
    until: Moment,
    place: Option<usize>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.clock.now() >= self.until {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        let replaced = match self.place {
            Some(place) => self.clock.timers().places[place].waker.replace(waker),
            None => {
                let place = self.clock.timers().arm(self.until, waker);
                self.place = Some(place);
                None
            }
        };
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            let waker = self.clock.timers().disarm(place);
            drop(waker);
        }
    }
}
