//! A body that leaves unseen: `fetch` tells nothing of the bytes that it sends.

use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use urlsession_core::ExchangeEvents;

use crate::outgoing::LONG;
use crate::runtime::now;
use crate::timer::Sleep;

/// How often the idle timer is held off.
const TURN: Duration = Duration::from_millis(500);
/// What a slow network takes in a turn, in bytes: 32 KiB/s.
const PER_TURN: u64 = LONG as u64;

/// Holds off the idle timer for as long as a body may take to leave: that nothing is heard meanwhile does not mean that nothing moves.
pub(crate) struct Unseen(Option<(Sleep, u64)>);

impl Unseen {
    pub(crate) fn new(length: u64) -> Self {
        Self((length >= PER_TURN).then(|| (turn(), length / PER_TURN)))
    }

    pub(crate) fn poll(&mut self, context: &mut Context<'_>, events: &ExchangeEvents) {
        while let Some((sleep, turns)) = &mut self.0 {
            if Pin::new(&mut *sleep).poll(context).is_pending() {
                return;
            }
            events.touched();
            self.0 = match *turns {
                0 | 1 => None,
                turns => Some((turn(), turns - 1)),
            };
        }
    }
}

fn turn() -> Sleep {
    Sleep::new(now() + TURN)
}
