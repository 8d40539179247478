//! Bodies of the crate `http-body`, in and out.

use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf, Bytes};
use futures::Stream;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::task::bytes::BodyBytes;
use crate::words::body::{Body, BodyStream, RequestBody};
use crate::words::bounds::MaybeSend;
use crate::words::error::{Error, ErrorCode};

/// Frames without data that are read in one poll; then others run.
const EMPTY_FRAMES: usize = 32;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl RequestBody {
    /// A body of the crate `http-body` as a request's.
    ///
    /// One that is whole in memory (`Full`, `Empty`, a `String`) can be sent again, as on a redirect; any other is a stream that is
    /// read once.
    ///
    /// ```
    /// use http_body_util::Full;
    /// use urlsession_core::{Bytes, RequestBody};
    ///
    /// let body = RequestBody::from_http_body(Full::new(Bytes::from_static(b"abc")));
    /// assert_eq!(body, RequestBody::from("abc"));
    /// ```
    pub fn from_http_body<B>(body: B) -> Self
    where
        B: HttpBody + MaybeSend + 'static,
        B::Data: MaybeSend,
        B::Error: Into<BoxError>,
    {
        of_foreign(Box::pin(body))
    }
}

/// What an [`http::Request`] of another crate's may carry: a [`RequestBody`], or any body of the crate `http-body`.
pub trait IntoRequestBody {
    /// The body as a request's.
    fn into_request_body(self) -> RequestBody;
}

impl IntoRequestBody for RequestBody {
    fn into_request_body(self) -> RequestBody {
        self
    }
}

impl<B> IntoRequestBody for B
where
    B: HttpBody + MaybeSend + 'static,
    B::Data: MaybeSend,
    B::Error: Into<BoxError>,
{
    fn into_request_body(self) -> RequestBody {
        RequestBody::from_http_body(self)
    }
}

/// Reads what is there without waiting: a body in memory is there whole.
fn of_foreign<B>(mut body: Pin<Box<B>>) -> RequestBody
where
    B: HttpBody + MaybeSend + 'static,
    B::Data: MaybeSend,
    B::Error: Into<BoxError>,
{
    if body.is_end_stream() {
        return RequestBody::Empty;
    }
    let length = body.size_hint().exact();
    let mut first = None;
    if length.is_some() {
        let mut context = Context::from_waker(Waker::noop());
        first = match body.as_mut().poll_frame(&mut context) {
            Poll::Pending => None,
            Poll::Ready(None) => return RequestBody::Empty,
            Poll::Ready(Some(frame)) => Some(frame.map_err(Into::into)),
        };
        if let Some(Ok(frame)) = &first
            && frame.is_data()
            && body.is_end_stream()
        {
            let data = first.and_then(Result::ok).map(Frame::into_data);
            let mut data = data.and_then(Result::ok);
            let bytes = data
                .as_mut()
                .map(|data| data.copy_to_bytes(data.remaining()));
            return RequestBody::Bytes(bytes.unwrap_or_default());
        }
    }
    let stream = BodyStream::once(Foreign {
        first,
        body,
        trailers: None,
    });
    RequestBody::Stream(match length {
        Some(length) => stream.with_length(length),
        None => stream,
    })
}

/// A body of `http-body` that is read as ours.
struct Foreign<B: HttpBody> {
    /// A frame that was read to see whether more would come.
    first: Option<Result<Frame<B::Data>, BoxError>>,
    body: Pin<Box<B>>,
    trailers: Option<HeaderMap>,
}

impl<B> Body for Foreign<B>
where
    B: HttpBody + MaybeSend + 'static,
    B::Data: MaybeSend,
    B::Error: Into<BoxError>,
{
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        for _ in 0..EMPTY_FRAMES {
            let frame = match self.first.take() {
                Some(frame) => Some(frame),
                None => match self.body.as_mut().poll_frame(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(frame) => frame.map(|frame| frame.map_err(Into::into)),
                },
            };
            let frame = match frame {
                None => return Poll::Ready(None),
                Some(Err(cause)) => return Poll::Ready(Some(Err(broken(cause)))),
                Some(Ok(frame)) => frame,
            };
            match frame.into_data() {
                Ok(mut data) if data.has_remaining() => {
                    return Poll::Ready(Some(Ok(data.copy_to_bytes(data.remaining()))));
                }
                Ok(_) => {}
                Err(other) => self.trailers = other.into_trailers().ok().or(self.trailers.take()),
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn remaining(&self) -> Option<u64> {
        match &self.first {
            None => self.body.size_hint().exact(),
            Some(_) => None,
        }
    }

    fn trailers(&mut self) -> Option<HeaderMap> {
        self.trailers.take()
    }
}

/// The app's body failed: its own error stays, any other becomes the cause.
fn broken(cause: BoxError) -> Error {
    match cause.downcast::<Error>() {
        Ok(own) => *own,
        Err(cause) => Error::new(ErrorCode::RequestBodyStreamExhausted).with_cause(cause),
    }
}

/// The body of a response, for whatever reads bodies of `http-body`. Dropping it cancels the task.
impl HttpBody for BodyBytes {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let body = self.get_mut();
        if body.has_ended() {
            return Poll::Ready(None);
        }
        let chunk = ready!(Pin::new(&mut *body).poll_next(context));
        Poll::Ready(match chunk {
            Some(chunk) => Some(chunk.map(Frame::data)),
            None => body.trailers().map(|fields| Ok(Frame::trailers(fields))),
        })
    }

    fn size_hint(&self) -> SizeHint {
        let task = self.task();
        let expected = task.count_of_bytes_expected_to_receive();
        let left = expected.map(|all| all.saturating_sub(task.count_of_bytes_received()));
        left.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}
