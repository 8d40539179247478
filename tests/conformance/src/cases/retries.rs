//! Failed exchanges made again. The route counts for each target apart, and says how often it was asked for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use urlsession_core::http::header::RETRY_AFTER;
use urlsession_core::{
    Answer, Configuration, Delegate, Request, RetryAttempt, RetryDecision, RetryPolicy, Session,
    Task, Wants,
};

use crate::{Failure, Fixture, Verdict};

const AT_ONCE: RetryDecision = RetryDecision::Retry(Duration::ZERO);

/// What the app says of an attempt.
type Decide = fn(&RetryAttempt) -> Answer<RetryDecision>;

/// Decides about attempts, and notes each with what was proposed.
#[derive(Clone)]
struct Decider {
    seen: Arc<Mutex<Vec<(u32, RetryDecision)>>>,
    decide: Decide,
}

impl Decider {
    fn new(decide: Decide) -> Self {
        Self {
            seen: Arc::default(),
            decide,
        }
    }

    fn seen(&self) -> Vec<(u32, RetryDecision)> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Delegate for Decider {
    fn wants(&self) -> Wants {
        Wants::RETRY
    }

    fn will_retry(&self, _: &Task, attempt: &RetryAttempt) -> Answer<RetryDecision> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push((attempt.number, attempt.proposed));
        (self.decide)(attempt)
    }
}

/// The URL of a resource that fails so often with 503, and that nobody has asked for yet.
fn flaky(fixture: &Fixture, failures: u32) -> String {
    let platform = fixture.ground().platform(&Configuration::default());
    let number = platform.runtime.random();
    fixture.url(&format!("/flaky/{failures}/503?number={number}"))
}

/// Up to four attempts, with no wait but what the server asks for.
fn retrying(configuration: &mut Configuration) {
    let mut policy = RetryPolicy::default();
    policy.maximum_attempts = 4;
    policy.base_delay = Duration::ZERO;
    configuration.retry_policy = Some(policy);
}

fn decided(fixture: &Fixture, decider: &Decider) -> Session {
    let builder = fixture.builder_of(retrying);
    builder.delegate(decider.clone()).build()
}

/// Status and body.
async fn outcome(session: &Session, request: Request) -> Result<(u16, String), Failure> {
    let (body, response) = session.data(request).await?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok((response.status().as_u16(), body))
}

/// What the server says to the next request, which is not made again.
async fn next(fixture: &Fixture, url: &str) -> Result<(u16, String), Failure> {
    outcome(&fixture.session(), Request::get(url)?).await
}

fn said(status: u16, body: &str) -> (u16, String) {
    (status, body.to_owned())
}

pub(crate) async fn a_busy_server_is_asked_until_it_is_well(fixture: Fixture) -> Verdict {
    let (session, url) = (fixture.session_of(retrying), flaky(&fixture, 2));
    check_eq!(
        outcome(&session, Request::get(&url)?).await?,
        said(200, "3")
    );
    check_eq!(next(&fixture, &url).await?, said(200, "4"));
    Ok(())
}

pub(crate) async fn without_a_policy_the_failure_is_the_answer(fixture: Fixture) -> Verdict {
    let url = flaky(&fixture, 1);
    let first = outcome(&fixture.session(), Request::get(&url)?).await?;
    check_eq!(first, said(503, "failure 1"));
    check_eq!(next(&fixture, &url).await?, said(200, "2"));
    Ok(())
}

pub(crate) async fn attempts_end_with_the_last_failure(fixture: Fixture) -> Verdict {
    let (session, url) = (fixture.session_of(retrying), flaky(&fixture, 9));
    let last = outcome(&session, Request::get(&url)?).await?;
    check_eq!(last, said(503, "failure 4"));
    check_eq!(next(&fixture, &url).await?, said(503, "failure 5"));
    Ok(())
}

pub(crate) async fn a_post_is_not_repeated(fixture: Fixture) -> Verdict {
    let decider = Decider::new(|_| Answer::Unhandled);
    let (session, url) = (decided(&fixture, &decider), flaky(&fixture, 1));
    let post = Request::post(&url)?.with_body("order");
    check_eq!(outcome(&session, post).await?, said(503, "failure 1"));
    check_eq!(decider.seen(), [(1, RetryDecision::Deliver)]);
    check_eq!(next(&fixture, &url).await?, said(200, "2"));
    Ok(())
}

