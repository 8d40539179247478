//! Attempt after attempt, until the file is whole: the first for the whole, later ones for the rest.

use std::sync::Arc;
use std::time::Duration;

use http::{StatusCode, header};

use super::digest::{Expected, REPR_DIGEST};
use super::partial::{Known, Partial};
use super::receive::{Coming, receive};
use super::segments::{End, Plan};
use super::shared::{Download, Unclaimed};
use crate::load::decode::decode;
use crate::load::drain::drain;
use crate::load::follow::follow;
use crate::load::retry::wait;
use crate::policy::resume::{Rest, ask_for_rest, asks_for_a_whole, rest, takes_ranges, validator};
use crate::seams::app::{App, Content, Notice};
use crate::seams::asking::told;
use crate::seams::transport::HopResponse;
use crate::words::error::{Blame, Error, ErrorCode, UnsuccessfulStatus};
use crate::words::request::Request;
use crate::words::response::Response;
use crate::words::resume_data::Validator;

/// How long a server that was lost is left alone before the second try to go on; later ones wait twice as long each.
const PAUSE: Duration = Duration::from_millis(500);

/// One download's attempts.
pub(super) struct Course {
    request: Request,
    download: Arc<Download>,
    /// `None` until the first answer has come.
    partial: Option<Partial>,
    /// The delegate is to be told where it goes on, once that is known.
    announces: bool,
    /// How often it went on by itself after a loss.
    losses: u32,
    /// So many parts may come at once.
    segments: usize,
}

/// What an attempt has come to.
enum Turn {
    /// The file is whole, with this answer.
    Whole(Response),
    /// Another attempt is to be made at once.
    Again,
}

/// Where the bytes end that are there.
struct Standing {
    offset: u64,
    total: Option<u64>,
    validator: Validator,
}

impl Course {
    pub(super) fn new(request: Request, download: &Arc<Download>) -> Self {
        Self {
            request,
            download: download.clone(),
            partial: None,
            announces: download.begun_from().is_some(),
            losses: 0,
            segments: download.options().segments,
        }
    }

    /// A course that goes on with what is there, if the download is to.
    pub(super) async fn begin<A: App>(
        app: &A,
        request: Request,
        download: &Arc<Download>,
    ) -> Result<Self, Error> {
        let mut course = Self::new(request, download);
        if let Some(data) = download.begun_from() {
            course.partial = Partial::reopen(app, download, data).await?;
        }
        Ok(course)
    }

    pub(super) async fn run<A: App>(mut self, app: &A) -> Result<(Unclaimed, Response), Error> {
        let turn = self.attempt(app).await;
        self.go_on(app, turn).await
    }

    /// The same from an answer that is there.
    pub(super) async fn run_from<A: App>(
        mut self,
        app: &A,
        content: Content,
    ) -> Result<(Unclaimed, Response), Error> {
        let turn = self.take_whole(app, content).await;
        self.go_on(app, turn).await
    }

    async fn go_on<A: App>(
        mut self,
        app: &A,
        mut turn: Result<Turn, Error>,
    ) -> Result<(Unclaimed, Response), Error> {
        let response = loop {
            match turn {
                Ok(Turn::Whole(response)) => break response,
                Ok(Turn::Again) => {}
                Err(error) => self.bear(app, error).await?,
            }
            // Redirects may have led elsewhere.
            app.set_current_request(&self.request);
            app.move_to(app.first_route().origin(&self.request)).await;
            turn = self.attempt(app).await;
        };
        let whole = self.partial.ok_or(ErrorCode::Unknown)?;
        Ok((whole.finish(app).await?, response))
    }

    /// What is there and can be gone on from.
    fn standing(&self) -> Option<Standing> {
        let partial = self.partial.as_ref()?;
        let known = partial.known();
        Some(Standing {
            offset: Some(partial.written()).filter(|&written| written > 0)?,
            total: known.total,
            validator: known.validator?,
        })
    }

    /// Fails with `error`, unless it goes on by itself: after a suspension that the server did not wait for, or as often as the session allows.
    async fn bear<A: App>(&mut self, app: &A, error: Error) -> Result<(), Error> {
        let was_suspended = self.download.take_suspension();
        if error.code().blame() != Blame::Network || self.standing().is_none() {
            return Err(error);
        }
        if was_suspended {
            return Ok(());
        }
        if self.losses >= app.configuration().retries_downloads {
            return Err(error);
        }
        let pause = match self.losses {
            0 => Duration::ZERO,
            losses => PAUSE * (1 << (losses - 1).min(6)),
        };
        self.losses += 1;
        wait(app, pause).await;
        Ok(())
    }

    async fn attempt<A: App>(&mut self, app: &A) -> Result<Turn, Error> {
        match self.standing() {
            None => {
                let (answer, route) = follow(app, self.request.clone()).await?;
                let content = decode(app, answer.exchange, route);
                self.take_whole(app, content).await
            }
            Some(standing) => self.ask_for_rest(app, &standing).await,
        }
    }

    async fn ask_for_rest<A: App>(&mut self, app: &A, standing: &Standing) -> Result<Turn, Error> {
        let &Standing {
            offset,
            total,
            ref validator,
        } = standing;
        let request = ask_for_rest(self.request.clone(), offset, validator);
        let (answer, route) = follow(app, request).await?;
        let exchange = answer.exchange;
        match rest(&exchange.response, offset, total, validator) {
            Rest::Follows { total } => self.take_rest(app, exchange, offset, total).await,
            Rest::Whole | Rest::Gone => {
                let content = decode(app, exchange, route);
                self.take_whole(app, content).await
            }
            Rest::Anew => {
                drain(app, exchange.body).await;
                if let Some(partial) = &mut self.partial {
                    partial.spoil();
                }
                Ok(Turn::Again)
            }
            Rest::Other => {
                let response = exchange.response.clone();
                self.show(app, exchange, None);
                Err(unsuccessful(&response))
            }
        }
    }

