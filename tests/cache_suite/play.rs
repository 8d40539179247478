//! Plays one case: its requests in order, and the checks of what came.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use urlsession::Request;
use urlsession::http::Method;
use urlsession::http::header::{HeaderName, HeaderValue};
use urlsession_origin::cache_suite::{FieldValue, SCRIPTS};

use crate::case::{Case, Exchange};
use crate::check::{self, Arrival};
use crate::modes::Mode;
use crate::seen::{Redirects, Seen, Trouble};
use crate::world::World;

/// How long a case lets a cache grow old.
const PAUSE: Duration = Duration::from_secs(3);

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why a case did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The case could not be set up, for lack of something that it builds on.
    Setup(String),
    /// A request arrived twice: the case says nothing.
    Retry,
    /// The request took too long.
    Harness(String),
    /// What the case is about is not so.
    Claim(String),
}

impl Failure {
    /// A failed check, of the case's own making or not.
    pub(crate) fn of(is_setup: bool, message: String) -> Self {
        match is_setup {
            true => Self::Setup(message),
            false => Self::Claim(message),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setup(message) => write!(f, "setup: {message}"),
            Self::Retry => f.write_str("a request arrived twice"),
            Self::Harness(message) => write!(f, "harness: {message}"),
            Self::Claim(message) => f.write_str(message),
        }
    }
}

/// Plays a case to its end, or to its first failure; each time it is played it has another number.
pub(crate) async fn play(world: &World, case: &Case, time: u32) -> Result<(), Failure> {
    let exchanges = case.exchanges();
    let id = identifier(&case.id, time);
    let config = serde_json::to_vec(&case.requests).unwrap();
    let url = format!("{}{SCRIPTS}/config/{id}", world.base);
    let request = Request::put(url).unwrap().with_body(config);
    let configured = world.ask(request, Redirects::Follow).await;
    let status = configured.map(|seen| seen.status);
    if !matches!(status, Ok(201)) {
        return Err(Failure::Harness(format!("not configured: {status:?}")));
    }
    let mut all = Vec::new();
    for (index, exchange) in exchanges.iter().enumerate() {
        let seen = send(world, &id, index, exchange, all.last()).await?;
        check::response(exchange, index + 1, &id, &seen)?;
        all.push(seen);
        if exchange.pause_after {
            world.pause(PAUSE).await;
        }
    }
    check::arrivals(&exchanges, &all, &arrived(world, &id).await?)
}

/// As long as a UUID, which some cases count on.
fn identifier(name: &str, time: u32) -> String {
    let mut halves = [0; 2];
    for (index, half) in halves.iter_mut().enumerate() {
        let mut hasher = DefaultHasher::new();
        (index, name, time).hash(&mut hasher);
        *half = hasher.finish();
    }
    let digits = format!("{:016x}{:016x}", halves[0], halves[1]);
    let parts = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    parts.join("-")
}

async fn send(
    world: &World,
    id: &str,
    index: usize,
    exchange: &Exchange,
    before: Option<&Seen>,
) -> Result<Seen, Failure> {
    let request = request(&world.base, id, index, exchange, before);
    let redirects = match exchange.redirect.as_deref() {
        Some("manual") => Redirects::Manual,
        _ => Redirects::Follow,
    };
    match world.ask(request, redirects).await {
        Ok(seen) => Ok(seen),
        // A client library gives an error where a proxy gives 502: as much a response without the server's fields.
        Err(_) if exchange.disconnect && exchange.expected_status == Some(None) => {
            Ok(Seen::default())
        }
        Err(Trouble::TimedOut(error)) => {
            Err(Failure::Harness(format!("request {}: {error}", index + 1)))
        }
        Err(Trouble::Failed(error)) => {
            Err(Failure::Claim(format!("request {}: {error}", index + 1)))
        }
    }
}

fn request(
    base: &str,
    id: &str,
    index: usize,
    exchange: &Exchange,
    before: Option<&Seen>,
) -> Request {
    let mut url = format!("{base}{SCRIPTS}/test/{id}");
    for (mark, part) in [('/', &exchange.filename), ('?', &exchange.query_arg)] {
        if let Some(part) = part {
            url.push(mark);
            url.push_str(part);
        }
    }
    let method = exchange.request_method.as_deref().unwrap_or("GET");
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = Request::new(method, url)
        .unwrap()
        .with_timeout_interval(TIMEOUT);
    if let Some(body) = &exchange.request_body {
        request = request.with_body(body.clone());
    }
    for field in &exchange.request_headers {
        let value = match (field.value(), before) {
            (value @ FieldValue::Seconds(_), Some(before)) if exchange.magic_ims => {
                value.resolved(field.name(), server_now(before), false)
            }
            (value, _) => value.clone(),
        };
        add(&mut request, field.name(), &value.text());
    }
    for (name, value) in [("Test-ID", id), ("Req-Num", &(index + 1).to_string())] {
        add(&mut request, name, value);
    }
    Mode::named(exchange.cache.as_deref().unwrap_or("default")).apply(request)
}

fn add(request: &mut Request, name: &str, value: &str) {
    let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
    let value = HeaderValue::from_str(value).unwrap();
    request.headers_mut().append(name, value);
}

/// When the server answered, by its own word.
pub(crate) fn server_now(seen: &Seen) -> SystemTime {
    let milliseconds = seen.number("Server-Now").unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds.unsigned_abs())
}

/// What arrived at the server, in order.
async fn arrived(world: &World, id: &str) -> Result<Vec<Arrival>, Failure> {
    let url = format!("{}{SCRIPTS}/state/{id}", world.base);
    let asked = world
        .ask(Request::get(url).unwrap(), Redirects::Follow)
        .await;
    match asked {
        Ok(seen) if seen.status == 200 => {
            let values: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
            Ok(Vec::deserialize(values).unwrap())
        }
        Ok(_) => Ok(Vec::new()),
        Err(trouble) => Err(Failure::Harness(format!("{trouble:?}"))),
    }
}

#[test]
fn an_identifier_is_as_long_as_a_uuid_and_a_cases_own() {
    assert_eq!(identifier("a", 1).len(), 36);
    assert_eq!(identifier("a", 1), identifier("a", 1));
    assert_ne!(identifier("a", 1), identifier("b", 1));
    assert_ne!(identifier("a", 1), identifier("a", 2));
}
