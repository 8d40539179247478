//! Makes one hop: the final fields, the body opened, the exchange, and what it reports on the way.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use http::{HeaderMap, Method, header};

use crate::load::announce::announcing;
#[cfg(feature = "informational")]
use crate::load::drain::drain;
use crate::load::measure::{begin, measured};
use crate::load::sent::Sent;
use crate::policy::expectation;
use crate::policy::priority::{self, PRIORITY};
use crate::seams::app::{App, Notice};
use crate::seams::exchange::{ExchangeEvents, Informational, Mail, RESUMPTION_SUPPORTED};
use crate::seams::protocol::list::Route;
use crate::seams::transport::{Affinity, Hints, HopBody, HopRequest, HopResponse};
#[cfg(feature = "informational")]
use crate::words::body::Body;
use crate::words::body::{BodyStream, RequestBody};
use crate::words::bounds::BoxFuture;
use crate::words::error::{Error, ErrorCode};
use crate::words::opening::OpenedBody;
use crate::words::request::Request;
use crate::words::target::Target;

/// One hop as the stages above have it.
pub(crate) struct Hop {
    pub(crate) request: Request,
    /// A redirect has left the origin that the app named: what belongs there stays there, even coming back.
    pub(crate) left_home: bool,
    /// Who serves it.
    pub(crate) route: Route,
    /// The fields with which the cache asks the server, where those are not the request's own.
    #[cfg(feature = "cache")]
    pub(crate) fields: Option<Arc<HeaderMap>>,
}

impl Hop {
    /// A task's first.
    pub(crate) fn first(request: Request, route: Route) -> Self {
        Self {
            request,
            left_home: false,
            route,
            #[cfg(feature = "cache")]
            fields: None,
        }
    }
}

/// Makes the hop and gives its answer. One that only refuses the expectation is none: the hop is made again without.
pub(crate) async fn send<A: App>(app: &A, hop: &Hop) -> Result<HopResponse, Error> {
    check(&hop.request)?;
    let asks = cfg!(feature = "informational")
        && expectation::asks(&hop.request, app.configuration())
        && app.platform().transport.capabilities().expect_continue;
    let answer = attempt(app, hop, asks).await?;
    #[cfg(feature = "informational")]
    if asks && expectation::is_refused(answer.response.status()) && hop.request.body().is_at_hand()
    {
        // Boxed: what is rare takes no room in every task's load.
        return Box::pin(again(app, hop, answer.body)).await;
    }
    Ok(answer)
}

#[cfg(feature = "informational")]
async fn again<A: App>(app: &A, hop: &Hop, refusal: Box<dyn Body>) -> Result<HopResponse, Error> {
    drain(app, refusal).await;
    attempt(app, hop, false).await
}

async fn attempt<A: App>(app: &A, hop: &Hop, asks: bool) -> Result<HopResponse, Error> {
    let request = &hop.request;
    let target = target_of(request)?;
    let body = match at_hand(request.body()) {
        Some(body) => body,
        // Boxed: what has to be opened is worth it, and most loads have room for nothing of the kind.
        None => Box::pin(open(app, request.body())).await?,
    };
    let exchange = exchange(app, hop, target, (body, asks));
    if request.body().is_empty() || app.platform().transport.capabilities().upload_progress {
        let answer = attend(app, exchange, Sent::of(app, request)).await?;
        return Ok(measured(app, app.signals(), answer));
    }
    let answer = attend(app, exchange, None).await?;
    tell_all_sent(app, request).await?;
    Ok(measured(app, app.signals(), answer))
}

fn check(request: &Request) -> Result<(), Error> {
    if request.method() == Method::GET && !request.body().is_empty() {
        return Err(Error::new(ErrorCode::DataLengthExceedsMaximum).because("a GET with a body"));
    }
    Ok(())
}

fn target_of(request: &Request) -> Result<&Arc<Target>, Error> {
    let unsupported = || Error::new(ErrorCode::UnsupportedUrl).because("neither http nor https");
    request.target().ok_or_else(unsupported)
}

/// The body, where it need not be opened.
fn at_hand(body: &RequestBody) -> Option<HopBody> {
    match body {
        RequestBody::Empty => Some(HopBody::Empty),
        RequestBody::Bytes(bytes) if bytes.is_empty() => Some(HopBody::Empty),
        RequestBody::Bytes(bytes) => Some(HopBody::Bytes(bytes.clone())),
        RequestBody::File(_) | RequestBody::Stream(_) => None,
    }
}

async fn open<A: App>(app: &A, body: &RequestBody) -> Result<HopBody, Error> {
    Ok(match body {
        RequestBody::Empty | RequestBody::Bytes(_) => HopBody::Empty,
        RequestBody::File(file) => {
            let version = app.platform().files.version(file).await?;
            app.file_opened(version);
            HopBody::File(file.clone(), Box::new(version))
        }
        RequestBody::Stream(stream) => open_stream(app, stream).await?,
    })
}

/// Opens the stream; when it was read already, the app is asked for another.
async fn open_stream<A: App>(app: &A, stream: &BodyStream) -> Result<HopBody, Error> {
    if let Some(opened) = opened(stream).await? {
        let body = announcing(app, stream, opened.body)?;
        return Ok(HopBody::Stream(body, opened.length));
    }
    let exhausted = || {
        Error::new(ErrorCode::RequestBodyStreamExhausted)
            .because("the body was read, and cannot be made again")
    };
    let again = app.need_new_body_stream().await?.ok_or_else(exhausted)?;
    let opened = opened(&again).await?.ok_or_else(exhausted)?;
    let body = announcing(app, &again, opened.body)?;
    Ok(HopBody::Stream(body, opened.length.or(stream.length())))
}

