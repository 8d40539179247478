//! Resumable uploads (draft-ietf-httpbis-resumable-upload): the server's part, and its faults. HTTP/2 has a port of its own
//! ([`h2_uploads`](crate::Origin::h2_uploads)), where nothing else is served; a reset is the end of the connection there.
//!
//! `PUT` or `POST` to `/resumable` with `Upload-Complete` begins an upload at `/resumable/N`, which takes `HEAD`, `PATCH` and `DELETE`.
//! Parameters of the query, each for the whole upload:
//!
//! | parameter | effect |
//! |---|---|
//! | `cut=N,M…` | the connection is reset once the server has N bytes of the whole, later M, … |
//! | `mishap=N,M…` | 503 in place of more than N bytes, later M, … |
//! | `stall=N` | takes N bytes of the whole, and no more until the client is gone |
//! | `silent` | no 104 |
//! | `interop=V` | speaks version V whatever the client speaks |
//! | `behind=N` | forgets N bytes at each cut |
//! | `ahead=N` | says once that it has N bytes more than there are |
//! | `conflict` | answers the first `PATCH` with 409 |
//! | `gone=STATUS` | answers every `HEAD` so |
//! | `lose-answer` | the first final answer is lost: the connection is reset in its place |
//! | `moved-HEAD`, `moved-PATCH` | sends the first `HEAD` or `PATCH` elsewhere by 307 |
//! | `max-size=N`, `max-append-size=N` | the limits; what is longer gets 413 |
//!
//! A request without the fields of the draft is taken as any upload. Every final answer is the number of bytes as text.

mod h2;
mod line;
mod reader;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::BytesMut;
use http::{Method, request};
use tokio::io::AsyncReadExt as _;

pub use self::h2::H2Uploads;
use self::line::Line;
use self::reader::Reader;
use crate::listen::{Site, received};
use crate::log::Log;
use crate::player::{Listen, read_head};
use crate::wire::Wire;

/// The uploads that an origin has had.
#[derive(Clone, Debug, Default)]
pub(crate) struct Uploads(Arc<Mutex<Vec<Upload>>>);

/// One upload as the server has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upload {
    /// What has come.
    pub bytes: Vec<u8>,
    /// Whether the client has said that it was all.
    pub is_complete: bool,
    /// Whether the client has said that nobody will go on.
    pub is_cancelled: bool,
    faults: Faults,
    /// Requests so far: whoever writes for an older one has lost the upload.
    requests: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Faults {
    cut: Vec<usize>,
    mishap: Vec<usize>,
    stall: Option<usize>,
    behind: usize,
    ahead: usize,
    flags: BTreeMap<String, String>,
}

impl Faults {
    fn of(query: &str) -> Self {
        let mut faults = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let numbers = || {
                let numbers = value.split(',').filter_map(|it| it.parse().ok());
                numbers.collect::<Vec<_>>()
            };
            match name {
                "cut" => faults.cut = numbers(),
                "mishap" => faults.mishap = numbers(),
                "stall" => faults.stall = value.parse().ok(),
                "behind" => faults.behind = value.parse().unwrap_or(0),
                "ahead" => faults.ahead = value.parse().unwrap_or(0),
                _ => drop(faults.flags.insert(name.to_owned(), value.to_owned())),
            }
        }
        faults
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.flags.get(name)?.parse().ok()
    }

    /// True once.
    fn take(&mut self, name: &str) -> bool {
        self.flags.remove(name).is_some()
    }

    fn limit(&self) -> Option<String> {
        let limits = ["max-size", "max-append-size"];
        let said = limits
            .iter()
            .filter_map(|name| Some(format!("{name}={}", self.flags.get(*name)?)));
        let said: Vec<_> = said.collect();
        (!said.is_empty()).then(|| said.join(", "))
    }
}

impl Uploads {
    /// Every upload so far, in the order in which they began.
    pub(crate) fn all(&self) -> Vec<Upload> {
        self.list().clone()
    }

    fn list(&self) -> MutexGuard<'_, Vec<Upload>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<R>(&self, number: usize, work: impl FnOnce(&mut Upload) -> R) -> Option<R> {
        self.list().get_mut(number).map(work)
    }
}

