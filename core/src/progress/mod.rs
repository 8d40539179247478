//! Floor 2: how far work is, as a tree of parts, with pause and cancel from the root to the leaves.

mod fraction;
mod handlers;
mod node;
mod pace;
mod parts;
mod share;
mod snapshot;
mod state;
mod transfer;
mod watch;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::progress::handlers::Handler;
use crate::progress::node::Node;
use crate::progress::state::State;
use crate::seams::runtime::{Clock, Runtime};
use crate::words::bounds::{MaybeSend, MaybeSync};
use crate::words::properties::Properties;
use crate::words::time::Moment;

pub(crate) use crate::progress::handlers::{Control, Deed};
pub use crate::progress::node::AddChildError;
pub use crate::progress::share::ProgressShare;
pub use crate::progress::snapshot::ProgressSnapshot;
pub use crate::progress::state::ProgressState;
pub(crate) use crate::progress::transfer::Transfer;
pub use crate::progress::watch::{ProgressObservation, ProgressUpdates};

/// How far some work is: units done of units in all, alone or as a tree of parts.
///
/// A part is a progress of its own, worth so many units of its parent. What it has done counts there at once; when it is finished,
/// its units are the parent's own. Cancelling, pausing and resuming reach every part below. A clone is another handle to the same
/// progress.
///
/// ```
/// use urlsession_core::Progress;
///
/// let both = Progress::new(10);
/// let (download, unpacking) = (Progress::new(2000), Progress::new(3));
/// both.add_child(&download, 8)?;
/// both.add_child(&unpacking, 2)?;
/// download.set_completed_unit_count(1000);
/// assert_eq!(both.fraction_completed(), 0.4);
/// # Ok::<(), urlsession_core::AddChildError>(())
/// ```
///
/// Handlers and observers are called on the thread that makes the change, before it goes on, with no lock held; a panic in one is its own.
#[derive(Clone)]
pub struct Progress(Arc<Handle>);

/// Lives as long as somebody can go on with the work.
struct Handle(Arc<Node>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.change(|state| state.is_abandoned = true);
    }
}

impl Progress {
    /// Work of `total_unit_count` units; negative while nobody knows how many.
    #[must_use]
    pub fn new(total_unit_count: i64) -> Self {
        Self::of(State::new(total_unit_count))
    }

    fn of(state: State) -> Self {
        Self(Arc::new(Handle(Node::new(state))))
    }

    fn node(&self) -> &Arc<Node> {
        &self.0.0
    }

    /// Units in all; negative while unknown.
    #[must_use]
    pub fn total_unit_count(&self) -> i64 {
        self.node().lock().total
    }

    /// Sets how many units there are in all; negative for unknown.
    pub fn set_total_unit_count(&self, count: i64) {
        self.node().change(|state| state.total = count);
    }

    /// Units done, those of finished children included.
    #[must_use]
    pub fn completed_unit_count(&self) -> i64 {
        self.node().lock().completed
    }

    /// Sets how many units are done, those of finished children included; negative for unknown.
    pub fn set_completed_unit_count(&self, count: i64) {
        self.node().change(|state| state.completed = count);
    }

    /// So many more units are done.
    pub fn add_completed_unit_count(&self, count: i64) {
        self.node()
            .change(|state| state.completed = state.completed.saturating_add(count));
    }

    /// The share that is done, 0 to 1 while no more is done than there is: its own units, and its children's so far. 0 while
    /// indeterminate, 1 when there was nothing to do; never NaN.
    #[must_use]
    pub fn fraction_completed(&self) -> f64 {
        self.node().lock().fraction().value()
    }

    /// True while nobody can tell how much is done: a count is negative, or both are 0.
    #[must_use]
    pub fn is_indeterminate(&self) -> bool {
        self.node().lock().is_indeterminate()
    }

    /// What became of it.
    #[must_use]
    pub fn state(&self) -> ProgressState {
        self.node().lock().state()
    }

