//! In place of what is said of a request's body as it leaves: there is nobody to say it to.

use std::convert::Infallible;

use crate::seams::app::{App, Notice};
use crate::words::request::Request;

/// There is none.
pub(super) struct Sent(Infallible);

impl Sent {
    pub(super) fn of<A: App>(_: &A, _: &Request) -> Option<Self> {
        None
    }

    pub(super) fn reported(&self) -> u64 {
        match self.0 {}
    }

    pub(super) fn news(&mut self, _: u64) -> Option<Notice> {
        match self.0 {}
    }
}
