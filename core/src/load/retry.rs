//! Makes a hop again that failed before anything of it was handed to the app: the policy proposes, the app decides.

use std::time::Duration;

use crate::load::drain::drain;
use crate::load::route::{Answer, route};
use crate::load::send::Hop;
use crate::policy::retry::{TakenRetry, Trial, decide};
use crate::seams::app::App;
use crate::words::apart::apart;
use crate::words::error::{Blame, Error};
use crate::words::retry::{RetryAttempt, RetryDecision};

/// Makes the hop until an attempt's outcome is to be delivered.
pub(crate) async fn retry<A: App>(app: &A, hop: &Hop) -> Result<Answer, Error> {
    let outcome = route(app, hop).await;
    if app.configuration().retry_policy.is_none() && !app.wants_retry() {
        return outcome;
    }
    if is_settled(app, &outcome) {
        return outcome;
    }
    apart(reconsider(app, hop, outcome)).await
}

/// True when there is nothing to decide; a success is noted. Never put into its caller's code: most sessions have no policy.
#[inline(never)]
fn is_settled<A: App>(app: &A, outcome: &Result<Answer, Error>) -> bool {
    if has_failed(outcome) {
        return false;
    }
    if let (Some(policy), Ok(_)) = (&app.configuration().retry_policy, outcome) {
        app.retry_budget().succeeded(policy);
    }
    true
}

async fn reconsider<A: App>(
    app: &A,
    hop: &Hop,
    mut outcome: Result<Answer, Error>,
) -> Result<Answer, Error> {
    let mut number = 1;
    while has_failed(&outcome) {
        let (attempt, taken) = propose(app, hop, number, &outcome);
        let RetryDecision::Retry(delay) = app.will_retry(attempt).await? else {
            break;
        };
        if let Some(taken) = taken {
            taken.spend();
        }
        if let Ok(answer) = outcome {
            drain(app, answer.exchange.body).await;
        }
        wait(app, delay).await;
        number = number.saturating_add(1);
        outcome = route(app, hop).await;
    }
    outcome
}

/// True when there may be something to decide: a response of status 400 or above, or none, and not by the app's own doing, nor in its code.
fn has_failed(outcome: &Result<Answer, Error>) -> bool {
    match outcome {
        Ok(answer) => answer.exchange.response.status().as_u16() >= 400,
        Err(error) => error.code().blame() != Blame::Caller && !error.is_of_a_callback(),
    }
}

/// The attempt, with what the policy would do about it, and the retry that this takes out of the session's stock.
fn propose<'a, A: App>(
    app: &'a A,
    hop: &Hop,
    number: u32,
    outcome: &Result<Answer, Error>,
) -> (RetryAttempt, Option<TakenRetry<'a>>) {
    let outcome = match outcome {
        Ok(answer) => Ok(answer.exchange.response.clone()),
        Err(error) => Err(error.clone().with_place(hop.request.place())),
    };
    let runtime = &app.platform().runtime;
    let trial = Trial {
        request: &hop.request,
        number,
        outcome: &outcome,
    };
    let allowed = app
        .configuration()
        .retry_policy
        .as_ref()
        .and_then(|policy| {
            let decision = decide(policy, trial, runtime.wall_clock(), runtime.random());
            match decision {
                RetryDecision::Retry(_) => Some((decision, app.retry_budget().take(policy)?)),
                RetryDecision::Deliver => None,
            }
        });
    let (proposed, taken) = match allowed {
        Some((decision, taken)) => (decision, Some(taken)),
        None => (RetryDecision::Deliver, None),
    };
    let attempt = RetryAttempt {
        number,
        outcome,
        proposed,
    };
    (attempt, taken)
}

/// Lets the time pass: meanwhile the place is others', the idle timer stands still, and the resource timer runs.
pub(super) async fn wait<A: App>(app: &A, delay: Duration) {
    if delay.is_zero() {
        return;
    }
    app.leave_origin();
    let runtime = &app.platform().runtime;
    runtime.sleep_until(runtime.now() + delay).await;
    app.return_to_origin().await;
}
