//! In place of what is said of a request's body as it leaves: there is nobody to say it to.

use std::convert::Infallible;

use crate::seams::app::App;
use crate::seams::asking::Asking;
use crate::seams::exchange::Informational;
use crate::words::request::Request;

/// There is none.
pub(super) struct Sent(Infallible);

impl Sent {
    pub(super) fn of<A: App>(_: &A, _: &Request) -> Option<Self> {
        None
    }

    pub(super) fn is_behind(&self, _: u64) -> bool {
        match self.0 {}
    }

    pub(super) fn tell<'a, A: App>(&mut self, _: &'a A) -> Option<Asking<'a, ()>> {
        match self.0 {}
    }
}

pub(super) fn heard<A: App>(_: &A, _: Informational) -> Option<Asking<'_, ()>> {
    None
}