pub(crate) async fn a_put_is_repeated_with_its_body(fixture: Fixture) -> Verdict {
    let (session, url) = (fixture.session_of(retrying), flaky(&fixture, 1));
    let put = Request::put(&url)?.with_body("order");
    check_eq!(outcome(&session, put).await?, said(200, "2"));
    Ok(())
}

pub(crate) async fn by_the_delegates_word_a_post_is_repeated(fixture: Fixture) -> Verdict {
    let decider = Decider::new(|_| AT_ONCE.into());
    let (session, url) = (decided(&fixture, &decider), flaky(&fixture, 2));
    let post = Request::post(&url)?.with_body("order");
    check_eq!(outcome(&session, post).await?, said(200, "3"));
    let deliver = RetryDecision::Deliver;
    check_eq!(decider.seen(), [(1, deliver), (2, deliver)]);
    Ok(())
}

pub(crate) async fn the_delegate_may_veto(fixture: Fixture) -> Verdict {
    let decider = Decider::new(|_| Answer::later(async { RetryDecision::Deliver }));
    let (session, url) = (decided(&fixture, &decider), flaky(&fixture, 1));
    let first = outcome(&session, Request::get(&url)?).await?;
    check_eq!(first, said(503, "failure 1"));
    check_eq!(decider.seen(), [(1, AT_ONCE)]);
    check_eq!(next(&fixture, &url).await?, said(200, "2"));
    Ok(())
}

/// The URL of a resource that fails twice and asks for a wait, and whether that can be seen: a browser hides what a server does not expose.
async fn asking(fixture: &Fixture, seconds: u64) -> Result<(String, bool), Failure> {
    let url = format!("{}&retry-after={seconds}", flaky(fixture, 2));
    let (_, response) = fixture.session().data(&url).await?;
    let is_seen = response.headers().contains_key(RETRY_AFTER);
    check!(is_seen || !fixture.capabilities().all_response_headers);
    Ok((url, is_seen))
}

pub(crate) async fn the_wait_that_a_server_asks_for_is_kept(fixture: Fixture) -> Verdict {
    let decider = Decider::new(|_| Answer::Unhandled);
    let session = decided(&fixture, &decider);
    for seconds in [0, 1] {
        let (url, is_seen) = asking(&fixture, seconds).await?;
        let wait = Duration::from_secs(if is_seen { seconds } else { 0 });
        let before = fixture.now();
        check_eq!(
            outcome(&session, Request::get(&url)?).await?,
            said(200, "3")
        );
        let passed = fixture.now() - before;
        // Clocks of platforms are as coarse as milliseconds.
        check!(passed + Duration::from_millis(10) >= wait, "{passed:?}");
        check_eq!(decider.seen().pop(), Some((1, RetryDecision::Retry(wait))));
    }
    Ok(())
}

pub(crate) async fn a_wait_that_is_too_long_is_not_waited(fixture: Fixture) -> Verdict {
    let (url, is_seen) = asking(&fixture, 61).await?;
    let session = fixture.session_of(retrying);
    let expected = match is_seen {
        true => said(503, "failure 2"),
        false => said(200, "3"),
    };
    check_eq!(outcome(&session, Request::get(&url)?).await?, expected);
    Ok(())
}

pub(crate) async fn a_server_that_refuses_is_asked_as_often(fixture: Fixture) -> Verdict {
    let decider = Decider::new(|_| Answer::Unhandled);
    let session = decided(&fixture, &decider);
    let error = fails!(session.data(&fixture.sites().closed).await);
    let policy = RetryPolicy::default();
    check!(policy.error_codes.contains(&error.code()), "{error}");
    let deliver = RetryDecision::Deliver;
    check_eq!(
        decider.seen(),
        [(1, AT_ONCE), (2, AT_ONCE), (3, AT_ONCE), (4, deliver)]
    );
    Ok(())
}
