//! Bodies: the request's, recorded as it is read, and those that routes answer with.

use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::Incoming;

use crate::log::Log;
use crate::pattern;

/// Any error of a body.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What routes answer with.
pub(crate) type Body = UnsyncBoxBody<Bytes, BoxError>;

/// A body without a byte.
pub(crate) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// A body that is known whole.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// A body of unknown length.
pub(crate) fn streamed<S>(frames: S) -> Body
where
    S: Stream<Item = Result<Frame<Bytes>, BoxError>> + Send + 'static,
{
    StreamBody::new(frames).boxed_unsync()
}

/// Chunks with a pause before each but the first, without end when `count` is `None`.
pub(crate) fn paced(
    count: Option<u64>,
    every: Duration,
    chunk: impl Fn(u64) -> Bytes + Send + 'static,
) -> Body {
    let numbers = stream::iter(0..count.unwrap_or(u64::MAX));
    streamed(numbers.then(move |number| {
        let bytes = chunk(number);
        async move {
            match (number, every) {
                (0, _) => {}
                // Gives way, so that a body that is always ready cannot starve the runtime.
                (_, Duration::ZERO) => tokio::task::yield_now().await,
                (_, every) => tokio::time::sleep(every).await,
            }
            Ok(Frame::data(bytes))
        }
    }))
}

/// The pattern between two places at so many bytes a second; before the byte at `cut`, if there is one, it breaks off.
pub(crate) fn pattern_at_rate(places: Range<u64>, rate: u64, cut: Option<u64>) -> Body {
    /// How often a slow body has something to send.
    const FRAMES_A_SECOND: u64 = 50;
    /// Time for what was sent to leave.
    const BEFORE_CUT: Duration = Duration::from_millis(5);
    let rate = rate.max(1);
    let began = tokio::time::Instant::now();
    let end = places.end.min(cut.unwrap_or(u64::MAX));
    let frames = stream::unfold(places.start, move |next| async move {
        let sent = next.saturating_sub(places.start);
        tokio::time::sleep_until(began + Duration::from_secs_f64(sent as f64 / rate as f64)).await;
        if next < end {
            let length = (rate / FRAMES_A_SECOND).max(1);
            let bytes = pattern::frame(next, end.min(next.saturating_add(length)));
            let next = next + bytes.len() as u64;
            return Some((Ok(Frame::data(bytes)), next));
        }
        if next >= places.end {
            return None;
        }
        // Later than the data, or both would go at once and the data with it be dropped.
        tokio::time::sleep(BEFORE_CUT).await;
        Some((Err("cut as asked for".into()), places.end))
    });
    streamed(frames)
}

/// The known pattern between two places, in frames of [`pattern::PATTERN_FRAME`] bytes.
pub(crate) struct PatternBody {
    next: u64,
    end: u64,
    length_known: bool,
}

impl PatternBody {
    /// A body that tells its length.
    pub(crate) fn sized(start: u64, end: u64) -> Body {
        Self {
            next: start,
            end,
            length_known: true,
        }
        .boxed_unsync()
    }

    /// A body that does not.
    pub(crate) fn unsized_until(end: u64) -> Body {
        Self {
            next: 0,
            end,
            length_known: false,
        }
        .boxed_unsync()
    }
}

impl http_body::Body for PatternBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let bytes = pattern::frame(self.next, self.end);
        self.next += bytes.len() as u64;
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.next >= self.end
    }

    fn size_hint(&self) -> SizeHint {
        match self.length_known {
            true => SizeHint::with_exact(self.end.saturating_sub(self.next)),
            false => SizeHint::default(),
        }
    }
}

/// A request's body; what is read of it goes to the log.
pub(crate) struct RecordedBody {
    incoming: Incoming,
    log: Log,
    request: u64,
}

impl RecordedBody {
    pub(crate) fn new(incoming: Incoming, log: Log, request: u64) -> Self {
        let recorded = Self {
            incoming,
            log,
            request,
        };
        if http_body::Body::is_end_stream(&recorded.incoming) {
            recorded.log.body_complete(request, None);
        }
        recorded
    }

    fn note(&self, frame: &Frame<Bytes>) {
        if let Some(data) = frame.data_ref() {
            self.log.body_received(self.request, data);
        }
        if let Some(trailers) = frame.trailers_ref() {
            self.log
                .body_complete(self.request, Some(HeaderMap::clone(trailers)));
        }
    }
}

impl http_body::Body for RecordedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.incoming).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => self.note(frame),
            Some(Err(_)) => {}
            None => self.log.body_complete(self.request, None),
        }
        if self.incoming.is_end_stream() {
            self.log.body_complete(self.request, None);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
