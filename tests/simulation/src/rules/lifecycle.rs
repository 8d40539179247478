//! What a task's state says, and what it keeps from happening.

use urlsession_core::TaskState;
use urlsession_core::mock::Sight;

use super::{Step, ensure};
use crate::trace::{Callback, Event, What};
use crate::world::World;

/// `resume`, `suspend` and `cancel` change the state at once, and callbacks see the state that fits.
pub(super) fn states_tell_the_truth(world: &World<'_>, step: Step) -> Result<(), String> {
    let Some((number, event)) = step.event() else {
        return Ok(());
    };
    let task = world.task(number);
    let (shown, expected) = match event {
        Event::State(_, state) => (state, task.state()),
        Event::Called(_, Callback::Complete(_), state) => (state, TaskState::Completed),
        Event::Called(_, _, state) => (state, TaskState::Running),
        Event::Born(state) => (state, task.state()),
        _ => return Ok(()),
    };
    // On an executor the outcome may be decided, and the completion still on its way.
    let may_be_ending = world.has_executor() && shown == TaskState::Running;
    ensure(shown == expected || may_be_ending, || {
        format!("task {number}: {event:?} where {expected:?} was due")
    })
}

/// Nothing is sent, read or told for a task that is suspended, asked, left unpolled, cancelled or over.
pub(super) fn stopped_tasks_stand_still(world: &World<'_>, step: Step) -> Result<(), String> {
    let Some((number, event)) = step.event() else {
        return Ok(());
    };
    let task = world.task(number);
    let moves = match event {
        Event::Server(_, sight) => is_progress(sight),
        Event::Called(_, callback, _) => !callback.kind().is_of_the_end(),
        _ => false,
    };
    let goes = task.runs() && !task.waits;
    ensure(!moves || goes, || {
        format!("task {number}: {event:?} while it stands still: {task:?}")
    })
}

/// True when a load that is polled has brought this about.
pub(super) fn is_progress(sight: Sight) -> bool {
    sight != Sight::Aborted
}

/// A cancelled task, one that nobody can resume any more, and one whose future is gone, end in the same instant.
pub(super) fn cancellation_is_immediate(world: &World<'_>, step: Step) -> Result<(), String> {
    let Step::InstantEnds(_) = step else {
        return Ok(());
    };
    (0..)
        .zip(&world.tasks)
        .try_for_each(|(number, task): (u8, _)| {
            let is_due = task.is_future_dropped || (task.is_cancelled && !task.is_unpolled());
            let is_over = task.is_decided() || task.is_refused;
            ensure(!is_due || is_over, || {
                format!("task {number} is cancelled and does not end")
            })
        })
}

/// When nothing can happen any more, every task that may run has ended.
pub(super) fn nothing_is_left_undone(world: &World<'_>, step: Step) -> Result<(), String> {
    if step.of_session() != Some(What::Quiet) {
        return Ok(());
    }
    (0..)
        .zip(&world.tasks)
        .try_for_each(|(number, task): (u8, _)| {
            ensure(!task.runs(), || format!("task {number} hangs: {task:?}"))
        })
}
