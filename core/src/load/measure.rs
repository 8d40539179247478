//! A response's body on its way through, counted for the metrics.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;

use crate::seams::app::App;
use crate::seams::signals::Signals;
use crate::seams::transport::HopResponse;
use crate::words::body::{Body, FileSink, SaveTo};
use crate::words::bounds::{BoxFuture, NativeObject};
use crate::words::error::Error;
use crate::words::metrics::ResourceFetchType;
use crate::words::network::{NetworkKind, NetworkStatus};
use crate::words::request::Request;

/// A hop begins, by the path that was reported last.
pub(crate) fn begin<A: App>(app: &A, signals: &Signals, request: &Request) {
    if signals.wants_metrics() {
        note_hop(app, signals, request);
    }
}

#[inline(never)]
fn note_hop<A: App>(app: &A, signals: &Signals, request: &Request) {
    signals.measure_hop(request);
    let Some(monitor) = &app.platform().network else {
        return;
    };
    let path = monitor.path();
    if path.status == NetworkStatus::Satisfied {
        let is_known = path.kind != NetworkKind::Unknown;
        signals.measure(|transaction| {
            transaction.is_cellular = is_known.then_some(path.kind == NetworkKind::Cellular);
            transaction.is_expensive = Some(path.is_expensive);
            transaction.is_constrained = Some(path.is_constrained);
        });
    }
}

/// Notes the answer's head, and from now on its body, where somebody wants metrics.
pub(crate) fn measured<A: App>(
    app: &A,
    signals: &Arc<Signals>,
    answer: HopResponse,
) -> HopResponse {
    match signals.wants_metrics() {
        true => note_answer(app, signals, answer),
        false => answer,
    }
}

#[inline(never)]
fn note_answer<A: App>(app: &A, signals: &Arc<Signals>, answer: HopResponse) -> HopResponse {
    let is_coded_as_sent = app.platform().transport.capabilities().metrics;
    let now = signals.now();
    signals.measure(|transaction| {
        transaction.response = Some(answer.response.clone());
        transaction.response_start.get_or_insert(now);
        if transaction.resource_fetch_type == ResourceFetchType::Unknown {
            transaction.resource_fetch_type = ResourceFetchType::NetworkLoad;
        }
    });
    HopResponse {
        body: Box::new(Measured {
            body: answer.body,
            signals: signals.clone(),
            count: is_coded_as_sent.then_some(0),
        }),
        ..answer
    }
}

/// An answer that was kept on this machine, noted as such where somebody wants metrics.
#[cfg(feature = "cache")]
pub(crate) fn from_cache<A: App>(app: &A, request: &Request, answer: HopResponse) -> HopResponse {
    let signals = app.signals();
    if !signals.wants_metrics() {
        return answer;
    }
    signals.measure_hop(request);
    let now = signals.now();
    signals.measure(|transaction| {
        transaction.response = Some(answer.response.clone());
        transaction.response_start = Some(now);
        transaction.resource_fetch_type = ResourceFetchType::LocalCache;
    });
    HopResponse {
        body: Box::new(Measured {
            body: answer.body,
            signals: signals.clone(),
            count: None,
        }),
        ..answer
    }
}

/// A body that counts its bytes as they come. What it has counted it writes down at its end, or when it is dropped before.
struct Measured {
    body: Box<dyn Body>,
    signals: Arc<Signals>,
    /// `None` when the bytes go where nobody counts them.
    count: Option<u64>,
}

impl Measured {
    fn add(&mut self, bytes: u64) {
        if let Some(count) = &mut self.count {
            *count += bytes;
        }
    }

    fn ended(&self) {
        let now = self.signals.now();
        self.signals.measure(|transaction| {
            transaction.response_end.get_or_insert(now);
        });
    }
}

impl Body for Measured {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let chunk = ready!(self.body.poll_next_chunk(context));
        match &chunk {
            Some(Ok(bytes)) => self.add(bytes.len() as u64),
            Some(Err(_)) => {}
            None => self.ended(),
        }
        Poll::Ready(chunk)
    }

    fn remaining(&self) -> Option<u64> {
        self.body.remaining()
    }

    fn trailers(&mut self) -> Option<HeaderMap> {
        self.body.trailers()
    }

    fn direct(&mut self) -> Option<&mut dyn SaveTo> {
        self.body.direct()?;
        Some(self)
    }

    fn take_native(&mut self) -> Option<NativeObject> {
        let native = self.body.take_native()?;
        self.count = None;
        Some(native)
    }
}

impl SaveTo for Measured {
    fn save_to<'a>(&'a mut self, file: &'a mut dyn FileSink) -> BoxFuture<'a, Result<u64, Error>> {
        Box::pin(async move {
            let Some(direct) = self.body.direct() else {
                return Ok(0);
            };
            let moved = direct.save_to(file).await?;
            match moved {
                0 => self.ended(),
                moved => self.add(moved),
            }
            Ok(moved)
        })
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let Some(count) = self.count else { return };
        self.signals.measure(|transaction| {
            transaction
                .count_of_response_body_bytes_received
                .get_or_insert(count);
        });
    }
}
