//! What is left of a file, in several parts at once.
//!
//! The answer that is there carries the first part; hops of their own ask for the others. All of it happens in the load's one future, so
//! that what suspends, cancels or drops a load does so to its parts. What is whole from the start is all that counts: whatever is odd about a
//! part ends the parts, and the file goes on as one from there.

use std::future::poll_fn;
use std::ops::Range;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Method, StatusCode, header};

use super::digest::{CONTENT_DIGEST, Expected};
use super::partial::Partial;
use super::receive::{Check, tell};
use super::yield_once;
use crate::load::measure::{begin, measured};
use crate::load::reach::is_clear;
use crate::load::send::{Hop, hints, tell_priority};
use crate::policy::resume::{ask_for_part, is_part, offers_ranges};
use crate::seams::app::{App, Content};
use crate::seams::exchange::ExchangeEvents;
use crate::seams::protocol::list::Route;
use crate::seams::signals::Signals;
use crate::seams::transport::{Affinity, HopBody, HopRequest, HopResponse};
use crate::words::body::Body;
use crate::words::bounds::BoxFuture;
use crate::words::error::{Error, ErrorCode};
#[cfg(feature = "cache")]
use crate::words::header_fields::HeaderFields;
use crate::words::request::Request;
use crate::words::resume_data::Validator;

/// A part that is shorter is not worth its request.
const LEAST: u64 = 1024 * 1024;

/// The most parts at once.
const MOST: usize = 16;

/// What is to come, in parts.
pub(super) struct Plan {
    /// Asks for the whole, where it was found.
    hop: Hop,
    /// What is missing.
    rest: Range<u64>,
    count: usize,
    validator: Validator,
}

/// How it ended.
pub(super) enum End {
    /// Every part is there.
    Whole,
    /// Not so: the file is whole up to some point, from which the first answer goes on if it is given.
    GivenUp(Option<Content>),
}

impl Plan {
    /// Cuts what is to come into `count` parts; `None` where it is to come as one.
    pub(super) fn of<A: App>(
        app: &A,
        asked: &Request,
        partial: &mut Partial,
        content: &Content,
        count: usize,
    ) -> Option<Self> {
        let fields = content.response.headers();
        let known = partial.known();
        let (validator, total) = (known.validator?, known.total?);
        let rest = partial.written()..total;
        let worth = usize::try_from(rest.end.saturating_sub(rest.start) / LEAST).ok()?;
        let count = count.min(worth).min(MOST);
        // What is said of the message as a whole is only seen by whoever reads all of it.
        let is_checked =
            fields.contains_key(CONTENT_DIGEST) || fields.contains_key(header::TRAILER);
        if count < 2 || content.is_decoded || is_checked || !offers_ranges(&content.response) {
            return None;
        }
        let request = app.current_request()?;
        let hop = Hop {
            left_home: request.url() != asked.url(),
            route: app.protocols().route(&request).ok()?,
            request,
            #[cfg(feature = "cache")]
            fields: HeaderFields::new(),
        };
        let is_plain = matches!(hop.route, Route::Transport) && is_clear(app, &hop);
        (is_plain && partial.takes_any_order()).then_some(Self {
            hop,
            rest,
            count,
            validator,
        })
    }

    /// Writes all parts, the first from `content`.
    pub(super) async fn receive<A: App>(
        self,
        app: &A,
        partial: &mut Partial,
        content: Content,
    ) -> Result<End, Error> {
        let places: Vec<_> = (0..app.take_free_places(self.count - 1))
            .map(|_| Place(app))
            .collect();
        if places.is_empty() {
            return Ok(End::GivenUp(Some(content)));
        }
        let Content {
            response,
            body,
            expected,
            is_decoded,
        } = content;
        let mut parts = Parts {
            total: self.rest.end,
            validator: self.validator.clone(),
            segments: self.segments(body, places),
            turn: 0,
            is_rest: response.status() == StatusCode::PARTIAL_CONTENT,
        };
        let end = parts.receive(app, partial, expected).await?;
        let Some(sound) = end else {
            return Ok(End::Whole);
        };
        partial.retreat(sound).await?;
        app.signals().restart_received(partial.written());
        app.progressed();
        let first = parts.segments.swap_remove(0);
        Ok(End::GivenUp(match first.source {
            Source::Body(body) => Some(Content {
                response,
                body,
                expected,
                is_decoded,
            }),
            Source::Asked(_) | Source::End => None,
        }))
    }

