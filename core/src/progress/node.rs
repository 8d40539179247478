//! A node of the tree: its state under a lock, and the way of a change up to the root.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::progress::handlers::Deed;
use crate::progress::state::{Link, ProgressState, State};
use crate::progress::transfer::Counts;
use crate::progress::watch::Watcher;

/// Held while a tree grows, so that a look for a ring sees every other one.
static GROWTH: Mutex<()> = Mutex::new(());

/// Why a progress cannot become a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddChildError {
    /// It is a part of some work already.
    #[error("the progress has a parent already")]
    HasParent,
    /// It would be a part of itself.
    #[error("the progress would be its own ancestor")]
    Ring,
}

pub(super) struct Node(Mutex<State>);

impl Node {
    pub(super) fn new(state: State) -> Arc<Self> {
        Arc::new(Self(Mutex::new(state)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and tells all who watch it or an ancestor. No lock is held while they are told.
    pub(super) fn change<R>(self: &Arc<Self>, change: impl FnOnce(&mut State) -> R) -> R {
        let result = change(&mut self.lock());
        self.tell();
        result
    }

    /// Tells all who watch this or an ancestor that the state was changed.
    fn tell(self: &Arc<Self>) {
        let mut node = self.clone();
        loop {
            let (watchers, link) = {
                let state = node.lock();
                (state.watchers.clone(), state.link.clone())
            };
            watchers.iter().for_each(|watcher| watcher.changed());
            let Some((parent, key)) = link.and_then(Link::upgrade) else {
                return;
            };
            parent.lock().look_at(key, &node);
            node = parent;
        }
    }

    /// Makes `child` a part of this: so many of its units.
    pub(super) fn add_child(
        self: &Arc<Self>,
        child: &Arc<Self>,
        portion: i64,
    ) -> Result<(), AddChildError> {
        {
            let _growing = GROWTH.lock().unwrap_or_else(PoisonError::into_inner);
            if self.descends_from(child) {
                return Err(AddChildError::Ring);
            }
            let mut state = self.lock();
            let mut child_state = child.lock();
            if child_state.link.is_some() {
                return Err(AddChildError::HasParent);
            }
            child_state.link = Some(Link {
                parent: Arc::downgrade(self),
                key: state.adopt(child.clone(), portion),
            });
        }
        let (is_cancelled, is_paused) = {
            let state = self.lock();
            (state.is_cancelled, state.is_paused)
        };
        if is_cancelled {
            child.carry_out(Deed::Cancel);
        }
        if is_paused {
            child.carry_out(Deed::Pause);
        }
        child.change(|_| ());
        Ok(())
    }

    fn descends_from(self: &Arc<Self>, ancestor: &Arc<Self>) -> bool {
        let mut node = Some(self.clone());
        while let Some(descendant) = node {
            if Arc::ptr_eq(&descendant, ancestor) {
                return true;
            }
            let link = descendant.lock().link.clone();
            node = link.and_then(Link::upgrade).map(|(parent, _)| parent);
        }
        false
    }

    /// Cancels, pauses or resumes this and all below it: first all states change, then all are told.
    pub(super) fn carry_out(self: &Arc<Self>, deed: Deed) {
        let mut changed = Vec::new();
        self.mark(deed, &mut changed);
        for node in &changed {
            let (control, handler) = {
                let state = node.lock();
                (state.control.clone(), state.handlers.of(deed))
            };
            if let Some(control) = control {
                control.carry_out(deed);
                node.lock().is_paused = control.is_paused();
            }
            if let Some(handler) = handler {
                handler.run();
            }
        }
        // Children stand after their parents: each look upwards sees what is settled below.
        changed.iter().rev().for_each(|node| node.change(|_| ()));
    }

    fn mark(self: &Arc<Self>, deed: Deed, changed: &mut Vec<Arc<Self>>) {
        let children = {
            let mut state = self.lock();
            if state.mark(deed) {
                changed.push(self.clone());
            }
            state.children()
        };
        children.iter().for_each(|child| child.mark(deed, changed));
    }

    pub(super) fn watch(self: &Arc<Self>, watcher: Arc<dyn Watcher>) {
        self.lock().watchers.push(watcher);
    }

    pub(super) fn unwatch(&self, watcher: &Arc<dyn Watcher>) {
        self.lock()
            .watchers
            .retain(|known| !Arc::ptr_eq(known, watcher));
    }
}

impl State {
    /// Notes what is to be done; false when it was so already.
    fn mark(&mut self, deed: Deed) -> bool {
        let (flag, value) = match deed {
            Deed::Cancel => (&mut self.is_cancelled, true),
            Deed::Pause => (&mut self.is_paused, true),
            Deed::Resume => (&mut self.is_paused, false),
        };
        std::mem::replace(flag, value) != value
    }

    /// It ends by the word of whoever does the work; the first word holds.
    pub(super) fn end(&mut self, ending: ProgressState) {
        if self.ending.is_some() {
            return;
        }
        self.ending = Some(ending);
        self.is_paused = false;
        self.is_cancelled |= ending == ProgressState::Cancelled;
        if ending == ProgressState::Finished {
            let counts = Counts {
                completed: self.completed,
                total: self.total,
            };
            Counts {
                completed: self.completed,
                total: self.total,
            } = counts.finished();
        }
    }
}

impl Link {
    fn upgrade(self) -> Option<(Arc<Node>, usize)> {
        Some((self.parent.upgrade()?, self.key))
    }
}