    /// True when all is done.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.state() == ProgressState::Finished
    }

    /// True once it, or what it is a part of, was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.node().lock().is_cancelled
    }

    /// True while it is paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.node().lock().is_paused
    }

    /// Cancels it and every part of it that is not finished, once.
    pub fn cancel(&self) {
        self.node().carry_out(Deed::Cancel);
    }

    /// Pauses it and every part of it that is not finished.
    pub fn pause(&self) {
        self.node().carry_out(Deed::Pause);
    }

    /// Resumes it and every part of it that is not finished.
    pub fn resume(&self) {
        self.node().carry_out(Deed::Resume);
    }

    /// Calls `handler` when this is cancelled, by itself or from above; at once, if it is already.
    pub fn set_cancellation_handler(&self, handler: impl Fn() + MaybeSend + MaybeSync + 'static) {
        self.set_handler(Deed::Cancel, Handler::new(handler), |state| {
            state.is_cancelled
        });
    }

    /// Calls `handler` each time that this is paused, by itself or from above; at once, if it is already.
    pub fn set_pausing_handler(&self, handler: impl Fn() + MaybeSend + MaybeSync + 'static) {
        self.set_handler(Deed::Pause, Handler::new(handler), |state| state.is_paused);
    }

    /// Calls `handler` each time that this is resumed, by itself or from above.
    pub fn set_resuming_handler(&self, handler: impl Fn() + MaybeSend + MaybeSync + 'static) {
        self.set_handler(Deed::Resume, Handler::new(handler), |_| false);
    }

    fn set_handler(&self, deed: Deed, handler: Handler, is_late: fn(&State) -> bool) {
        let (_before, is_late) = {
            let mut state = self.node().lock();
            let before = state.handlers.set(deed, handler.clone());
            (before, is_late(&state))
        };
        if is_late {
            handler.run();
        }
    }

    /// Makes `child` a part of this, worth `pending_unit_count` of its units. A cancelled or paused parent cancels or pauses it.
    ///
    /// # Errors
    /// When `child` has a parent already, or would be its own ancestor.
    pub fn add_child(&self, child: &Self, pending_unit_count: i64) -> Result<(), AddChildError> {
        self.node().add_child(child.node(), pending_unit_count)
    }

    /// Sets `pending_unit_count` units aside for a part that somebody else will make, or do without.
    pub fn share(&self, pending_unit_count: i64) -> ProgressShare {
        ProgressShare::new(self.clone(), pending_unit_count)
    }

    /// How far it is at `now`. Throughput and remaining time come from looking more than once.
    #[must_use]
    pub fn snapshot(&self, now: Moment) -> ProgressSnapshot {
        ProgressSnapshot::of(&mut self.node().lock(), now)
    }

    /// A stream of snapshots: the first at once, then one after each change, at most one in an `interval`. A slow reader gets
    /// the newest, never a backlog. The last one shows it finished, cancelled or stopped, and does not wait for the interval.
    pub fn updates(&self, runtime: Arc<dyn Runtime>, interval: Duration) -> ProgressUpdates {
        ProgressUpdates::begin(self.node().clone(), runtime, interval)
    }

    /// Calls `handler` with a snapshot after each change, until the observation is dropped. One call at a time; what changes
    /// during one is one more call.
    pub fn observe(
        &self,
        clock: Arc<dyn Clock>,
        handler: impl Fn(ProgressSnapshot) + MaybeSend + MaybeSync + 'static,
    ) -> ProgressObservation {
        let node = Arc::downgrade(self.node());
        ProgressObservation::begin(self.node().clone(), move || {
            if let Some(node) = node.upgrade() {
                let snapshot = ProgressSnapshot::of(&mut node.lock(), clock.now());
                handler(snapshot);
            }
        })
    }

    /// Attaches a value, one of each type: the file's name, the kind of work. Gives the one before it.
    pub fn set_info<T: Clone + Send + Sync + 'static>(&self, value: T) -> Option<T> {
        self.change_info(|info| info.insert(value))
    }

    /// The attached value of this type.
    #[must_use]
    pub fn info<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        self.node().lock().info.get().cloned()
    }

    /// Takes the attached value of this type away.
    pub fn remove_info<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        self.change_info(Properties::remove::<T>)
    }

    /// The value of the type as it was before; it goes once the lock is open again.
    fn change_info<T: Clone + Send + Sync + 'static>(
        &self,
        change: impl FnOnce(&mut Properties),
    ) -> Option<T> {
        let before = {
            let info = &mut self.node().lock().info;
            let before = info.clone();
            change(info);
            before
        };
        before.get().cloned()
    }
}

/// For work that the library does.
impl Progress {
    /// Work that `control` pauses, resumes and cancels, and that is over when its doer says so.
    pub(crate) fn driven(control: Arc<dyn Control>) -> Self {
        let mut state = State::new(-1);
        state.is_paused = control.is_paused();
        state.control = Some(control);
        Self::of(state)
    }

    /// How far the transfer is.
    pub(crate) fn transferred(&self, transfer: Transfer) {
        let counts = transfer.counts();
        let is_news = {
            let state = self.node().lock();
            (state.completed, state.total) != (counts.completed, counts.total)
                && state.ending.is_none()
        };
        if is_news {
            self.node().change(|state| {
                (state.completed, state.total) = (counts.completed, counts.total);
            });
        }
    }

    /// The work was suspended or resumed past this progress.
    pub(crate) fn look_again(&self) {
        self.node().change(|state| {
            if let Some(control) = &state.control {
                state.is_paused = control.is_paused();
            }
        });
    }

    /// The work is over; the first word holds.
    pub(crate) fn end(&self, ending: ProgressState) {
        if self.node().lock().ending.is_none() {
            self.node().change(|state| state.end(ending));
        }
    }
}

impl PartialEq for Progress {
    /// Two handles are equal when they are of the same progress.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(self.node(), other.node())
    }
}

impl Eq for Progress {}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.node().lock();
        f.debug_struct("Progress")
            .field("state", &state.state())
            .field("completed_unit_count", &state.completed)
            .field("total_unit_count", &state.total)
            .field("children", &state.children().len())
            .finish_non_exhaustive()
    }
}