/// What became of a connection's turn.
pub(crate) enum Turn {
    /// The request is another server's.
    Elsewhere,
    /// It was answered, and another may follow.
    Done,
    /// The connection ends.
    Ended(End),
}

/// How a connection ends or goes on.
pub(crate) enum End {
    Open,
    /// With a request's body unread.
    Closed,
    Reset,
}

impl End {
    /// Ends the connection.
    pub(crate) async fn of(self, wire: Wire) {
        match self {
            Self::Open | Self::Closed => wire.close().await,
            Self::Reset => wire.reset(),
        }
    }
}

/// A request about an upload.
struct UploadExchange {
    head: request::Parts,
    /// `None` for one that begins.
    number: Option<usize>,
    uploads: Uploads,
    log: Log,
    request: u64,
}

/// Serves one request if it is about an upload. No other is looked at further than its first bytes.
pub(crate) async fn serve(wire: &mut Wire, connection: usize, site: &Site) -> Turn {
    if !begins_with_ours(wire).await {
        return Turn::Elsewhere;
    }
    let Ok(bytes) = read_head(wire, &mut Unheard).await else {
        return Turn::Ended(End::Closed);
    };
    let Some((head, number)) = parsed(&bytes) else {
        wire.unread(&bytes);
        return Turn::Elsewhere;
    };
    let request = site.log.request_received(received(&head, connection, site));
    let exchange = UploadExchange {
        head,
        number,
        uploads: site.uploads.clone(),
        log: site.log.clone(),
        request,
    };
    let reader = Reader::of(&exchange.head.headers);
    match exchange.answer(&mut Line::Http1(wire, reader)).await {
        Ok(End::Open) => Turn::Done,
        Ok(end) => Turn::Ended(end),
        Err(_) => Turn::Ended(End::Closed),
    }
}

/// What a script would read is not heard here.
struct Unheard;

impl Listen for Unheard {
    fn received(&mut self, _: &[u8]) {}
}

/// Looks at the first bytes of a request, and gives them back.
async fn begins_with_ours(wire: &mut Wire) -> bool {
    const OURS: [&[u8]; 5] = [
        b"PUT /resumable",
        b"POST /resumable",
        b"HEAD /resumable",
        b"PATCH /resumable",
        b"DELETE /resumable",
    ];
    let mut seen = BytesMut::new();
    loop {
        let may_be = |ours: &&[u8]| seen.starts_with(ours) || ours.starts_with(&seen);
        let is_decided = OURS.iter().any(|ours| seen.starts_with(ours));
        if is_decided || !OURS.iter().any(may_be) {
            wire.unread(&seen);
            return is_decided;
        }
        if !matches!(wire.read_buf(&mut seen).await, Ok(1..)) {
            wire.unread(&seen);
            return false;
        }
    }
}

/// The head of a request that is about an upload, and which; `None` for any other.
fn parsed(bytes: &[u8]) -> Option<(request::Parts, Option<usize>)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut lines = text.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let mut request = http::Request::builder()
        .method(first.next()?)
        .uri(first.next()?);
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        request = request.header(name, value.trim());
    }
    let (head, ()) = request.body(()).ok()?.into_parts();
    let number = number_of(&head)?;
    Some((head, number))
}

/// Which upload the request is about; `Some(None)` for one that begins, `None` for what is no such request.
fn number_of(head: &request::Parts) -> Option<Option<usize>> {
    if !head.headers.contains_key("upload-draft-interop-version") {
        return None;
    }
    Some(match head.uri.path().strip_prefix("/resumable")? {
        "" => None,
        rest => Some(rest.strip_prefix('/')?.parse().ok()?),
    })
}

