//! The whole load of one task: the answer's head to the app, then its body to wherever it goes.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use bytes::{Bytes, BytesMut};

use crate::load::decode::decode;
use crate::load::follow::follow;
use crate::load::route::Answer;
#[cfg(feature = "upload")]
use crate::load::upload::upload;
#[cfg(feature = "informational")]
use crate::policy::trailers;
use crate::seams::app::{App, Notice, ResponseDisposition};
use crate::seams::protocol::list::Route;
use crate::words::body::Body;
use crate::words::bounds::NativeObject;
use crate::words::error::{Error, ErrorCode};
use crate::words::request::Request;
use crate::words::response::Response;

/// A body that promises its length is given room for at most this many bytes in advance.
const ROOM_IN_ADVANCE: u64 = 1024 * 1024;

/// Where a body goes, beside the delegate.
pub(crate) enum Output {
    /// Nowhere else.
    Delegate,
    /// Into one buffer.
    Collect,
    /// To whoever pulls.
    Stream(Arc<Outlet>),
}

/// Loads `request` to the end of its answer's body.
pub(crate) async fn load<A: App>(
    app: &A,
    request: Request,
    output: Output,
) -> Result<(Bytes, Response), Error> {
    #[cfg(feature = "upload")]
    let (answer, route) = match app.upload(|upload| upload.draft.is_some()) {
        // Boxed: other loads have no room for it.
        Some(true) => Box::pin(upload(app, request)).await?,
        Some(false) | None => follow(app, request).await?,
    };
    #[cfg(not(feature = "upload"))]
    let (answer, route) = follow(app, request).await?;
    hand_over(app, answer, route, output).await
}

/// Gives the answer to the app, head and body. Apart from [`load`]: what is awaited before takes the same room in the future.
async fn hand_over<A: App>(
    app: &A,
    answer: Answer,
    route: Route,
    output: Output,
) -> Result<(Bytes, Response), Error> {
    #[cfg(feature = "cache")]
    let proposal = answer.keep;
    let mut content = decode(app, answer.exchange, route);
    let response = content.response.clone();
    app.set_response(&content);
    match app.did_receive_response(response.clone()).await? {
        ResponseDisposition::Allow => {}
        ResponseDisposition::Cancel => {
            return Err(Error::new(ErrorCode::Cancelled).with_url(response.url()));
        }
        #[cfg(feature = "download")]
        ResponseDisposition::BecomeDownload => {
            let response = app.download_instead(content).await?;
            return Ok((Bytes::new(), response));
        }
    }
    if let Output::Stream(outlet) = &output {
        outlet.put(Item::Head(response.clone())).await;
        if let Some(object) = outlet.native_of(&mut *content.body) {
            outlet.put_last(Item::Native(object));
            return Ok((Bytes::new(), response));
        }
    }
    let body = pull(app, &mut *content.body, output, content.expected)
        .await
        .map_err(|error| error.with_url(response.url()))?;
    #[cfg(feature = "informational")]
    if let Some(trailers) = content.body.trailers() {
        app.set_trailers(trailers::allowed(trailers));
    }
    #[cfg(feature = "cache")]
    if let Some(proposal) = proposal {
        Box::pin(proposal.put_to(app)).await?;
    }
    Ok((body, response))
}

async fn pull<A: App>(
    app: &A,
    body: &mut dyn Body,
    output: Output,
    expected: Option<u64>,
) -> Result<Bytes, Error> {
    let mut gathered = Gathered::new(expected);
    while let Some(chunk) = body.next_chunk().await? {
        if chunk.is_empty() {
            yield_once().await;
            continue;
        }
        app.signals().add_received(chunk.len() as u64);
        app.progressed();
        if app.wants_data() {
            app.notify(Notice::Data(chunk.clone())).await?;
        }
        match &output {
            Output::Delegate => {}
            Output::Collect => gathered.add(chunk),
            Output::Stream(outlet) => outlet.put(Item::Chunk(chunk)).await,
        }
    }
    Ok(gathered.finish())
}

/// Lets others run: a body of empty chunks must not keep the thread.
pub(crate) async fn yield_once() {
    let mut yielded = false;
    poll_fn(|context| match std::mem::replace(&mut yielded, true) {
        true => Poll::Ready(()),
        false => {
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
}

/// A body in one buffer; a single chunk is kept as it came.
struct Gathered {
    first: Bytes,
    all: BytesMut,
    expected: Option<u64>,
}

impl Gathered {
    fn new(expected: Option<u64>) -> Self {
        Self {
            first: Bytes::new(),
            all: BytesMut::new(),
            expected,
        }
    }

    fn add(&mut self, chunk: Bytes) {
        if self.first.is_empty() {
            self.first = chunk;
            return;
        }
        if self.all.is_empty() {
            let room = usize::try_from(self.expected.unwrap_or(0).min(ROOM_IN_ADVANCE));
            self.all
                .reserve(room.unwrap_or(0).max(self.first.len() + chunk.len()));
            self.all.extend_from_slice(&self.first);
        }
        self.all.extend_from_slice(&chunk);
    }

    fn finish(self) -> Bytes {
        if self.all.is_empty() {
            self.first
        } else {
            self.all.freeze()
        }
    }
}

/// What a pulled load hands over.
pub(crate) enum Item {
    Head(Response),
    Chunk(Bytes),
    /// The platform's object for the whole body, the last there is.
    Native(NativeObject),
}

/// A place for one item between the load and whoever polls it: the load goes on when the item was taken.
#[derive(Default)]
pub(crate) struct Outlet {
    place: Mutex<Option<Item>>,
    wants_native: AtomicBool,
}

impl Outlet {
    async fn put(&self, item: Item) {
        *self.slot() = Some(item);
        poll_fn(|_| {
            if self.slot().is_none() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Puts what nothing follows.
    fn put_last(&self, item: Item) {
        *self.slot() = Some(item);
    }

    pub(crate) fn take(&self) -> Option<Item> {
        self.slot().take()
    }

    /// Takes the platform's object, if that is what is there.
    pub(crate) fn take_native(&self) -> Option<NativeObject> {
        let mut slot = self.slot();
        match slot.take() {
            Some(Item::Native(object)) => Some(object),
            other => {
                *slot = other;
                None
            }
        }
    }

    /// Whether whoever polls would have the platform's object in place of chunks.
    pub(crate) fn want_native(&self, wants: bool) {
        self.wants_native.store(wants, Ordering::Relaxed);
    }

    fn native_of(&self, body: &mut dyn Body) -> Option<NativeObject> {
        match self.wants_native.load(Ordering::Relaxed) {
            true => body.take_native(),
            false => None,
        }
    }

    fn slot(&self) -> MutexGuard<'_, Option<Item>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
