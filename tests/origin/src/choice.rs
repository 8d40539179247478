//! Which script a scripted server plays on which connection.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::script::Script;

pub(crate) type Choose = dyn Fn(usize, &[u8]) -> Script + Send + Sync;

/// Which script is for which connection.
#[derive(Clone)]
pub struct Scripts(Arc<Mutex<Choice>>);

enum Choice {
    Listed {
        waiting: VecDeque<Script>,
        last: Script,
    },
    By(Arc<Choose>),
}

impl fmt::Debug for Scripts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripts").finish_non_exhaustive()
    }
}

impl Scripts {
    /// One script a connection in their order; the last goes to all that follow.
    #[must_use]
    pub fn in_order(scripts: impl IntoIterator<Item = Script>) -> Self {
        let choice = Choice::Listed {
            waiting: scripts.into_iter().collect(),
            last: Script::default(),
        };
        Self(Arc::new(Mutex::new(choice)))
    }

    /// Chooses by the connection's index, from 0, and its first request's head, which is read by
    /// then: a first [`Step::ReadHead`](crate::Step::ReadHead) counts as done.
    #[must_use]
    pub fn by(choose: impl Fn(usize, &[u8]) -> Script + Send + Sync + 'static) -> Self {
        Self(Arc::new(Mutex::new(Choice::By(Arc::new(choose)))))
    }

    /// What is for the connection that was accepted next.
    pub(crate) fn next(&self) -> Next {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Choice::By(choose) => Next::By(Arc::clone(choose)),
            Choice::Listed { waiting, last } => {
                if let Some(next) = waiting.pop_front() {
                    *last = next;
                }
                Next::Script(last.clone())
            }
        }
    }

    /// Has the choice made by `other` from now on.
    pub(crate) fn replace(&self, other: Self) {
        let choice = match other.next() {
            Next::By(choose) => Choice::By(choose),
            Next::Script(first) => other.rest_after(first),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = choice;
    }

    fn rest_after(&self, first: Script) -> Choice {
        let mut rest = VecDeque::from([first]);
        if let Choice::Listed { waiting, .. } =
            &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)
        {
            rest.append(waiting);
        }
        Choice::Listed {
            waiting: rest,
            last: Script::default(),
        }
    }
}

impl From<Script> for Scripts {
    fn from(script: Script) -> Self {
        Self::in_order([script])
    }
}

impl From<Vec<Script>> for Scripts {
    fn from(scripts: Vec<Script>) -> Self {
        Self::in_order(scripts)
    }
}

/// What is for the next connection.
pub(crate) enum Next {
    /// This script.
    Script(Script),
    /// What this says once the first request's head is known.
    By(Arc<Choose>),
}