    fn segments<'a, A: App>(
        &self,
        body: Box<dyn Body>,
        places: Vec<Place<'a, A>>,
    ) -> Vec<Segment<'a, A>> {
        let count = places.len() as u64 + 1;
        let length = (self.rest.end - self.rest.start) / count;
        let part = |number: u64| {
            let start = self.rest.start + number * length;
            match number + 1 == count {
                true => start..self.rest.end,
                false => start..start + length,
            }
        };
        let mut segments = vec![Segment::new(part(0), Source::Body(body), None)];
        for (number, place) in (1..).zip(places) {
            let (part, exchange) = (part(number), Exchange::new(place));
            let asked = Source::Asked(self.ask(&exchange, &part));
            segments.push(Segment::new(part, asked, Some(exchange)));
        }
        segments
    }

    fn ask<A: App>(
        &self,
        exchange: &Exchange<'_, A>,
        part: &Range<u64>,
    ) -> BoxFuture<'static, Result<HopResponse, Error>> {
        let app = exchange.place.0;
        let request = ask_for_part(self.hop.request.clone(), part, &self.validator);
        let Some(target) = request.target().cloned() else {
            return Box::pin(std::future::ready(Err(ErrorCode::UnsupportedUrl.into())));
        };
        begin(app, &exchange.signals, &request);
        let mut headers = app.fields().of_hop(&request, self.hop.left_home);
        let urgency = tell_priority(app, &mut headers, app.priority());
        let events = ExchangeEvents::new(exchange.signals.clone());
        let request = HopRequest {
            method: Method::GET,
            target,
            headers,
            body: HopBody::Empty,
            affinity: Affinity::Any,
            hints: hints(app, &request, urgency),
            properties: request.properties().clone(),
        };
        app.platform().transport.exchange(request, events)
    }
}

/// A place at the origin, for as long as a part has a use for it.
struct Place<'a, A: App>(&'a A);

impl<A: App> Drop for Place<'_, A> {
    fn drop(&mut self) {
        self.0.give_back_place();
    }
}

/// What a part's own exchange holds. Dropped, it has ended: what it measured is among the task's metrics.
struct Exchange<'a, A: App> {
    place: Place<'a, A>,
    /// The task's own tell of its requests for the whole.
    signals: Arc<Signals>,
}

impl<'a, A: App> Exchange<'a, A> {
    fn new(place: Place<'a, A>) -> Self {
        let signals = Arc::new(place.0.signals().beside());
        Self { place, signals }
    }
}

impl<A: App> Drop for Exchange<'_, A> {
    fn drop(&mut self) {
        self.place.0.signals().add_beside(&self.signals);
    }
}

/// One part on its way.
struct Segment<'a, A: App> {
    part: Range<u64>,
    /// How far it is.
    at: u64,
    /// Before the exchange that it is of: what it counts, it writes down when it is dropped.
    source: Source,
    check: Check,
    /// `None` for the first part, which is of the task's own answer, and once the part has ended.
    exchange: Option<Exchange<'a, A>>,
}

