//! In place of admission: everybody has a place at once, and the platform makes them wait.

use std::iter::{Empty, empty};

use crate::seams::transport::Multiplexing;
use crate::session::turn::{Slot, Ticket, Urgency};
use crate::words::target::OriginId;

/// Who has got a place: nobody has waited for one.
pub(crate) type Admitted = Empty<Slot>;

/// No queues.
#[derive(Debug)]
pub(crate) struct Admission;

impl Admission {
    /// Nobody waits.
    pub(crate) const QUEUES: bool = false;

    pub(crate) fn new(_limit: usize) -> Self {
        Self
    }

    pub(crate) fn enter(
        &mut self,
        _: OriginId,
        _: impl FnOnce() -> Multiplexing,
        _: (Urgency, Ticket),
        _: Slot,
    ) -> bool {
        true
    }

    pub(crate) fn leave(&mut self, _: OriginId, _: (Urgency, Ticket), _: Slot) {}

    #[cfg(feature = "download")]
    pub(crate) fn take_free(&mut self, _: OriginId, most: usize) -> usize {
        most
    }

    pub(crate) fn release(&mut self, _: OriginId) -> Admitted {
        empty()
    }

    pub(crate) fn take_turn_back(&mut self, _: OriginId, _: Ticket) {}

    pub(crate) fn rejoin(&mut self, _: OriginId, _: impl FnOnce() -> Multiplexing) {}

    pub(crate) fn learned(&mut self, _: OriginId, _: Multiplexing) -> Admitted {
        empty()
    }

    pub(crate) fn change_urgency(&mut self, _: OriginId, _: (Urgency, Urgency), _: (Ticket, Slot)) {
    }

    pub(crate) fn has_waiting(&self, _: OriginId) -> bool {
        false
    }
}
