//! One exchange, played from its script.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};

use super::body::ScriptedBody;
use super::clock::Sleep;
use super::degrade;
use super::files::MockFiles;
use super::record::{Outcome, Record};
use super::reply::{Answer, Head, Reply, Script};
use super::transport::Shared;
use super::upload;
use super::watch::{Sight, Sighting, Watch};
use crate::seams::exchange::{ExchangeEvents, Informational};
use crate::seams::transport::{Capabilities, ConnectionId, HopBody, HopResponse, Multiplexing};
use crate::words::error::{Error, ErrorCode};
use crate::words::response::Response;

/// The cause of an error that a script asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("scripted by the test")]
pub(super) struct Scripted;

pub(super) fn scripted(code: ErrorCode) -> Error {
    Error::new(code).with_cause(Scripted)
}

/// An exchange under way: it counts as open until it ends or is dropped.
pub(super) struct Open {
    pub(super) shared: Arc<Shared>,
    pub(super) record: Arc<Record>,
    watcher: Option<Arc<dyn Watch>>,
    number: usize,
    has_ended: bool,
}

impl Open {
    pub(super) fn new(
        shared: Arc<Shared>,
        (number, record): (usize, Arc<Record>),
        watcher: Option<Arc<dyn Watch>>,
    ) -> Self {
        shared.counts.begin();
        let has_ended = false;
        let open = Self {
            shared,
            record,
            watcher,
            number,
            has_ended,
        };
        open.saw(Sight::Began);
        open
    }

    /// Tells whoever watches.
    pub(super) fn saw(&self, sight: Sight) {
        if let Some(watcher) = &self.watcher {
            let (exchange, url) = (self.number, self.record.target().url());
            watcher.saw(Sighting {
                exchange,
                url,
                sight,
            });
        }
    }

    /// The exchange is over, as scripted.
    pub(super) fn end(&mut self) {
        if !self.has_ended {
            self.has_ended = true;
            self.shared.counts.end();
            self.record.ended(Outcome::Ended);
            self.saw(Sight::Ended);
        }
    }

    pub(super) fn sleep(&self, duration: Duration) -> Sleep {
        self.shared.runtime.clock().sleep(duration)
    }

    pub(super) fn files(&self) -> &MockFiles {
        &self.shared.files
    }

    pub(super) fn read_trailers(&self, trailers: Option<HeaderMap>) {
        self.record.read_trailers(trailers.unwrap_or_default());
    }

    pub(super) fn read(&self, piece: &[u8]) {
        self.record.read(piece);
        self.saw(Sight::Read(piece.len()));
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if !self.has_ended {
            self.shared.counts.abort();
            self.record.ended(Outcome::Aborted);
            self.saw(Sight::Aborted);
        }
    }
}

/// An exchange about to be played.
pub(super) struct Exchange {
    pub(super) reply: Reply,
    pub(super) events: ExchangeEvents,
    pub(super) open: Open,
    pub(super) capabilities: Capabilities,
    /// The connection, and what it turns out to carry.
    pub(super) connection: (ConnectionId, Multiplexing),
}

impl Exchange {
    pub(super) async fn play(mut self, body: HopBody) -> Result<HopResponse, Error> {
        let answered = match self.connect_and_send(body).await {
            Ok(()) => self.answer().await,
            Err(error) => Err(error),
        };
        match answered {
            Ok(head) => Ok(self.respond(head)),
            Err(error) => {
                self.open.end();
                Err(degrade::error(error, self.capabilities))
            }
        }
    }

    async fn connect_and_send(&mut self, body: HopBody) -> Result<(), Error> {
        let body = degrade::body(body, self.capabilities).await?;
        self.connect().await?;
        let origin = self.open.record.target().origin();
        self.open.shared.connected(origin, self.connection.1);
        self.open.saw(Sight::Connected);
        self.events.connected(self.connection.1);
        self.note_request();
        for response in std::mem::take(&mut self.reply.early) {
            self.inform(response);
        }
        let counts = self.capabilities.upload_progress.then_some(&self.events);
        upload::read(body, self.reply.reading, &self.open, counts).await?;
        self.measure(|transaction, now| transaction.request_end = Some(now));
        Ok(())
    }

    async fn answer(&mut self) -> Result<Head, Error> {
        for response in std::mem::take(&mut self.reply.interim) {
            self.inform(response);
        }
        if !self.reply.delay.is_zero() {
            self.open.sleep(self.reply.delay).await;
        }
        match std::mem::replace(&mut self.reply.answer, Answer::Never) {
            Answer::Head(head) => Ok(head),
            Answer::Error(error) => Err(error),
            Answer::Never => pending().await,
        }
    }

    fn inform(&self, response: Informational) {
        self.measure(|transaction, now| {
            transaction.response_start.get_or_insert(now);
        });
        self.open
            .saw(Sight::Informational(response.status.as_u16()));
        if self.capabilities.informational && response.status.as_u16() > 101 {
            self.events.informational(response);
        }
    }

    fn respond(mut self, mut head: Head) -> HopResponse {
        self.open.saw(Sight::Head(head.status.as_u16()));
        self.events.touched();
        let record = &self.open.record;
        if !has_body(record.method(), head.status) {
            self.reply.body.steps.clear();
            self.reply.body.more = None;
        }
        if !self.capabilities.trailers {
            self.reply.body.trailers.clear();
        }
        let mut announced = announce(&mut head, &self.reply.body, record.method());
        if !self.capabilities.encoded_bodies && degrade::is_coded(&head.headers) {
            announced = None;
        }
        if !self.capabilities.all_response_headers {
            degrade::response_headers(&mut head.headers);
        }
        self.note_response(&head.headers);
        let url = head.url.unwrap_or_else(|| record.target().url().clone());
        let version = head.version.unwrap_or(match self.connection.1 {
            Multiplexing::Streams(_) => Version::HTTP_2,
            Multiplexing::Unknown | Multiplexing::No | Multiplexing::Platform => Version::HTTP_11,
        });
        let response = Response::new(url, head.status, version, head.headers);
        let body = ScriptedBody::new(self.reply.body, announced, self.events, self.open);
        HopResponse {
            response,
            body: Box::new(body),
            connection: Some(self.connection.0),
        }
    }
}

fn has_body(method: &Method, status: StatusCode) -> bool {
    method != Method::HEAD
        && !status.is_informational()
        && status != StatusCode::NO_CONTENT
        && status != StatusCode::NOT_MODIFIED
}

/// Puts Content-Length into the head unless the script did or cannot; gives the length that the body then has.
fn announce(head: &mut Head, script: &Script, method: &Method) -> Option<u64> {
    if head.headers.contains_key(header::TRANSFER_ENCODING) {
        return None;
    }
    if let Some(said) = head.headers.get(header::CONTENT_LENGTH) {
        let said = said.to_str().ok().and_then(|text| text.parse().ok());
        return said.filter(|_| has_body(method, head.status));
    }
    let announced = script
        .announced()
        .filter(|_| has_body(method, head.status))?;
    head.headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(announced));
    Some(announced)
}
