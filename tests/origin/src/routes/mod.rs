//! The routes: what the origin answers to which path.
//!
//! | path | answer |
//! |---|---|
//! | `/Nepal`, `/Peru`, `/Italy`, `/USA`, `/UK`, `/country.txt` | a short text |
//! | `/jsonBody`, `/get`, `/put`, `/post`, `/delete`, `/head` | the request as JSON; 405 to the wrong method |
//! | `/NNN`, `/status/NNN` | that status; `/300`-`/303`, `/305`-`/308` with `Location: ?location` or the method's route |
//! | `/redirect/N?to=` | N 302s, then `to` or `/jsonBody` |
//! | `/redirect?status=&to=`, `/r?st=&loc=` | one redirect; `to` is percent-decoded to bytes and goes out as it is |
//! | `/t`, `/t2`, … and `/r` without `st` | what arrived: `method`, `wire`, `body`, `ct`, `cl`, `auth`, `x`, `port` |
//! | `/requestHeaders`, `/echoHeaders` | the request's head as text |
//! | `/requestCookies`, `/redirectToEchoHeaders` | two cookies, one of them foreign; a redirect that sets one |
//! | `/UnitedStates`, `/UnitedKingdom`, `/redirect-with-default-port` | 302 to a closed port, to a bare relative name, to the host without port |
//! | `/echo-query`, `/upload`, `/emptyPost`, `/accept-encoding`, `/json` | as they say |
//! | `/gzipped-response`, `/brotli-response` | `Hello World!`, encoded |
//! | `/encoded/CODING,…/N?cut=&spoil=&part=` | N bytes of the pattern under these codings, the last `cut` bytes missing, the byte at `spoil` wrong; `part` makes it a 206 |
//! | `/bomb/CODING/N?to=` | N MiB of zeros under gzip, br or zstd; with `to` as the body of a 302 |
//! | `/auth/basic`, `/unauthorized` | 401 with and without a challenge; `user` and `passwd` are let in |
//! | `/echo` | the body, streamed back with its type |
//! | `/bytes/N`, `/chunked/N` | N bytes of [`pattern`](crate::pattern), with length and ranges, or neither |
//! | `/bytes/N?rate=&cut=` | the same at `rate` bytes a second; the first whole answer for each target breaks off after `cut` bytes |
//! | `/sink?rate=` | reads the body, at `rate` bytes a second, and says how long it was |
//! | `/delay/MS`, `/slow/N/MS`, `/endless?every=MS` | a late answer, a slow one, one without end (events; without `every` a flood) |
//! | `/flaky/N/STATUS?retry-after=` | that status N times, then how often it was asked for; counted for each target apart |
//! | `/counted?Name=value…` | 200 with these fields, or 304 by their `etag`; says how often it was asked for, each target apart |
//! | `/times-asked?for=TARGET` | how often that target was asked for, of those that are counted |
//! | `/addresses` | a URL of this server where connections are refused, as JSON |
//! | `/headers?Name=value…` | 200 with these fields |
//! | `/trailers`, `/forged-trailers` | a trailer section; one with fields that belong into the head |
//! | `/early-hints`, `/early-413` | two 103s and then 200; 413 before the body is read |
//! | `/expect/NNN` | to an expectation that status, the body unread; else the request as JSON |
//! | `/resumable`, `/resumable/N` | an upload that may go on later; its faults are listed in `resumable` |
//! | `/reset-stream/CODE?after=N` | N bytes of a body, then RST_STREAM (on HTTP/1.1: RST) |
//! | `/LandOfTheLostCities/*`, `/response-header-without-whitespace` | broken and bare replies |
//! | `/cache-suite/…`, `/cache-modes` | the servers of [`cache_suite`](crate::cache_suite), HTTP/1.1 only |
//! | `/fault/NAME` | a ready-made fault of [`faults::NAMED`], HTTP/1.1 only |
//!
//! A request as JSON has the members `request_line`, `method`, `target`, `headers` (names in lower
//! case, values joined with `, `), `body_base64` and `body_length`.
//!
//! Files of the folders that the server was started with come first; they are in front of every route.
//!
//! Every route answers after `X-Pause: SECONDS` if the request has it.

mod bodies;
mod cache_suite;
mod counted;
mod early;
mod encoded;
mod flaky;
mod mirror;
mod redirects;
mod simple;

use std::time::Duration;

use http::StatusCode;
use http::header::EXPECT;

