//! From metrics to rows of bars.

use std::time::Duration;

use url::Url;

use crate::words::metrics::{TaskMetrics, TransactionMetrics};
use crate::words::time::Moment;

/// What a bar stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Queue,
    Lookup,
    Connect,
    Tls,
    Request,
    Wait,
    Response,
}

impl Phase {
    pub(super) const ALL: [Self; 7] = [
        Self::Queue,
        Self::Lookup,
        Self::Connect,
        Self::Tls,
        Self::Request,
        Self::Wait,
        Self::Response,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Lookup => "lookup",
            Self::Connect => "connect",
            Self::Tls => "TLS",
            Self::Request => "request",
            Self::Wait => "wait",
            Self::Response => "response",
        }
    }
}

/// A stretch of one phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) phase: Phase,
    pub(super) start: Moment,
    pub(super) end: Moment,
}

/// One attempt at one hop.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) label: String,
    /// Status, protocol, what else there is to say.
    pub(super) note: String,
    pub(super) bars: Vec<Bar>,
    pub(super) took: Duration,
}

/// A task's rows, one after the other in time.
pub(super) fn of(task: &TaskMetrics) -> Vec<Row> {
    let hops = &task.transaction_metrics;
    let mut from = task.task_interval.start;
    if hops.is_empty() {
        let queue = Bar {
            phase: Phase::Queue,
            start: from,
            end: task.task_interval.end,
        };
        return vec![row("never began".to_owned(), String::new(), vec![queue])];
    }
    let mut rows = Vec::with_capacity(hops.len());
    for (number, hop) in hops.iter().enumerate() {
        let next = hops.get(number + 1).and_then(|next| next.fetch_start);
        let until = next.unwrap_or(task.task_interval.end);
        rows.push(row(label(hop), note(hop), bars(hop, from, until)));
        from = hop.response_end.unwrap_or(until);
    }
    rows
}

fn row(label: String, note: String, bars: Vec<Bar>) -> Row {
    let took = match (bars.first(), bars.last()) {
        (Some(first), Some(last)) => last.end - first.start,
        (None, _) | (_, None) => Duration::ZERO,
    };
    Row {
        label,
        note,
        bars,
        took,
    }
}

fn label(hop: &TransactionMetrics) -> String {
    let url = hop.request.url();
    let host = url.host_str().unwrap_or_default();
    let label = format!("{} {host}{}", hop.request.method(), shown_path(url));
    plain(&label)
}

fn shown_path(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}"));
    format!("{}{}", port.unwrap_or_default(), url.path())
}

fn note(hop: &TransactionMetrics) -> String {
    let status = hop
        .response
        .as_ref()
        .map(|it| it.status().as_str().to_owned());
    let status = status.unwrap_or_else(|| "failed".to_owned());
    let protocol = hop.network_protocol_name.as_deref().unwrap_or_default();
    plain(format!("{status} {protocol}").trim_end())
}

/// Text without characters that a terminal or a parser would act on.
fn plain(text: &str) -> String {
    let shown = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

/// What happened between `from`, when the hop might have begun, and `until`, by when it was over.
fn bars(hop: &TransactionMetrics, from: Moment, until: Moment) -> Vec<Bar> {
    let tls = hop.secure_connection_start;
    let phases = [
        (Phase::Queue, Some(from), hop.fetch_start),
        (
            Phase::Lookup,
            hop.domain_lookup_start,
            hop.domain_lookup_end,
        ),
        (Phase::Connect, hop.connect_start, tls.or(hop.connect_end)),
        (Phase::Tls, tls, hop.secure_connection_end),
        (Phase::Request, hop.request_start, hop.request_end),
        (
            Phase::Wait,
            hop.request_end.or(hop.fetch_start),
            hop.response_start,
        ),
        (Phase::Response, hop.response_start, hop.response_end),
    ];
    let mut bars: Vec<Bar> = Vec::with_capacity(phases.len());
    let mut at = from;
    for (phase, start, end) in phases {
        let Some(start) = start else { continue };
        // Not before what came before, were the measures at odds; a phase that did not end lasts until the hop was over.
        let start = start.max(at);
        let end = end.unwrap_or(until).clamp(start, until.max(start));
        if end > start {
            bars.push(Bar { phase, start, end });
        }
        at = end;
    }
    bars
}