/// The stream, opened; `None` when it was once and is gone.
async fn opened(stream: &BodyStream) -> Result<Option<OpenedBody>, Error> {
    let length = stream.length();
    let Some(opener) = stream.opener() else {
        return Ok(stream.open().map(|body| OpenedBody { body, length }));
    };
    if !opener.is_unread() {
        return Ok(None);
    }
    let opened = opener.open(0).await?;
    let length = opened.length.or(length);
    Ok(Some(OpenedBody { length, ..opened }))
}

fn exchange<A: App>(
    app: &A,
    hop: &Hop,
    target: &Arc<Target>,
    (body, asks): (HopBody, bool),
) -> BoxFuture<'static, Result<HopResponse, Error>> {
    let request = &hop.request;
    let own = || app.fields().of_hop(request, hop.left_home);
    #[cfg(feature = "cache")]
    let mut headers = hop.fields.clone().unwrap_or_else(own);
    #[cfg(not(feature = "cache"))]
    let mut headers = own();
    let has_body = !request.body().is_empty();
    // Without the feature no field of the app's has got so far.
    if cfg!(feature = "informational") && has_body && asks != headers.contains_key(header::EXPECT) {
        expectation::set(Arc::make_mut(&mut headers), asks);
    }
    begin(app, app.signals(), request);
    let priority = app.hop_begins(body.length());
    let urgency = tell_priority(app, &mut headers, priority);
    app.platform().transport.exchange(
        HopRequest {
            method: request.method().clone(),
            target: target.clone(),
            headers,
            body,
            affinity: Affinity::Any,
            hints: hints(app, request, urgency),
            properties: request.properties().clone(),
        },
        ExchangeEvents::new(app.signals().clone()),
    )
}

/// Tells the server of the priority that the app has set, where the platform sends the field; the urgency, for where it does not.
pub(crate) fn tell_priority<A: App>(
    app: &A,
    headers: &mut Arc<HeaderMap>,
    priority: Option<f32>,
) -> Option<u8> {
    let urgency = priority.map(priority::urgency)?;
    if cfg!(feature = "request-target")
        && app.platform().transport.capabilities().priority_field
        && !headers.contains_key(PRIORITY)
    {
        Arc::make_mut(headers).insert(PRIORITY, priority::field(urgency));
    }
    Some(urgency)
}

/// Says once that the whole body was sent, where its bytes are not counted as they leave.
pub(crate) async fn tell_all_sent<A: App>(app: &A, request: &Request) -> Result<(), Error> {
    let total = app.expected_to_send().unwrap_or(0);
    let sent = Sent::of(app, request);
    let before = app.signals().sent();
    app.signals().add_sent(total.saturating_sub(before));
    app.progressed();
    match sent.and_then(|mut sent| sent.news(total)) {
        Some(news) => app.notify(news).await,
        None => Ok(()),
    }
}

/// What is said of the hop to the transport alone.
pub(crate) fn hints<A: App>(app: &A, request: &Request, urgency: Option<u8>) -> Hints {
    let configuration = app.configuration();
    #[cfg(feature = "cache")]
    let has_cache = app.cache().is_some();
    #[cfg(not(feature = "cache"))]
    let has_cache = false;
    let policy = request.cache_policy();
    Hints {
        urgency,
        service_type: request
            .network_service_type()
            .unwrap_or(configuration.network_service_type),
        cache: (!has_cache).then(|| policy.unwrap_or(configuration.request_cache_policy)),
        watches_sent: !request.body().is_empty() && app.watches_sent(),
    }
}

enum Turn {
    Done(Result<HopResponse, Error>),
    News,
}

/// Waits for the answer and hands on what the exchange reports before it.
async fn attend<A: App>(
    app: &A,
    mut exchange: BoxFuture<'static, Result<HopResponse, Error>>,
    mut sent: Option<Sent>,
) -> Result<HopResponse, Error> {
    let signals = app.signals();
    loop {
        let reported = sent.as_ref().map_or(u64::MAX, Sent::reported);
        let turn = poll_fn(|context| match exchange.as_mut().poll(context) {
            Poll::Ready(answer) => Poll::Ready(Turn::Done(answer)),
            Poll::Pending if signals.has_mail() || signals.sent() > reported => {
                Poll::Ready(Turn::News)
            }
            Poll::Pending => {
                app.progressed();
                Poll::Pending
            }
        })
        .await;
        app.progressed();
        while let Some(told) = next_letter(app) {
            told.await?;
        }
        let news = sent.as_mut().and_then(|sent| sent.news(signals.sent()));
        let told = news.map(|news| app.notify(news));
        if let Some(told) = told {
            told.await?;
        }
        if let Turn::Done(answer) = turn {
            return answer;
        }
    }
}

/// An interim response on its way to the app. Boxed: it is rare, and most loads have no room for it.
type Letter<'a> = BoxFuture<'a, Result<(), Error>>;

fn told<A: App>(app: &A, interim: Informational) -> Letter<'_> {
    Box::pin(async move {
        if interim.status.as_u16() == RESUMPTION_SUPPORTED {
            app.heard(&interim)?;
        }
        app.notify(Notice::Informational(interim)).await
    })
}

/// Empties the mailbox up to a letter that the app is to be told of.
fn next_letter<A: App>(app: &A) -> Option<Letter<'_>> {
    while app.signals().has_mail() {
        match app.signals().take_mail()? {
            Mail::Connected(multiplexing) => app.learned(multiplexing),
            Mail::Informational(_) if !cfg!(feature = "informational") => {}
            Mail::Informational(interim) => return Some(told(app, interim)),
        }
    }
    None
}
