//! The steps in their order.

use std::time::Instant;

use urlsession::ErrorCode::{CannotParseResponse, NetworkConnectionLost};

use crate::report::{Failure, Report};
use crate::screen::{Ink, Screen};
use crate::stage::Stage;
use crate::{basics, cached, figures, flow, queue, redirects, resumed, secure, trouble, waterfall};

/// Runs them all; true when each went as it must.
pub(crate) async fn tour(screen: Screen, once: bool, svg: Option<&str>) -> Result<bool, Failure> {
    let stage = Stage::new(screen, once)?;
    let (began, mut report) = (Instant::now(), Report::default());
    stage.screen.line(&format!(
        "urlsession {}: a tour of real transfers, with a server on {}",
        env!("CARGO_PKG_VERSION"),
        stage.origin.url("/")
    ));
    transfers(&stage, &mut report).await;
    caching(&stage, &mut report).await;
    encryption(&stage, &mut report).await;
    trouble(&stage, &mut report).await;
    let metrics = (
        "metrics",
        "Waterfall::new(&metrics).to_text(100), of 7 transfers at once",
    );
    let drawn = waterfall::draw(&stage, svg);
    stage.run(&mut report, metrics, drawn).await;
    report.show(&stage.screen);

    let (count, failures) = (report.len(), report.failures());
    let summary = format!(
        "{} of {count} as they must be, in {}",
        count - failures,
        figures::time(began.elapsed())
    );
    let ink = if failures == 0 { Ink::Green } else { Ink::Red };
    stage
        .screen
        .line(&format!("\n{}", stage.screen.ink(ink, &summary)));
    let left = stage.origin.wait_for_open_connections(0).await;
    match &left {
        Ok(()) => stage.screen.line("no connection was left open"),
        Err(overdue) => stage
            .screen
            .line(&stage.screen.ink(Ink::Red, &overdue.to_string())),
    }
    Ok(failures == 0 && left.is_ok())
}

async fn transfers(stage: &Stage, report: &mut Report) {
    let get = ("GET", "session.data(url).await");
    stage.run(report, get, basics::get(stage)).await;
    let post = (
        "POST of JSON",
        "session.data(Request::post(url)?.with_body(json)).await",
    );
    stage.run(report, post, basics::post(stage)).await;
    let stream = (
        "body as a stream",
        "session.bytes(url).await, then chunk by chunk",
    );
    stage.run(report, stream, flow::stream(stage)).await;
    let queue = (
        "18 tasks, 6 at a time",
        "task.set_priority(Task::HIGH_PRIORITY); task.resume()",
    );
    stage.run(report, queue, queue::six_at_a_time(stage)).await;
    let suspend = ("suspend and resume", "task.suspend(); task.resume()");
    stage.run(report, suspend, flow::suspend(stage)).await;
    let cancel = ("cancel", "task.cancel()");
    stage.run(report, cancel, flow::cancel(stage)).await;
    let redirects = ("redirects", "Delegate::will_perform_http_redirection");
    stage
        .run(report, redirects, redirects::across_origins(stage))
        .await;
    let streams = (
        "50 tasks, 1 connection",
        "configuration.assumes_http2_capable = true",
    );
    stage
        .run(report, streams, queue::fifty_streams(stage))
        .await;
}

async fn caching(stage: &Stage, report: &mut Report) {
    let hit = (
        "cache, a hit",
        "builder.cache(UrlCache::in_memory(bytes)), then session.data(url) twice",
    );
    stage.run(report, hit, cached::hit(stage)).await;
    let revalidated = (
        "cache, revalidated",
        "Cache-Control: no-cache, ETag: \"v1\"",
    );
    stage
        .run(report, revalidated, cached::revalidated(stage))
        .await;
    let stale = (
        "cache, stale at first",
        "Cache-Control: max-age=0, stale-while-revalidate=60",
    );
    stage
        .run(report, stale, cached::stale_while_revalidating(stage))
        .await;
}

async fn encryption(stage: &Stage, report: &mut Report) {
    let root = (
        "TLS, additional root",
        "configuration.tls_additional_roots.push(der)",
    );
    stage.run(report, root, secure::private_root(stage)).await;
    let unknown = ("TLS, unknown root", "the same server without that root");
    stage
        .run(report, unknown, secure::unknown_root(stage))
        .await;
    let expired = ("TLS, expired", "a certificate that was good until 2020");
    stage.run(report, expired, secure::expired(stage)).await;
    let host = ("TLS, wrong host", "a certificate for another name");
    stage.run(report, host, secure::wrong_host(stage)).await;
}

async fn trouble(stage: &Stage, report: &mut Report) {
    let cut = (
        "cut download",
        "ResumeData::for_destination(&session, path).await, then session.download(data).await",
    );
    stage.run(report, cut, resumed::resumed(stage)).await;
    let idle = ("silence", "request.with_timeout_interval(limit)");
    stage.run(report, idle, trouble::idle(stage)).await;
    let resource = (
        "endless drip",
        "configuration.timeout_interval_for_resource = limit",
    );
    stage.run(report, resource, trouble::resource(stage)).await;
    let refused = ("refused", "a port where nobody listens");
    stage.run(report, refused, trouble::refused(stage)).await;
    for (what, call, name, code) in [
        (
            "reset",
            "RST in the middle of the body",
            "reset-mid-body",
            NetworkConnectionLost,
        ),
        (
            "short body",
            "fewer bytes than announced",
            "length-too-long",
            NetworkConnectionLost,
        ),
        (
            "garbage",
            "bytes that are no HTTP",
            "garbage",
            CannotParseResponse,
        ),
        (
            "header bomb",
            "one field of 10 MiB",
            "huge-header",
            CannotParseResponse,
        ),
    ] {
        stage
            .run(report, (what, call), trouble::fault(stage, name, code))
            .await;
    }
}
