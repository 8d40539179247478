//! Who is called, and when.

use super::{Step, ensure};
use crate::script::{Form, Queue};
use crate::trace::{Callback, Event, What, Who};
use crate::world::{Hop, Kind, World};

/// Per task callbacks are one after another; on a serial queue, across the session.
pub(super) fn callbacks_are_serial(world: &World<'_>, step: Step) -> Result<(), String> {
    match step.event() {
        Some((number, Event::Called(who, callback, _))) => {
            let is_free = world.task(number).calling.is_none();
            let is_alone = world.tasks.iter().all(|task| task.calling.is_none());
            // An executor that has ended drops its jobs wherever they come, and with them come the calls.
            let may_overlap = world.plan.setup.queue == Queue::Concurrent
                || (world.has_executor() && world.has_runtime_ended);
            let holds = is_free && (is_alone || may_overlap);
            ensure(holds, || {
                format!("task {number}: {who:?} {callback:?} inside another callback")
            })
        }
        Some((number, Event::Returned(who, callback, _))) => {
            let calling = world.task(number).calling;
            ensure(calling == Some((who, callback)), || {
                format!("task {number}: {callback:?} returned from {calling:?}")
            })
        }
        _ => Ok(()),
    }
}

/// Redirects, bytes sent and interim responses, then the response once, then data, then the end.
pub(super) fn callbacks_come_in_order(world: &World<'_>, step: Step) -> Result<(), String> {
    let Some((number, Event::Called(who, callback, _))) = step.event() else {
        return Ok(());
    };
    let task = world.task(number);
    let Some(hop) = task.hop else {
        let is_end = callback.kind().is_of_the_end();
        return ensure(is_end, || {
            format!("task {number}: {callback:?} before the first hop")
        });
    };
    let is_over = hop.is_over();
    let is_before_response = task.responses == [None; 2] && task.last_chunk.is_none();
    let holds = match callback {
        Callback::Redirection => is_before_response && hop.head.is_some() && !is_over,
        Callback::Retry(_) => {
            let has_failed = match hop.head {
                Some(status) => status >= 400 && !is_over,
                None => is_over,
            };
            is_before_response && has_failed
        }
        Callback::BodyStream => {
            let is_again = task.leads_to.is_some() || task.trial.number > 1;
            is_before_response && is_again && is_over
        }
        Callback::Sent(total) => is_before_response && total > 0 && total <= hop.sent,
        Callback::Informational => is_before_response && hop.is_connected,
        Callback::Response(_) => {
            task.responses[who as usize].is_none() && task.last_chunk.is_none()
        }
        Callback::Data(_) => hop.head.is_some() && heard_the_response(world, number),
        Callback::Metrics | Callback::Complete(_) => true,
    };
    ensure(holds, || {
        format!("task {number}: {who:?} {callback:?} out of order, at {hop:?}")
    })
}

/// The first who wants the response has had it.
fn heard_the_response(world: &World<'_>, number: u8) -> bool {
    let mut hearers = [Who::Own, Who::Sessions]
        .into_iter()
        .filter(|who| world.hears(number, *who, Kind::Response));
    hearers
        .next()
        .is_none_or(|who| world.task(number).responses[who as usize].is_some())
}

/// Between a question or notice and its answer nothing reaches the task's delegates, and nothing is taken from the server.
pub(super) fn nothing_comes_between_question_and_answer(
    world: &World<'_>,
    step: Step,
) -> Result<(), String> {
    let Some((number, event)) = step.event() else {
        return Ok(());
    };
    let task = world.task(number);
    let is_busy = task.question.is_some() || task.calling.is_some();
    let intrudes = match event {
        Event::Called(..) => task.question.is_some(),
        Event::Server(_, sight) => is_busy && super::lifecycle::is_progress(sight),
        _ => false,
    };
    ensure(!intrudes, || {
        format!(
            "task {number}: {event:?} during {:?} {:?}",
            task.calling, task.question
        )
    })
}

/// What a task's delegate leaves unhandled goes to the session's, at once, and nothing else does.
pub(super) fn unhandled_calls_are_passed_on(world: &World<'_>, step: Step) -> Result<(), String> {
    if let Step::InstantEnds(_) = step {
        return none_is_kept_back(world);
    }
    let Some((number, Event::Called(who, callback, _))) = step.event() else {
        return Ok(());
    };
    let task = world.task(number);
    let passed_on = world.passed_on(number);
    let holds = match (who, passed_on) {
        (Who::Sessions, Some(before)) => before == callback,
        (Who::Sessions, None) => !world.hears(number, Who::Own, callback.kind()),
        (Who::Own, Some(_)) => callback.kind().is_of_the_end(),
        (Who::Own, None) => true,
    };
    let unfinished = passed_on.is_some() && callback.kind().is_of_the_end() && who == Who::Sessions;
    ensure(holds || (unfinished && task.is_cancelled), || {
        format!(
            "task {number}: {who:?} {callback:?} after {:?}",
            task.settled
        )
    })
}

/// No unhandled call waits for anything but its task.
fn none_is_kept_back(world: &World<'_>) -> Result<(), String> {
    world.numbered().try_for_each(|(number, task)| {
        let kept = world
            .passed_on(number)
            .filter(|_| task.calling.is_none() && task.question.is_none())
            .filter(|call| task.runs() || call.kind() == Kind::Complete);
        ensure(kept.is_none() || world.has_runtime_ended, || {
            format!("task {number}: nobody handles {kept:?}")
        })
    })
}

/// Calls of a session with an executor are jobs of it, those of handlers and of the session's end too.
pub(super) fn callbacks_run_on_their_queue(world: &World<'_>, step: Step) -> Result<(), String> {
    let is_call = match (step.event(), step.of_session()) {
        (Some((_, Event::Called(..))), _) | (_, Some(What::BecameInvalid)) => true,
        (Some((number, Event::Gave(_))), _) => world.task(number).form == Form::Handler,
        _ => false,
    };
    let is_elsewhere = world.has_executor() && !world.is_in_job && !world.has_runtime_ended;
    ensure(!is_call || !is_elsewhere, || {
        format!("{step:?} outside the executor's jobs")
    })
}

/// An answer that comes later is waited for as long as its task goes on; that to the completion, always; that to the metrics, no
/// longer than the session's idle timer runs.
pub(super) fn answers_are_waited_for(world: &World<'_>, step: Step) -> Result<(), String> {
    let Some((number, Event::AnswerDropped)) = step.event() else {
        return Ok(());
    };
    let (task, now) = (world.task(number), step.time().unwrap_or(world.now));
    let may_go = match task.question {
        Some((_, Callback::Complete(_))) => false,
        Some((_, Callback::Metrics)) => now == task.waits_since + world.plan.setup.idle,
        _ => task.is_cancelled || task.timers.due().is_some_and(|due| due <= now),
    };
    ensure(may_go || world.has_runtime_ended, || {
        format!(
            "task {number}: the answer to {:?} is dropped",
            task.question
        )
    })
}

/// Nobody is called for what it does not want, or what handler or future have instead.
pub(super) fn only_those_who_want_are_called(world: &World<'_>, step: Step) -> Result<(), String> {
    let Some((number, Event::Called(who, callback, _))) = step.event() else {
        return Ok(());
    };
    ensure(world.hears(number, who, callback.kind()), || {
        format!("task {number}: {who:?} did not want {callback:?}")
    })
}

/// The hop's response is the one of this status.
pub(super) fn has_head(hop: Option<Hop>, status: u16) -> bool {
    hop.is_some_and(|hop| hop.head == Some(status))
}
