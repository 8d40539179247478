//! Makes one hop: the final fields, the body opened, the exchange, and what it reports on the way.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};

use http::header;

#[cfg(feature = "informational")]
use crate::load::drain::drain;
use crate::load::measure::{begin, measured};
use crate::load::open::open;
use crate::load::sent::{Sent, heard};
use crate::policy::expectation;
use crate::policy::priority::{self, PRIORITY};
use crate::seams::app::App;
use crate::seams::asking::Asking;
use crate::seams::exchange::{ExchangeEvents, Mail};
use crate::seams::protocol::list::Route;
use crate::seams::transport::{Affinity, Hints, HopBody, HopRequest, HopResponse};
#[cfg(feature = "informational")]
use crate::words::body::Body;
use crate::words::bounds::BoxFuture;
use crate::words::error::Error;
use crate::words::header_fields::HeaderFields;
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
    pub(crate) fields: HeaderFields,
}

impl Hop {
    /// A task's first.
    pub(crate) fn first(request: Request, route: Route) -> Self {
        Self {
            request,
            left_home: false,
            route,
            #[cfg(feature = "cache")]
            fields: HeaderFields::new(),
        }
    }
}

/// Makes the hop and gives its answer. One that only refuses the expectation is none: the hop is made again without.
#[cfg(feature = "informational")]
pub(crate) async fn send<A: App>(app: &A, hop: &Hop) -> Result<HopResponse, Error> {
    let asks = expectation::asks(&hop.request, app.configuration())
        && app.platform().transport.capabilities().expect_continue;
    let answer = attempt(app, hop, asks).await?;
    if asks && expectation::is_refused(answer.response.status()) && hop.request.body().is_at_hand()
    {
        // Boxed: what is rare takes no room in every task's load.
        return Box::pin(again(app, hop, answer.body)).await;
    }
    Ok(answer)
}

/// Makes the hop and gives its answer: without interim responses there is no expectation.
#[cfg(not(feature = "informational"))]
pub(crate) fn send<A: App>(app: &A, hop: &Hop) -> impl Future<Output = Result<HopResponse, Error>> {
    attempt(app, hop, false)
}

#[cfg(feature = "informational")]
async fn again<A: App>(app: &A, hop: &Hop, refusal: Box<dyn Body>) -> Result<HopResponse, Error> {
    drain(app, refusal).await;
    attempt(app, hop, false).await
}

async fn attempt<A: App>(app: &A, hop: &Hop, asks: bool) -> Result<HopResponse, Error> {
    let request = &hop.request;
    let target = request.checked_target()?;
    let body = match HopBody::at_hand(request.body()) {
        Some(body) => body,
        None => open(app, request.body())?.await?,
    };
    let exchange = exchange(app, hop, target, (body, asks));
    let counts =
        request.body().is_empty() || app.platform().transport.capabilities().upload_progress;
    let sent = if counts { Sent::of(app, request) } else { None };
    let answer = attend(app, exchange, sent).await?;
    if !counts && let Some(told) = all_sent(app, request) {
        told.await?;
    }
    Ok(measured(app, app.signals(), answer))
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
    let mut headers = match hop.fields.is_none() {
        true => own(),
        false => hop.fields.clone(),
    };
    #[cfg(not(feature = "cache"))]
    let mut headers = own();
    let has_body = !request.body().is_empty();
    // Without the feature no field of the app's has got so far.
    if cfg!(feature = "informational") && has_body && asks != headers.contains_key(header::EXPECT) {
        expectation::set(&mut headers, asks);
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
    headers: &mut HeaderFields,
    priority: Option<f32>,
) -> Option<u8> {
    let urgency = priority.map(priority::urgency)?;
    if cfg!(feature = "request-target")
        && app.platform().transport.capabilities().priority_field
        && !headers.contains_key(PRIORITY)
    {
        headers.insert(PRIORITY, priority::field(urgency));
    }
    Some(urgency)
}

/// Notes once that the whole body was sent, where its bytes are not counted as they leave; and says so.
pub(crate) fn all_sent<'a, A: App>(app: &'a A, request: &Request) -> Option<Asking<'a, ()>> {
    let total = app.expected_to_send().unwrap_or(0);
    let sent = Sent::of(app, request);
    let before = app.signals().sent();
    app.signals().add_sent(total.saturating_sub(before));
    app.progressed();
    sent?.tell(app)
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

/// Waits for the answer and hands on what the exchange reports before it.
fn attend<A: App>(
    app: &A,
    mut exchange: BoxFuture<'static, Result<HopResponse, Error>>,
    mut sent: Option<Sent>,
) -> impl Future<Output = Result<HopResponse, Error>> {
    let mut answer = None;
    let mut telling: Option<Asking<'_, ()>> = None;
    poll_fn(move |context| {
        loop {
            if let Some(told) = &mut telling {
                ready!(Pin::new(told).poll(context))?;
            }
            telling = next_letter(app).or_else(|| sent.as_mut()?.tell(app));
            if telling.is_some() {
                continue;
            }
            if let Some(answer) = answer.take() {
                return Poll::Ready(answer);
            }
            match exchange.as_mut().poll(context) {
                Poll::Ready(found) => answer = Some(found),
                Poll::Pending if has_news(app, sent.as_ref()) => {}
                Poll::Pending => {
                    app.progressed();
                    return Poll::Pending;
                }
            }
            app.progressed();
        }
    })
}

fn has_news<A: App>(app: &A, sent: Option<&Sent>) -> bool {
    let signals = app.signals();
    signals.has_mail() || sent.is_some_and(|sent| sent.is_behind(signals.sent()))
}

/// Empties the mailbox up to a letter that the app is to be told of.
fn next_letter<A: App>(app: &A) -> Option<Asking<'_, ()>> {
    while app.signals().has_mail() {
        match app.signals().take_mail()? {
            Mail::Connected(multiplexing) => app.learned(multiplexing),
            Mail::Informational(interim) => match heard(app, interim) {
                None => {}
                told => return told,
            },
        }
    }
    None
}