enum Source {
    Asked(BoxFuture<'static, Result<HopResponse, Error>>),
    Body(Box<dyn Body>),
    End,
}

enum Event {
    Head(HopResponse),
    Chunk(Bytes),
    End,
    Failed(Error),
}

impl<'a, A: App> Segment<'a, A> {
    fn new(part: Range<u64>, source: Source, exchange: Option<Exchange<'a, A>>) -> Self {
        Self {
            at: part.start,
            part,
            source,
            check: Check::of(None),
            exchange,
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        match &mut self.source {
            Source::Asked(answer) => answer.as_mut().poll(context).map(|answer| match answer {
                Ok(answer) => Event::Head(answer),
                Err(error) => Event::Failed(error),
            }),
            Source::Body(body) => body.poll_next_chunk(context).map(|chunk| match chunk {
                Some(Ok(chunk)) => Event::Chunk(chunk),
                Some(Err(error)) => Event::Failed(error),
                None => Event::End,
            }),
            Source::End => Poll::Pending,
        }
    }

    fn is_whole(&self) -> bool {
        self.at == self.part.end
    }

    fn has_ended(&self) -> bool {
        matches!(self.source, Source::End)
    }

    fn end(&mut self) {
        self.source = Source::End;
        self.exchange = None;
    }
}

struct Parts<'a, A: App> {
    segments: Vec<Segment<'a, A>>,
    total: u64,
    validator: Validator,
    /// Whom to look at first.
    turn: usize,
    /// The first is out of a part itself, which may end before the whole does.
    is_rest: bool,
}

impl<A: App> Parts<'_, A> {
    /// Until all are there (`None`), or for as long as all are sound: up to where what was written is good then.
    async fn receive(
        &mut self,
        app: &A,
        partial: &mut Partial,
        expected: Option<u64>,
    ) -> Result<Option<u64>, Error> {
        while !self.segments.iter().all(Segment::has_ended) {
            let (number, event) = poll_fn(|context| self.poll(context)).await;
            let segment = &mut self.segments[number];
            match event {
                Event::Chunk(chunk) if chunk.is_empty() => yield_once().await,
                Event::Chunk(mut chunk) => {
                    let left = usize::try_from(segment.part.end - segment.at).unwrap_or(usize::MAX);
                    if number == 0 {
                        chunk.truncate(left);
                    } else if chunk.len() > left {
                        return Ok(Some(segment.part.start));
                    }
                    let (at, bytes) = (segment.at, chunk.len() as u64);
                    segment.check.add(&chunk);
                    partial.put(at, chunk).await?;
                    segment.at += bytes;
                    if let Some(exchange) = &segment.exchange {
                        exchange.signals.add_received(bytes);
                    }
                    if number == 0 && segment.is_whole() {
                        segment.end();
                    }
                    partial.reach(app, self.reached()).await?;
                    app.signals().add_received(bytes);
                    tell(app, bytes, app.signals().received(), expected).await?;
                }
                // The first is the task's own answer: what becomes of it becomes of the task.
                Event::Failed(error) if number == 0 => return Err(error),
                Event::End if number == 0 && self.is_rest => {
                    segment.end();
                    return Ok(Some(self.total));
                }
                Event::End if number == 0 => {
                    let error = Error::new(ErrorCode::NetworkConnectionLost);
                    return Err(error.because("the answer is shorter than it said"));
                }
                Event::Head(answer)
                    if is_part(&answer.response, &segment.part, self.total, &self.validator) =>
                {
                    let fields = answer.response.headers();
                    segment.check = Check::of(Expected::of(fields, CONTENT_DIGEST));
                    let answer = match &segment.exchange {
                        Some(exchange) => measured(app, &exchange.signals, answer),
                        None => answer,
                    };
                    segment.source = Source::Body(answer.body);
                }
                Event::End if segment.is_whole() => {
                    let check = std::mem::replace(&mut segment.check, Check::of(None));
                    if check.finish().is_err() {
                        return Ok(Some(segment.part.start));
                    }
                    segment.end();
                }
                Event::Head(_) | Event::End | Event::Failed(_) => return Ok(Some(self.total)),
            }
        }
        Ok(None)
    }

    /// Looks at each in turn.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<(usize, Event)> {
        let count = self.segments.len();
        for step in 0..count {
            let number = (self.turn + step) % count;
            if let Poll::Ready(event) = self.segments[number].poll(context) {
                self.turn = number + 1;
                return Poll::Ready((number, event));
            }
        }
        Poll::Pending
    }

    /// Up to where there is no gap.
    fn reached(&self) -> u64 {
        let mut segments = self.segments.iter();
        let open = segments.find(|segment| !segment.is_whole());
        open.map_or(self.total, |segment| segment.at)
    }
}
