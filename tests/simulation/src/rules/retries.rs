//! Attempts that failed and are made again.

use urlsession_core::ErrorCode;
use urlsession_core::mock::Sight;

use super::{Step, ensure};
use crate::trace::{Callback, Event, Failed, Who};
use crate::world::{Kind, Place, Proposal, World};

/// The policy proposes what it allows and no more: its methods, statuses and errors, so often, from a stock, with waits that grow.
pub(super) fn retries_keep_to_the_policy(world: &World<'_>, step: Step) -> Result<(), String> {
    match step.event() {
        Some((number, Event::Called(_, Callback::Retry(failed), _))) => {
            is_proposed_rightly(world, number, failed)
        }
        Some((number, Event::Retrying(attempt, delay))) => {
            let task = world.task(number);
            let Some(outcome) = outcome(world, number) else {
                return Err(format!("task {number}: nothing has failed"));
            };
            // Where the app was asked, its word holds.
            let may = task.trial.is_asked
                || (world.proposal(number, outcome) != Proposal::Deliver
                    && world.may_wait(attempt, delay));
            ensure(may && attempt == task.trial.number, || {
                format!("task {number}: attempt {attempt}, {outcome:?}, again after {delay} ms")
            })
        }
        _ => Ok(()),
    }
}

fn is_proposed_rightly(world: &World<'_>, number: u8, failed: Failed) -> Result<(), String> {
    let task = world.task(number);
    // The second to be asked is asked about the same.
    let is_passed_on = world.passed_on(number) == Some(Callback::Retry(failed));
    let proposal = world.proposal(number, failed.outcome);
    let is_right = match (proposal, failed.proposed) {
        _ if is_passed_on => true,
        (Proposal::Unsure, None) | (Proposal::Deliver, None) => true,
        (Proposal::Unsure | Proposal::Retry, Some(delay)) => world.may_wait(failed.number, delay),
        (Proposal::Retry, None) | (Proposal::Deliver, Some(_)) => false,
    };
    let is_this =
        Some(failed.outcome) == outcome(world, number) && failed.number == task.trial.number;
    ensure(is_right && is_this, || {
        format!("task {number}: asked about {failed:?} where {proposal:?} was due")
    })
}

/// What came of the attempt, if it failed.
fn outcome(world: &World<'_>, number: u8) -> Option<Result<u16, ErrorCode>> {
    let (hop, answer) = (world.task(number).hop?, world.answer(number)?);
    match hop.head {
        Some(status) => (status >= 400).then_some(Ok(status)),
        None => answer.fault().filter(|_| hop.is_over()).map(Err),
    }
}

/// What the policy makes again is not delivered, unless the app says so.
pub(super) fn failures_are_made_again(world: &World<'_>, step: Step) -> Result<(), String> {
    let (number, delivered) = match (step.event(), step.decided(world)) {
        (Some((number, Event::Called(_, Callback::Response(status), _))), _) => {
            (number, Ok(status))
        }
        (_, Some((number, Some(code)))) => (number, Err(code)),
        _ => return Ok(()),
    };
    let task = world.task(number);
    let is_asked = [Who::Own, Who::Sessions]
        .into_iter()
        .any(|who| world.hears(number, who, Kind::Retry));
    let is_failure = outcome(world, number) == Some(delivered) && task.responses == [None; 2];
    let is_due = world.proposal(number, delivered) == Proposal::Retry;
    let is_overtaken = task.is_cancelled || task.must_end_with.is_some();
    let is_kept = if is_asked {
        (task.trial.is_asked && !task.trial.is_reserved) || is_overtaken
    } else {
        !is_due || is_overtaken
    };
    ensure(!is_failure || is_kept, || {
        format!(
            "task {number}: {delivered:?} is delivered: {:?}",
            task.trial
        )
    })
}

/// Another attempt begins when its wait is over.
pub(super) fn retries_wait_their_time(world: &World<'_>, step: Step) -> Result<(), String> {
    let Some((number, Event::Server(_, Sight::Began))) = step.event() else {
        return Ok(());
    };
    let (task, now) = (world.task(number), step.time().unwrap_or(world.now));
    let is_early = matches!(task.place, Place::Away { until, .. } if now < until);
    ensure(!is_early, || {
        format!("task {number} begins too early: {:?}", task.place)
    })
}
