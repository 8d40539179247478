//! The whole load of one task: the answer's head to the app, then its body to wherever it goes.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, ready};

use bytes::Bytes;

use crate::load::decode::decode;
use crate::load::follow::follow;
use crate::load::route::Answer;
#[cfg(feature = "upload")]
use crate::load::upload::upload;
#[cfg(feature = "informational")]
use crate::policy::trailers;
use crate::seams::app::{App, Notice, ResponseDisposition};
use crate::seams::asking::Asking;
use crate::seams::protocol::list::Route;
#[cfg(any(feature = "cache", feature = "upload"))]
use crate::words::apart::apart;
use crate::words::body::Body;
use crate::words::bounds::{MaybeSend, MaybeSync, NativeObject};
use crate::words::error::{Error, ErrorCode};
use crate::words::gathered::Gathered;
use crate::words::response::Response;

/// Where a body goes, beside the delegate.
pub(crate) enum Output {
    /// Nowhere else.
    Delegate,
    /// Into one buffer.
    Collect,
    /// To whoever pulls.
    Stream(Arc<dyn Pulled>),
}

/// Where whoever pulls a body takes it from. Its code comes with who pulls, and not with every load.
pub(crate) trait Pulled: MaybeSend + MaybeSync {
    fn put(&self, item: Item);

    /// True while what was put last is not taken.
    fn is_full(&self) -> bool;

    /// The platform's object for the whole body, where it is wanted and there is one.
    fn native_of(&self, body: &mut dyn Body) -> Option<NativeObject>;
}

/// Loads the task's request to the end of its answer's body.
pub(crate) async fn load<A: App>(app: &A, output: Output) -> Result<(Bytes, Response), Error> {
    let request = app.begins()?;
    #[cfg(feature = "upload")]
    let (answer, route) = match app.upload(|upload| upload.draft.is_some()) {
        Some(true) => apart(upload(app, request)).await?,
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
    let disposition = match app.did_receive_response(&response) {
        Some(asked) => asked.await?.unwrap_or_default(),
        None => ResponseDisposition::Allow,
    };
    match disposition {
        ResponseDisposition::Allow => {}
        ResponseDisposition::Cancel => {
            return Err(Error::new(ErrorCode::Cancelled).with_place(response.place()));
        }
        #[cfg(feature = "download")]
        ResponseDisposition::BecomeDownload => {
            let response = app.download_instead(content).await?;
            return Ok((Bytes::new(), response));
        }
    }
    if let Output::Stream(outlet) = &output {
        outlet.put(Item::Head(response.clone()));
    }
    let body = pull(app, &mut *content.body, output, content.expected)
        .await
        .map_err(|error| error.with_place(response.place()))?;
    #[cfg(feature = "informational")]
    if let Some(trailers) = content.body.trailers() {
        app.set_trailers(trailers::allowed(trailers));
    }
    #[cfg(feature = "cache")]
    if let Some(proposal) = proposal {
        apart(proposal.put_to(app)).await?;
    }
    Ok((body, response))
}

/// Pulls the body to its end. One poll function: of the awaits that it stands for, most loads have none.
fn pull<'a, A: App>(
    app: &'a A,
    body: &'a mut dyn Body,
    output: Output,
    expected: Option<u64>,
) -> impl Future<Output = Result<Bytes, Error>> + use<'a, A> {
    let mut sink = Sink {
        gathered: Gathered::new(expected),
        output,
        has_begun: false,
    };
    let mut telling: Option<(Asking<'_, ()>, Bytes)> = None;
    poll_fn(move |context| {
        loop {
            if let Some((told, chunk)) = &mut telling {
                ready!(Pin::new(told).poll(context))?;
                sink.put(std::mem::take(chunk));
                telling = None;
            }
            if sink.is_full() {
                return Poll::Pending;
            }
            if sink.gives_away(body) {
                return Poll::Ready(Ok(Bytes::new()));
            }
            let Some(chunk) = ready!(body.poll_next_chunk(context)).transpose()? else {
                return Poll::Ready(Ok(std::mem::take(&mut sink.gathered).finish()));
            };
            if chunk.is_empty() {
                // A body of empty chunks must not keep the thread.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            app.signals().add_received(chunk.len() as u64);
            app.progressed();
            let told = match app.wants_data() {
                true => app.notify(Notice::Data(chunk.clone())),
                false => None,
            };
            match told {
                Some(told) => telling = Some((told, chunk)),
                None => sink.put(chunk),
            }
        }
    })
}

/// Where chunks go, beside the delegate.
struct Sink {
    output: Output,
    gathered: Gathered,
    /// The platform was asked for its own object.
    has_begun: bool,
}

impl Sink {
    /// True while whoever pulls has not taken what came last.
    fn is_full(&self) -> bool {
        match &self.output {
            Output::Stream(outlet) => outlet.is_full(),
            Output::Delegate | Output::Collect => false,
        }
    }

    fn put(&mut self, chunk: Bytes) {
        match &self.output {
            Output::Delegate => {}
            Output::Collect => self.gathered.add(chunk),
            Output::Stream(outlet) => outlet.put(Item::Chunk(chunk)),
        }
    }

    /// Gives the platform's object for the whole body in place of chunks, where that is wanted before the first.
    fn gives_away(&mut self, body: &mut dyn Body) -> bool {
        match &self.output {
            Output::Stream(outlet) if !std::mem::replace(&mut self.has_begun, true) => {
                let object = outlet.native_of(body);
                let is_given = object.is_some();
                if let Some(object) = object {
                    outlet.put(Item::Native(object));
                }
                is_given
            }
            Output::Stream(_) | Output::Delegate | Output::Collect => false,
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

impl Pulled for Outlet {
    fn put(&self, item: Item) {
        *self.slot() = Some(item);
    }

    fn is_full(&self) -> bool {
        self.slot().is_some()
    }

    fn native_of(&self, body: &mut dyn Body) -> Option<NativeObject> {
        match self.wants_native.load(Ordering::Relaxed) {
            true => body.take_native(),
            false => None,
        }
    }
}

impl Outlet {
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

    fn slot(&self) -> MutexGuard<'_, Option<Item>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
