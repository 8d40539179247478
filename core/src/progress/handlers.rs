//! What the app does when work is cancelled, paused or resumed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::words::bounds::{MaybeSend, MaybeSync};

/// What is done to work, and to all parts of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Cancel,
    Pause,
    Resume,
}

/// Whoever does the work in the library's name.
pub(crate) trait Control: MaybeSend + MaybeSync {
    fn carry_out(&self, deed: Deed);

    /// Does the work stand still?
    fn is_paused(&self) -> bool;
}

/// A handler of the app's.
#[derive(Clone)]
pub(super) struct Handler(Arc<dyn Run>);

trait Run: MaybeSend + MaybeSync {
    fn run(&self);
}

impl<F: Fn() + MaybeSend + MaybeSync> Run for F {
    fn run(&self) {
        self();
    }
}

impl Handler {
    pub(super) fn new(run: impl Fn() + MaybeSend + MaybeSync + 'static) -> Self {
        Self(Arc::new(run))
    }

    /// Runs it. A panic in it is its own: the others are told all the same.
    pub(super) fn run(&self) {
        let _ = catch_unwind(AssertUnwindSafe(|| self.0.run()));
    }
}

/// One for each deed.
#[derive(Default)]
pub(super) struct Handlers {
    cancel: Option<Handler>,
    pause: Option<Handler>,
    resume: Option<Handler>,
}

impl Handlers {
    pub(super) fn of(&self, deed: Deed) -> Option<Handler> {
        match deed {
            Deed::Cancel => &self.cancel,
            Deed::Pause => &self.pause,
            Deed::Resume => &self.resume,
        }
        .clone()
    }

    /// Gives the one before it, to be dropped once the lock is open: it is the app's.
    pub(super) fn set(&mut self, deed: Deed, handler: Handler) -> Option<Handler> {
        let slot = match deed {
            Deed::Cancel => &mut self.cancel,
            Deed::Pause => &mut self.pause,
            Deed::Resume => &mut self.resume,
        };
        slot.replace(handler)
    }
}