impl UploadExchange {
    async fn answer(&self, line: &mut Line<'_>) -> io::Result<End> {
        match self.number {
            None => self.create(line).await,
            Some(number) => self.resource(number, line).await,
        }
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    fn interop(&self, faults: &Faults) -> String {
        let said = self.field("upload-draft-interop-version");
        let forced = faults.flags.get("interop").map(String::as_str);
        forced.or(said).unwrap_or_default().to_owned()
    }

    async fn create(&self, line: &mut Line<'_>) -> io::Result<End> {
        let faults = Faults::of(self.head.uri.query().unwrap_or_default());
        let is_last = self.field("upload-complete") == Some("?1");
        let (number, told) = {
            let mut uploads = self.uploads.list();
            uploads.push(Upload {
                faults: faults.clone(),
                requests: 1,
                ..Upload::default()
            });
            (uploads.len() - 1, self.told(&faults, uploads.len() - 1))
        };
        let speaks = self.field("upload-complete").is_some();
        if speaks && !faults.flags.contains_key("silent") {
            line.interim("104 Upload Resumption Supported", &told)
                .await?;
        }
        self.receive(line, number, (1, is_last || !speaks)).await
    }

    /// The fields that tell where the upload is.
    fn told(&self, faults: &Faults, number: usize) -> String {
        let limit = faults
            .limit()
            .map(|limit| format!("Upload-Limit: {limit}\r\n"));
        format!(
            "Location: /resumable/{number}\r\nUpload-Draft-Interop-Version: {}\r\n{}",
            self.interop(faults),
            limit.unwrap_or_default()
        )
    }

    async fn resource(&self, number: usize, line: &mut Line<'_>) -> io::Result<End> {
        let Some(found) = self.uploads.with(number, |upload| {
            upload.requests += 1;
            (upload.clone(), upload.requests)
        }) else {
            return self.refuse(line, "404 Not Found", "").await;
        };
        let (upload, turn) = found;
        if upload.is_cancelled {
            return self.refuse(line, "410 Gone", "").await;
        }
        let moves = matches!(self.head.method, Method::HEAD | Method::PATCH)
            && self.uploads.with(number, |upload| {
                upload.faults.take(&format!("moved-{}", self.head.method))
            }) == Some(true);
        if moves {
            let location = format!("Location: /resumable/{number}?moved\r\n");
            self.refuse(line, "307 Temporary Redirect", &location)
                .await?;
            return Ok(End::Closed);
        }
        match self.head.method {
            Method::HEAD => self.tell_offset(line, number, &upload).await,
            Method::PATCH => self.append(line, number, turn).await,
            Method::DELETE => {
                self.uploads
                    .with(number, |upload| upload.is_cancelled = true);
                self.refuse(line, "204 No Content", "").await
            }
            _ => self.refuse(line, "405 Method Not Allowed", "").await,
        }
    }

    async fn tell_offset(
        &self,
        line: &mut Line<'_>,
        number: usize,
        upload: &Upload,
    ) -> io::Result<End> {
        if let Some(status) = upload.faults.number("gone") {
            return self.refuse(line, &format!("{status} Gone"), "").await;
        }
        let ahead = self
            .uploads
            .with(number, |upload| std::mem::take(&mut upload.faults.ahead));
        let offset = upload.bytes.len() + ahead.unwrap_or(0);
        let fields = format!(
            "Upload-Offset: {offset}\r\nUpload-Complete: {}\r\nCache-Control: no-store\r\n{}",
            boolean(upload.is_complete),
            self.told(&upload.faults, number)
        );
        self.refuse(line, "204 No Content", &fields).await
    }

    async fn append(&self, line: &mut Line<'_>, number: usize, turn: u64) -> io::Result<End> {
        let said = self
            .field("upload-offset")
            .and_then(|it| it.parse::<usize>().ok());
        let is_partial = self.field("content-type") == Some("application/partial-upload");
        let is_last = self.field("upload-complete") == Some("?1");
        let looked = self.uploads.with(number, |upload| {
            let conflicts = upload.faults.take("conflict") || said != Some(upload.bytes.len());
            (conflicts, upload.bytes.len(), upload.is_complete)
        });
        let (conflicts, offset, is_complete) = looked.unwrap_or_default();
        let length = self.field("content-length").unwrap_or("0");
        if is_complete && length == "0" && !conflicts {
            return self.final_answer(line, number).await;
        }
        if conflicts || !is_partial || is_complete {
            let fields =
                format!("Upload-Offset: {offset}\r\nUpload-Complete: ?0\r\nConnection: close\r\n");
            self.refuse(line, "409 Conflict", &fields).await?;
            return Ok(End::Closed);
        }
        self.receive(line, number, (turn, is_last)).await
    }

    /// Takes in the body, up to the next fault, and answers.
    async fn receive(
        &self,
        line: &mut Line<'_>,
        number: usize,
        (turn, is_last): (u64, bool),
    ) -> io::Result<End> {
        let declared = line.declared();
        let refused = self.uploads.with(number, |upload| {
            let limit = |name| upload.faults.number(name).unwrap_or(usize::MAX);
            let declared = declared.unwrap_or(0);
            declared > limit("max-append-size")
                || upload.bytes.len().saturating_add(declared) > limit("max-size")
        });
        if refused == Some(true) {
            let limit = self.uploads.with(number, |upload| upload.faults.limit());
            let limit = limit.flatten().unwrap_or_default();
            let fields =
                format!("Upload-Complete: ?0\r\nUpload-Limit: {limit}\r\nConnection: close\r\n");
            self.refuse(line, "413 Content Too Large", &fields).await?;
            return Ok(End::Closed);
        }
        while let Some(chunk) = line.next().await? {
            self.log.body_received(self.request, &chunk);
            match self
                .uploads
                .with(number, |upload| upload.take_in(&chunk, turn))
            {
                Some(Taken::All) => {}
                Some(Taken::Cut) | None => return Ok(End::Reset),
                Some(Taken::Stall) => {
                    line.peer_gone().await;
                    return Ok(End::Reset);
                }
                Some(Taken::Mishap) => {
                    self.refuse(line, "503 Service Unavailable", "Connection: close\r\n")
                        .await?;
                    return Ok(End::Closed);
                }
            }
        }
        self.log.body_complete(self.request, None);
        if !is_last {
            let offset = self.uploads.with(number, |upload| upload.bytes.len());
            let fields = format!(
                "Upload-Complete: ?0\r\nUpload-Offset: {}\r\n",
                offset.unwrap_or(0)
            );
            return self.refuse(line, "204 No Content", &fields).await;
        }
        self.final_answer(line, number).await
    }

    async fn final_answer(&self, line: &mut Line<'_>, number: usize) -> io::Result<End> {
        let lost = self.uploads.with(number, |upload| {
            upload.is_complete = true;
            (upload.faults.take("lose-answer"), upload.bytes.len())
        });
        let (is_lost, length) = lost.unwrap_or_default();
        if is_lost {
            return Ok(End::Reset);
        }
        let fields = "Upload-Complete: ?1\r\nContent-Type: text/plain\r\n";
        line.answer("200 OK", fields, Some(length.to_string()))
            .await?;
        Ok(End::Open)
    }

    async fn refuse(&self, line: &mut Line<'_>, status: &str, fields: &str) -> io::Result<End> {
        let has_body = !status.starts_with("204");
        line.answer(status, fields, has_body.then(String::new))
            .await?;
        Ok(End::Open)
    }
}

enum Taken {
    All,
    Cut,
    Mishap,
    Stall,
}

impl Upload {
    fn take_in(&mut self, chunk: &[u8], turn: u64) -> Taken {
        if self.requests != turn {
            return Taken::Cut;
        }
        let end = self.bytes.len() + chunk.len();
        if let Some(place) = self.faults.stall.take_if(|place| *place < end) {
            let room = place.saturating_sub(self.bytes.len());
            self.bytes.extend_from_slice(&chunk[..room]);
            return Taken::Stall;
        }
        let next = |places: &[usize]| places.first().copied().filter(|&place| place < end);
        let (cut, mishap) = (next(&self.faults.cut), next(&self.faults.mishap));
        let Some(place) = cut.or(mishap) else {
            self.bytes.extend_from_slice(chunk);
            return Taken::All;
        };
        let room = place.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&chunk[..room]);
        if cut.is_some() {
            self.faults.cut.remove(0);
            let kept = self.bytes.len().saturating_sub(self.faults.behind);
            self.bytes.truncate(kept);
            return Taken::Cut;
        }
        self.faults.mishap.remove(0);
        Taken::Mishap
    }
}

const fn boolean(value: bool) -> &'static str {
    if value { "?1" } else { "?0" }
}
