//! Equal GETs under way at the same time: one leads, the others wait for what it brings.

use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasherDefault;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::cache::asked::Asked;
use crate::cache::memory::Given;
use crate::seams::signals::Signals;
use crate::words::time::Moment;

/// Between two looks at whether the task that leads goes on.
pub(crate) const LOOK: Duration = Duration::from_millis(100);

/// The GETs under way.
#[derive(Default)]
pub(crate) struct Flights(Mutex<ByHash>);

/// By the hash of their key.
type ByHash = HashMap<u64, Vec<Arc<Flight>>, BuildHasherDefault<Given>>;

/// One GET under way, and who waits for it.
pub(crate) struct Flight {
    asked: Asked,
    /// Of the task that leads.
    leader: Arc<Signals>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    end: Option<End>,
    waiting: Vec<Waker>,
    looked_at: Moment,
}

/// How a flight ended for those who wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// What it brought is kept, or it brought nothing that may be.
    Landed,
    /// Its task stands still: another has to lead.
    HandedOver,
}

/// The part of a request in a flight.
pub(crate) enum Part {
    Lead(Lead),
    Follow(Arc<Flight>),
}

/// The duty to end a flight: done when it is dropped.
pub(crate) struct Lead {
    flights: Arc<Flights>,
    flight: Arc<Flight>,
}

impl Flights {
    /// Leads a flight of `asked`, or follows the one that there is.
    pub(crate) fn join(self: &Arc<Self>, asked: &Asked, leader: &Arc<Signals>) -> Part {
        let mut flights = self.lock();
        let flights = flights.entry(asked.key().hash()).or_default();
        if let Some(flight) = flights.iter().find(|flight| flight.asked.is_like(asked)) {
            return Part::Follow(flight.clone());
        }
        let flight = Arc::new(Flight {
            asked: asked.clone(),
            leader: leader.clone(),
            state: Mutex::default(),
        });
        flights.push(flight.clone());
        Part::Lead(Lead {
            flights: self.clone(),
            flight,
        })
    }

    /// Another has to lead, if the one that does stands still. Who waits looks each for itself, but looks that follow at once are one: a task
    /// that was woken may not have had its turn yet.
    pub(crate) fn look_at(&self, flight: &Arc<Flight>, now: Moment) {
        if flight.is_due(now) && flight.leader.stands_still() {
            self.end(flight, End::HandedOver);
        }
    }

    fn end(&self, flight: &Arc<Flight>, end: End) {
        {
            let mut flights = self.lock();
            let hash = flight.asked.key().hash();
            if let Some(of_hash) = flights.get_mut(&hash) {
                of_hash.retain(|other| !Arc::ptr_eq(other, flight));
                if of_hash.is_empty() {
                    flights.remove(&hash);
                }
            }
        }
        let waiting = {
            let mut state = flight.lock();
            state.end.get_or_insert(end);
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, ByHash> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    fn is_due(&self, now: Moment) -> bool {
        let mut state = self.lock();
        let is_due = now - state.looked_at >= LOOK;
        if is_due {
            state.looked_at = now;
        }
        is_due
    }

    /// Ready when it has ended.
    pub(crate) fn poll_end(&self, context: &Context<'_>) -> Poll<End> {
        let mut state = self.lock();
        if let Some(end) = state.end {
            return Poll::Ready(end);
        }
        let waker = context.waker();
        if !state.waiting.iter().any(|known| known.will_wake(waker)) {
            state.waiting.push(waker.clone());
        }
        Poll::Pending
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.flights.end(&self.flight, End::Landed);
    }
}

impl fmt::Debug for Lead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lead")
    }
}
