//! The one end of each task.

use urlsession_core::ErrorCode;

use super::{Step, ensure};
use crate::script::{Form, HeadPlan, Upload};
use crate::trace::{Callback, Event, What, Who};
use crate::world::{Kind, TaskView, World};

/// Exactly one completion for each task, last, to everybody whom it concerns.
pub(super) fn each_task_completes_once_and_last(
    world: &World<'_>,
    step: Step,
) -> Result<(), String> {
    if let Some(What::Over(_)) = step.of_session() {
        // An executor that has ended drops its jobs.
        let are_dropped = world.has_executor() && world.has_runtime_ended;
        return (0..).zip(&world.tasks).try_for_each(|(number, task)| {
            let holds = !task.is_made || are_dropped || has_ended(world, number, task);
            ensure(holds, || format!("task {number} never ended: {task:?}"))
        });
    }
    let Some((number, event)) = step.event() else {
        return Ok(());
    };
    let task = world.task(number);
    let is_over = task.completed.is_some();
    let holds = match event {
        Event::Ending(_) => !task.is_decided() && task.is_made && !task.is_refused,
        Event::Completed(_) => !is_over && task.is_made && !task.is_refused,
        Event::Called(who, Callback::Complete(_), _) => is_over && !task.completions[who as usize],
        Event::Called(_, Callback::Metrics, _) => task.ending.is_some() && !is_over,
        Event::Called(..) => !task.is_decided(),
        Event::Gave(_) => {
            // On an executor, a future may give its outcome before the completion's turn comes, and so while its metrics are answered.
            let is_early = (world.has_executor() || task.ending.is_some()) && task.form.is_future();
            // A refused task's handler is not called before the app has the task, as long as there is somebody to call it later.
            let has_it = task.is_born || task.form.is_future() || world.has_runtime_ended;
            let is_refusal = task.is_refused && has_it;
            let may = is_over || is_refusal || is_early;
            task.gave.is_none() && may && !task.is_future_dropped
        }
        _ => true,
    };
    ensure(holds, || {
        format!("task {number}: {event:?} with the end {:?}", task.completed)
    })
}

fn has_ended(world: &World<'_>, number: u8, task: &TaskView) -> bool {
    let gave = match task.form {
        Form::Delegate => true,
        Form::Handler => task.gave.is_some(),
        Form::Data | Form::Bytes => task.gave.is_some() || task.is_future_dropped,
    };
    let mut hearers = [Who::Own, Who::Sessions]
        .into_iter()
        .filter(|who| world.hears(number, *who, Kind::Complete));
    let told = hearers
        .next()
        .is_none_or(|who| task.completions[who as usize]);
    gave && (task.is_refused || (task.completed.is_some() && told))
}

/// Whoever wants metrics has them once, after the outcome is decided and before the end.
pub(super) fn metrics_come_just_before_the_end(
    world: &World<'_>,
    step: Step,
) -> Result<(), String> {
    let Some((number, event)) = step.event() else {
        return Ok(());
    };
    let task = world.task(number);
    let holds = match event {
        Event::Called(who, Callback::Metrics, _) => !task.measured[who as usize],
        Event::Completed(_) => [Who::Own, Who::Sessions]
            .into_iter()
            .find(|who| world.hears(number, *who, Kind::Metrics))
            .is_none_or(|who| task.measured[who as usize]),
        _ => true,
    };
    ensure(holds, || {
        format!("task {number}: {event:?}, measured: {:?}", task.measured)
    })
}

/// Observers, delegates, handler, future and those who wait tell the same end.
pub(super) fn outcomes_agree(world: &World<'_>, step: Step) -> Result<(), String> {
    let Some((number, event)) = step.event() else {
        return Ok(());
    };
    let task = world.task(number);
    let told: Option<ErrorCode> = match event {
        Event::Called(_, Callback::Complete(error), _) => error,
        Event::Ending(error) | Event::Completed(error) | Event::Finished(error) => error,
        Event::Gave(outcome) => outcome.err(),
        _ => return Ok(()),
    };
    let refused = task.is_refused.then_some(Some(ErrorCode::Cancelled));
    let known = [
        refused,
        task.ending,
        task.completed,
        task.gave.map(Result::err),
    ];
    let agrees = known.into_iter().flatten().all(|known| known == told);
    ensure(agrees, || {
        format!("task {number}: {event:?} after {known:?}")
    })
}

