//! The idle and the resource timer.

use urlsession_core::ErrorCode;

use super::{Step, ensure};
use crate::world::{Timers, World};

/// A timer that is due ends its task in that instant; one whose future is left unpolled, when it is polled again.
pub(super) fn timers_fire_when_due(world: &World<'_>, step: Step) -> Result<(), String> {
    let Step::InstantEnds(next) = step else {
        return Ok(());
    };
    if world.has_runtime_ended {
        return Ok(());
    }
    (0..)
        .zip(&world.tasks)
        .try_for_each(|(number, task): (u8, _)| {
            let is_late = |due: u64| next.is_none_or(|next| due < next);
            let due = task.timers.due().filter(|due| task.runs() && is_late(*due));
            ensure(due.is_none(), || {
                format!(
                    "task {number}: due at {due:?}, next is {next:?}: {:?}",
                    task.timers
                )
            })
        })
}

/// No task times out but by a timer that runs and is due.
pub(super) fn timers_fire_only_when_due(world: &World<'_>, step: Step) -> Result<(), String> {
    let (Some((number, Some(ErrorCode::TimedOut))), Step::Entry(entry)) =
        (step.decided(world), step)
    else {
        return Ok(());
    };
    let task = world.task(number);
    let is_due = |timers: Timers| timers.due().is_some_and(|due| due <= entry.at);
    ensure(
        is_due(task.timers) || task.timers_before_end(entry.at).is_some_and(is_due),
        || format!("task {number} timed out at {}: {:?}", entry.at, task.timers),
    )
}
