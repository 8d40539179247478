//! Bodies of requests that take their time: the browser's own objects, streams, and bytes that are many.

use std::task::{Context, Poll};

use bytes::Bytes;
use urlsession_core::{Error, ExchangeEvents, HopBody, HopRequest};
use wasm_bindgen::prelude::*;

use crate::engine::Engine;
use crate::feed::Feed;
use crate::files::WebFiles;
use crate::init::IS_STREAM;
use crate::options::FetchOptions;
use crate::unseen::Unseen;
use crate::wakers::Wake;
use crate::{js, streamed, xhr};

/// What is done for a body that takes its time. Its code is linked where there is one, and nowhere else.
pub(crate) trait Sending {
    /// How long it is in bytes, where that is known, else 0.
    fn length(&self) -> u64;

    /// Its bytes are counted as they leave.
    fn is_counted(&self) -> bool;

    /// Begins an exchange that carries it.
    fn begin(&self, request: &str, traits: u32, wake: &Wake, number: u32) -> js::Exchange;

    /// Goes on while the head is waited for; gives how many bytes it has told of so far.
    ///
    /// # Errors
    /// As of [`poll_fed`](Sending::poll_fed).
    fn poll(
        &mut self,
        exchange: &js::Exchange,
        context: &mut Context<'_>,
        events: &ExchangeEvents,
    ) -> Result<u64, Error>;

    /// Feeds what this program feeds; ready once that has ended, or where there is nothing.
    ///
    /// # Errors
    /// The body's own; [`RequestBodyStreamExhausted`](urlsession_core::ErrorCode::RequestBodyStreamExhausted) when it is not as long as it said.
    fn poll_fed(
        &mut self,
        context: &mut Context<'_>,
        events: &ExchangeEvents,
    ) -> Poll<Result<(), Error>>;
}

/// A body that takes its time.
pub(crate) type Long = Box<dyn Sending>;

/// A body as the browser takes it.
#[cfg_attr(
    not(feature = "body-streams"),
    expect(dead_code, reason = "there are no streams")
)]
pub(crate) enum Content {
    Nothing,
    Bytes(Bytes),
    /// A Blob, and how long it is.
    Whole(JsValue, u64),
    /// A stream, and what feeds it where that is this program.
    Stream(JsValue, Option<Feed>),
}

impl Content {
    /// Makes it of a hop's body: a stream stays one where the server `takes_streams`, and is gathered where it does not.
    ///
    /// # Errors
    /// The body's own error; [`RequestBodyStreamExhausted`](urlsession_core::ErrorCode::RequestBodyStreamExhausted) when it is not as long as it said.
    pub(crate) async fn of(
        body: HopBody,
        takes_streams: impl Fn() -> bool,
        events: &ExchangeEvents,
    ) -> Result<Self, Error> {
        match body {
            HopBody::Empty => Ok(Self::Nothing),
            HopBody::Bytes(bytes) => Ok(Self::Bytes(bytes)),
            HopBody::File(file, version) => {
                let blob = WebFiles::new().blob(&file, *version).await?;
                Ok(Self::Whole(blob, version.length()))
            }
            HopBody::Stream(body, expected) => {
                streamed::of(body, expected, takes_streams, events).await
            }
        }
    }

    /// How long it is, where that is known.
    fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Whole(_, length) => *length,
            Self::Nothing | Self::Stream(..) => 0,
        }
    }

    /// What JavaScript is given, and what feeds it.
    fn parts(self) -> (JsValue, Option<Feed>) {
        match self {
            Self::Nothing => (JsValue::UNDEFINED, None),
            Self::Bytes(bytes) => (js::array_of(&bytes), None),
            Self::Whole(object, _) => (object, None),
            Self::Stream(object, feed) => (object, feed),
        }
    }
}

/// A body on its way.
pub(crate) struct Sender {
    object: JsValue,
    length: u64,
    is_stream: bool,
    is_counted: bool,
    feed: Option<Feed>,
    unseen: Unseen,
    /// So many bytes were told of.
    told: u64,
}

impl Sender {
    pub(crate) fn new(
        content: Content,
        engine: Engine,
        hop: &HopRequest,
        options: &FetchOptions,
    ) -> Self {
        let length = content.length();
        let is_whole = matches!(content, Content::Bytes(_) | Content::Whole(..));
        let is_counted = is_whole && xhr::is_chosen(engine, hop, length, options);
        let is_stream = matches!(content, Content::Stream(..));
        let (object, feed) = content.parts();
        Self {
            object,
            length,
            is_stream,
            is_counted,
            feed,
            unseen: Unseen::new(if is_counted { 0 } else { length }),
            told: 0,
        }
    }
}

impl Sending for Sender {
    fn length(&self) -> u64 {
        self.length
    }

    fn is_counted(&self) -> bool {
        self.is_counted
    }

    fn begin(&self, request: &str, traits: u32, wake: &Wake, number: u32) -> js::Exchange {
        let begin = if self.is_counted {
            xhr::send
        } else {
            js::begin
        };
        let of_stream = if self.is_stream { IS_STREAM } else { 0 };
        begin(request, traits | of_stream, &self.object, wake, number)
    }

    fn poll(
        &mut self,
        exchange: &js::Exchange,
        context: &mut Context<'_>,
        events: &ExchangeEvents,
    ) -> Result<u64, Error> {
        if self.is_counted {
            self.told += xhr::tell(exchange, events);
        }
        self.unseen.poll(context, events);
        match self.poll_fed(context, events) {
            Poll::Ready(Err(error)) => Err(error),
            Poll::Ready(Ok(())) | Poll::Pending => Ok(self.told),
        }
    }

    fn poll_fed(
        &mut self,
        context: &mut Context<'_>,
        events: &ExchangeEvents,
    ) -> Poll<Result<(), Error>> {
        let fed = match &mut self.feed {
            Some(feed) => feed.poll(context, events),
            None => Poll::Ready(Ok(())),
        };
        if fed.is_ready() {
            self.feed = None;
        }
        fed
    }
}
