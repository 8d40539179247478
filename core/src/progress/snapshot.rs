//! How far work was at one moment.

use std::time::Duration;

use crate::progress::state::{ProgressState, State};
use crate::words::time::Moment;

/// How far the work of a [`Progress`](crate::Progress) was at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct ProgressSnapshot {
    /// What became of it.
    pub state: ProgressState,
    /// Units in all; negative while unknown.
    pub total_unit_count: i64,
    /// Units done.
    pub completed_unit_count: i64,
    /// The share that is done, 0 to 1, children's part included; 0 while nobody knows, never NaN.
    pub fraction_completed: f64,
    /// True while nobody can tell how much is done.
    pub is_indeterminate: bool,
    /// Units per second, lately: bytes for a task; for a parent, what all below it do together. `None` at the first snapshot, and while
    /// the work stands still.
    pub throughput: Option<f64>,
    /// How long the rest will take at this pace. `None` when that cannot be told.
    pub estimated_time_remaining: Option<Duration>,
}

impl ProgressSnapshot {
    pub(super) fn of(state: &mut State, now: Moment) -> Self {
        let is_indeterminate = state.is_indeterminate();
        let pace = state.pace(now);
        let throughput = pace.and_then(|pace| pace.units_per_second());
        let remaining = pace.and_then(|pace| pace.remaining());
        Self {
            state: state.state(),
            total_unit_count: state.total,
            completed_unit_count: state.completed,
            fraction_completed: state.fraction().value(),
            is_indeterminate,
            throughput,
            estimated_time_remaining: remaining.filter(|_| !is_indeterminate),
        }
    }
}
