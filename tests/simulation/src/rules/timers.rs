//! The idle and the resource timer.

use urlsession_core::{ErrorCode, ExpiredTimer};

use super::{Step, ensure};
use crate::trace::Event;
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

/// No task times out but by a timer that runs and is due; the one that it names, and of two the resource timer.
pub(super) fn timers_fire_only_when_due(world: &World<'_>, step: Step) -> Result<(), String> {
    let (number, named) = match (step.event(), step.decided(world)) {
        (Some((number, Event::Expired(timer))), _) => (number, Some(timer)),
        (_, Some((number, Some(ErrorCode::TimedOut)))) => (number, None),
        _ => return Ok(()),
    };
    let (task, now) = (world.task(number), step.time().unwrap_or(world.now));
    let is_past = |due: Option<u64>| due.is_some_and(|due| due <= now);
    let fires = |timers: Timers| match named {
        None => is_past(timers.due()),
        Some(ExpiredTimer::Resource) => is_past(timers.resource_due()),
        Some(ExpiredTimer::Idle) => is_past(timers.idle_due()) && !is_past(timers.resource_due()),
    };
    ensure(
        fires(task.timers) || task.timers_before_end(now).is_some_and(fires),
        || {
            format!(
                "task {number} timed out at {now}, {named:?}: {:?}",
                task.timers
            )
        },
    )
}