    /// The task's answer from now on.
    fn show<A: App>(&self, app: &A, exchange: HopResponse, expected: Option<u64>) -> Content {
        let content = Content {
            response: exchange.response,
            body: exchange.body,
            expected,
            is_decoded: false,
        };
        app.set_response(&content);
        app.responded(&content.response);
        content
    }

    async fn take_rest<A: App>(
        &mut self,
        app: &A,
        exchange: HopResponse,
        offset: u64,
        total: Option<u64>,
    ) -> Result<Turn, Error> {
        let partial = self.partial.as_mut().ok_or(ErrorCode::Unknown)?;
        let mut known = partial.known();
        known.total = total;
        known.digest = known
            .digest
            .or_else(|| Expected::of(exchange.response.headers(), REPR_DIGEST));
        partial.learn(known);
        app.signals().restart_received(offset);
        let content = self.show(app, exchange, total);
        self.announce(app, offset, total).await?;
        self.take(app, content, true).await
    }

    async fn take_whole<A: App>(&mut self, app: &A, content: Content) -> Result<Turn, Error> {
        app.set_response(&content);
        app.responded(&content.response);
        let response = &content.response;
        if super::partial::beside(app, &self.download).is_some() && !response.status().is_success()
        {
            return Err(unsuccessful(response));
        }
        let known = match sight(app, &content) {
            Sight::All => known(&self.request, &content),
            // The length that is said may be that of coded bytes.
            Sight::Fields => Known {
                validator: known(&self.request, &content).validator,
                ..Known::default()
            },
            Sight::Some => Known::default(),
        };
        match &mut self.partial {
            Some(partial) => partial.restart(app, known).await?,
            None => {
                let (request, download) = (&self.request, &self.download);
                self.partial = Some(Partial::begin(app, download, request, known).await?);
            }
        }
        app.signals().restart_received(0);
        self.announce(app, 0, content.expected).await?;
        self.take(app, content, false).await
    }

    /// Tells where it goes on, once, before the first byte.
    async fn announce<A: App>(
        &mut self,
        app: &A,
        offset: u64,
        expected: Option<u64>,
    ) -> Result<(), Error> {
        match std::mem::take(&mut self.announces) {
            true => told(app.notify(Notice::Resumed { offset, expected })).await,
            false => Ok(()),
        }
    }

    async fn take<A: App>(
        &mut self,
        app: &A,
        mut content: Content,
        mut is_part: bool,
    ) -> Result<Turn, Error> {
        let partial = self.partial.as_mut().ok_or(ErrorCode::Unknown)?;
        let response = content.response.clone();
        let begun_at = partial.written();
        if self.segments > 1
            && let Some(plan) = Plan::of(app, &self.request, partial, &content, self.segments)
        {
            let end = Box::pin(plan.receive(app, partial, content)).await;
            match end.map_err(|error| error.with_place(response.place()))? {
                End::Whole => {
                    super::receive::verify(app, partial).await?;
                    return Ok(Turn::Whole(response));
                }
                End::GivenUp(first) => {
                    self.segments = 1;
                    let Some(first) = first else {
                        return Ok(Turn::Again);
                    };
                    (content, is_part) = (first, true);
                }
            }
        }
        let received = receive(app, partial, Coming { content, is_part }).await;
        received.map_err(|error| error.with_place(response.place()))?;
        let (written, total) = (partial.written(), partial.known().total);
        match total {
            Some(total) if written < total && is_part && written > begun_at => Ok(Turn::Again),
            Some(total) if written < total => {
                let error = Error::new(ErrorCode::NetworkConnectionLost);
                Err(error.because("the answer is shorter than it said"))
            }
            Some(total) if written > total => {
                partial.spoil();
                let error = Error::new(ErrorCode::BadServerResponse);
                Err(error.because("the answer is longer than it said"))
            }
            Some(_) | None => {
                super::receive::verify(app, partial).await?;
                Ok(Turn::Whole(response))
            }
        }
    }
}

/// How much of a response a platform shows. Where a coding may be hidden, neither a length nor a digest need be of the bytes that come.
enum Sight {
    /// Whether its body was coded, and all fields.
    All,
    /// Its fields, by all that is known.
    Fields,
    /// Some of its fields.
    Some,
}

fn sight<A: App>(app: &A, content: &Content) -> Sight {
    let able = app.platform().transport.capabilities();
    // A transport that does not see all fields of every response knows a body's length where it sees all of this one.
    if able.encoded_bodies || able.all_response_headers || content.body.remaining().is_some() {
        return Sight::All;
    }
    // Not shown across origins unless the server says so, as a rule of every field.
    match content.response.headers().contains_key(header::DATE) {
        true => Sight::Fields,
        false => Sight::Some,
    }
}

/// What an answer to `request` says of the representation that it carries from its start.
fn known(request: &Request, content: &Content) -> Known {
    let response = &content.response;
    let is_whole = asks_for_a_whole(request) && response.status() == StatusCode::OK;
    if content.is_decoded {
        return Known::default();
    }
    let is_coded = response.headers().contains_key(header::CONTENT_ENCODING);
    let has_rest = is_whole && !is_coded && takes_ranges(response);
    Known {
        validator: validator(response).filter(|_| has_rest),
        total: content.expected.filter(|_| is_whole),
        digest: Expected::of(response.headers(), REPR_DIGEST).filter(|_| is_whole),
    }
}

fn unsuccessful(response: &Response) -> Error {
    Error::new(ErrorCode::BadServerResponse)
        .with_cause(UnsuccessfulStatus(response.status()))
        .with_place(response.place())
}