/// A cancelled task ends as cancelled, whatever its driver found.
pub(super) fn cancelled_tasks_end_cancelled(world: &World<'_>, step: Step) -> Result<(), String> {
    let Some((number, error)) = step.decided(world) else {
        return Ok(());
    };
    let task = world.task(number);
    // On an executor the outcome may have been decided just before.
    let may_be_late = world.has_executor() && task.cancelled_at == Some(world.now);
    let holds = !task.is_cancelled || may_be_late || error == Some(ErrorCode::Cancelled);
    ensure(holds, || {
        format!("task {number} was cancelled, and ended with {error:?}")
    })
}

/// Each outcome has its cause in what server, app and time did.
pub(super) fn outcomes_have_a_cause(world: &World<'_>, step: Step) -> Result<(), String> {
    let Some((number, error)) = step.decided(world) else {
        return Ok(());
    };
    let task = world.task(number);
    let holds = match error {
        None => is_success(world, number),
        Some(ErrorCode::Cancelled) => {
            task.may_be_cancelled || task.must_end_with == Some(ErrorCode::Cancelled)
        }
        // The timers' rules look at it.
        Some(ErrorCode::TimedOut) => true,
        Some(code) => is_failure(world, number, code),
    };
    let must = task.must_end_with;
    let is_overtaken = matches!(error, Some(ErrorCode::Cancelled | ErrorCode::TimedOut));
    let holds = holds && (must.is_none() || must == error || is_overtaken);
    ensure(holds, || {
        format!("task {number} ended with {error:?}: {task:?}")
    })
}

fn is_success(world: &World<'_>, number: u8) -> bool {
    let (Some(hop), Some(answer)) = (world.task(number).hop, world.answer(number)) else {
        return false;
    };
    hop.has_ended && answer.fault().is_none() && hop.received == answer.length()
}

fn is_failure(world: &World<'_>, number: u8, code: ErrorCode) -> bool {
    let (task, plan) = (world.task(number), &world.plan.tasks[usize::from(number)]);
    if task.is_bad {
        return code == ErrorCode::BadUrl;
    }
    if task.must_end_with == Some(code) {
        return true;
    }
    let (Some(hop), Some(answer)) = (task.hop, world.answer(number)) else {
        return false;
    };
    match code {
        ErrorCode::RequestBodyStreamExhausted => {
            let is_again = task.leads_to.is_some() || task.trial.number > 1;
            plan.upload == Upload::Stream && is_again
        }
        ErrorCode::HttpTooManyRedirects => task.redirects == 20 && task.leads_to.is_some(),
        ErrorCode::RedirectToNonExistentLocation => {
            answer.head == HeadPlan::Nowhere && hop.head.is_some()
        }
        _ => hop.has_ended && answer.fault() == Some(code),
    }
}

/// A callback that panics ends its task, and so does a response refused: no other callback comes but the completion.
pub(super) fn panics_and_refusals_end_the_task(
    world: &World<'_>,
    step: Step,
) -> Result<(), String> {
    let Some((number, Event::Called(_, callback, _))) = step.event() else {
        return Ok(());
    };
    let must = world.task(number).must_end_with;
    ensure(must.is_none() || callback.kind().is_of_the_end(), || {
        format!("task {number}: {callback:?} though it must end with {must:?}")
    })
}

/// Whoever waits for a task's end is told when everybody else has been, at once.
pub(super) fn those_who_wait_for_the_end_are_told(
    world: &World<'_>,
    step: Step,
) -> Result<(), String> {
    let is_over = |task: &TaskView| task.is_refused || task.is_done_with();
    if let Some((number, Event::Finished(_))) = step.event() {
        let task = world.task(number);
        return ensure(is_over(task), || {
            format!("task {number} is said to be over before it is: {task:?}")
        });
    }
    let Step::InstantEnds(_) = step else {
        return Ok(());
    };
    world.numbered().try_for_each(|(number, task)| {
        let is_untold = task.awaited > 0 && is_over(task) && world.passed_on(number).is_none();
        ensure(!is_untold || world.has_runtime_ended, || {
            format!("task {number} is over, and {} wait on", task.awaited)
        })
    })
}