use crate::exchange::{Exchange, Reply, bad_request, text};
use crate::faults;

/// Finds the route and runs it.
pub(crate) async fn answer(mut exchange: Exchange) -> Reply {
    if let Some(pause) = requested_pause(&exchange) {
        tokio::time::sleep(pause).await;
    }
    if let Some(file) = exchange.site.folders.answer(&exchange) {
        return file.into();
    }
    let path = exchange.path().to_owned();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    // These answer before the body has come, or instead of reading it.
    match segments[..] {
        ["echo"] => return mirror::echo(exchange).into(),
        ["sink"] => return simple::sink(exchange).await.into(),
        ["expect", status] if exchange.header(EXPECT).is_some() => {
            return early::instead_of_continue(status).into();
        }
        ["early-413"] => return early::payload_too_large().into(),
        ["fault", name] => return fault(name),
        ["cache-suite", ..] | ["cache-modes"] => return cache_suite::answer(exchange).await,
        ["LandOfTheLostCities", name] => return faults::lost_city(name).into(),
        _ => {}
    }
    match mirror::needs_body(&segments) {
        true => match exchange.collect_body().await {
            Ok(body) => mirror::answer(&exchange, &segments, &body).into(),
            Err(error) => bad_request(&error.to_string()).into(),
        },
        false => match exchange.drain_body().await {
            Ok(()) => answer_without_body(&exchange, &segments).await,
            Err(error) => bad_request(&error.to_string()).into(),
        },
    }
}

async fn answer_without_body(exchange: &Exchange, segments: &[&str]) -> Reply {
    match *segments {
        ["delay", ms] => bodies::delayed(ms).await.into(),
        ["bytes", length] => bodies::bytes(exchange, length).into(),
        ["chunked", length] => bodies::chunked(length).into(),
        ["counted"] => counted::answer(exchange).into(),
        ["times-asked"] => flaky::times_asked(exchange).into(),
        ["addresses"] => simple::addresses(exchange).into(),
        ["flaky", failures, status] => flaky::flaky(exchange, failures, status).into(),
        ["slow", count, ms] => bodies::slow(count, ms).into(),
        ["endless"] => bodies::endless(exchange).into(),
        ["trailers"] => early::trailers(exchange),
        ["forged-trailers"] => early::forged_trailers(exchange),
        ["early-hints"] => early::hints(exchange),
        ["reset-stream", code] => bodies::reset_stream(exchange, code),
        ["redirect"] | ["r"] => redirects::one(exchange).into(),
        ["redirect", count] => redirects::countdown(exchange, count).into(),
        ["redirectToEchoHeaders"] => redirects::with_cookie().into(),
        ["UnitedStates"] => redirects::to_closed_port(exchange).into(),
        ["UnitedKingdom"] => redirects::to_relative_name().into(),
        ["redirect-with-default-port"] => redirects::to_default_port(exchange).into(),
        ["status", code] => simple::status(exchange, code).into(),
        ["gzipped-response"] => encoded::gzip().into(),
        ["brotli-response"] => encoded::brotli().into(),
        ["encoded", codings, length] => encoded::pattern(exchange, codings, length).into(),
        ["bomb", coding, mebibytes] => encoded::bomb(exchange, coding, mebibytes).into(),
        ["response-header-without-whitespace"] => faults::field_without_whitespace().into(),
        ["auth", "basic"] => simple::basic_auth(exchange).into(),
        ["unauthorized"] => text(StatusCode::UNAUTHORIZED, "").into(),
        ["requestCookies"] => simple::cookies().into(),
        ["emptyPost"] => simple::empty_post(exchange).into(),
        ["resumable"] => simple::upload(exchange).into(),
        ["upload"] => simple::upload(exchange).into(),
        ["accept-encoding"] => simple::accept_encoding(exchange).into(),
        ["echo-query"] => simple::echo_query(exchange).into(),
        ["headers"] => simple::headers(exchange).into(),
        ["json"] => simple::json_document().into(),
        [name] => simple::country(name).into(),
        _ => text(StatusCode::NOT_FOUND, "Not Found").into(),
    }
}

fn fault(name: &str) -> Reply {
    match faults::named(name) {
        Some(script) => script.into(),
        None => text(StatusCode::NOT_FOUND, "no fault of that name").into(),
    }
}

/// What the request's `X-Pause` asks for, in seconds.
fn requested_pause(exchange: &Exchange) -> Option<Duration> {
    let seconds: f64 = exchange.header("x-pause")?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}
