//! A session's end.

use urlsession_core::mock::Sight;
use urlsession_core::{TaskState, Wants};

use super::{Step, ensure};
use crate::trace::{Event, Leftovers, What, Who};
use crate::world::{Kind, TaskView, World};

/// The session becomes invalid once, after it was told to end and after every completion; nothing is told after it.
pub(super) fn completions_precede_invalidation(
    world: &World<'_>,
    step: Step,
) -> Result<(), String> {
    if let Some((number, Event::Called(Who::Sessions, callback, _))) = step.event() {
        return ensure(!world.became_invalid, || {
            format!("task {number}: {callback:?} after the session became invalid")
        });
    }
    match step.of_session() {
        Some(What::BecameInvalid) => {
            let unfinished = world.tasks.iter().position(|task| !is_done(world, task));
            ensure(
                world.is_finishing
                    && !world.became_invalid
                    && unfinished.is_none()
                    && hears_the_end(world),
                || format!("invalid too early or again; unfinished: {unfinished:?}"),
            )
        }
        Some(What::Over(_)) => {
            let hears = hears_the_end(world);
            ensure(!hears || world.became_invalid, || {
                "it never became invalid".to_owned()
            })
        }
        _ => Ok(()),
    }
}

fn hears_the_end(world: &World<'_>) -> bool {
    world
        .plan
        .setup
        .delegate
        .is_some_and(|wants| wants.contains(Wants::INVALIDATION))
}

/// It has ended, and whoever had to be told was, and has answered.
fn is_done(world: &World<'_>, task: &TaskView) -> bool {
    let hears = world
        .plan
        .setup
        .delegate
        .is_some_and(|wants| wants.contains(Kind::Complete.wanted()));
    let concerns = task.form == crate::script::Form::Delegate && hears;
    let told = !concerns || task.completions != [false; 2];
    let is_idle = task.calling.is_none() && task.question.is_none();
    !task.is_made || task.is_refused || (task.completed.is_some() && told && is_idle)
}

/// The session's delegate is let go of after the end, a task's at its completion; both are.
pub(super) fn delegates_are_released(world: &World<'_>, step: Step) -> Result<(), String> {
    if let Step::InstantEnds(_) = step {
        return none_is_kept(world);
    }
    if let Some((number, Event::DelegateReleased)) = step.event() {
        let task = world.task(number);
        let is_over = task.completed.is_some() && task.question.is_none();
        return ensure(is_over || task.is_refused || !task.is_made, || {
            format!("task {number} let go of its delegate before its end")
        });
    }
    match step.of_session() {
        Some(What::DelegateReleased) => {
            let is_over = world.is_finishing && (world.became_invalid || !hears_the_end(world));
            let done = world.tasks.iter().all(|task| is_done(world, task));
            ensure(is_over && done, || "released before the end".to_owned())
        }
        Some(What::Over(_)) => {
            let plans = world.plan.tasks.iter().zip(&world.tasks);
            let kept = plans.filter(|(plan, task)| {
                plan.has_delegate && task.is_made && !task.is_delegate_released
            });
            let (kept, session) = (kept.count(), world.plan.setup.delegate.is_some());
            ensure(kept == 0 && (!session || world.was_released), || {
                format!(
                    "delegates kept: {kept} of tasks, the session's gone: {}",
                    world.was_released
                )
            })
        }
        _ => Ok(()),
    }
}

/// No task that is done with keeps its delegate, nor a session that has said farewell.
fn none_is_kept(world: &World<'_>) -> Result<(), String> {
    ensure(!world.became_invalid || world.was_released, || {
        "the session has ended, and keeps its delegate".to_owned()
    })?;
    world.numbered().try_for_each(|(number, task)| {
        let keeps =
            world.plan.tasks[usize::from(number)].has_delegate && !task.is_delegate_released;
        let is_told = task.is_done_with() && world.passed_on(number).is_none();
        let is_over = task.is_refused || is_told;
        ensure(!(keeps && is_over) || world.has_runtime_ended, || {
            format!("task {number} has ended, and keeps its delegate")
        })
    })
}

/// A task made in a session that ends is complete at once, with an error, and never goes out.
pub(super) fn ended_sessions_refuse_tasks(world: &World<'_>, step: Step) -> Result<(), String> {
    let Some((number, event)) = step.event() else {
        return Ok(());
    };
    let task = world.task(number);
    let holds = match event {
        Event::Born(state) => world.is_finishing == (state == TaskState::Completed),
        Event::Server(_, Sight::Began) | Event::Called(..) => !task.is_refused,
        _ => true,
    };
    ensure(holds, || {
        format!(
            "task {number}: {event:?}, session ending: {}",
            world.is_finishing
        )
    })
}

/// When all was let go of, nothing is left: no future, no timer, no exchange, no session.
pub(super) fn nothing_leaks(_: &World<'_>, step: Step) -> Result<(), String> {
    match step.of_session() {
        Some(What::Over(left)) => ensure(left == Leftovers::default(), || format!("{left:?}")),
        _ => Ok(()),
    }
}
