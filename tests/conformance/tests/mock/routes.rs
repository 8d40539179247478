//! The origin server's routes as scripts, as far as the cases use them.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};
use urlsession_conformance::Sites;
use urlsession_core::http::{HeaderMap, HeaderName, HeaderValue, Method, Version, header};
use urlsession_core::mock::{MockFiles, MockTransport, Reply, Step};
use urlsession_core::url::Position;
use urlsession_core::{
    Bytes, Capabilities, Error, ErrorCode, HopBody, HopRequest, Multiplexing, Url,
};

use crate::follow;

const FRAME: u64 = 64 * 1024;

const BROTLI: [u8; 16] = [
    0x8b, 0x05, 0x80, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x20, 0x57, 0x6f, 0x72, 0x6c, 0x64, 0x21, 0x03,
];

const GZIP: [u8; 32] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x57,
    0x08, 0xcf, 0x2f, 0xca, 0x49, 0x51, 0x04, 0x00, 0xa3, 0x1c, 0x29, 0x1c, 0x0c, 0x00, 0x00, 0x00,
];

/// The emulated server, as one session's transport reaches it.
pub(crate) struct Site {
    pub(crate) transport: MockTransport,
    pub(crate) files: MockFiles,
    pub(crate) sites: Sites,
    pub(crate) capabilities: Capabilities,
    /// The session trusts the TLS server's root.
    pub(crate) trusts: bool,
    /// How often each target that fails at first was asked for, by any session.
    pub(crate) counts: Arc<Mutex<BTreeMap<String, u64>>>,
}

/// A request, as a hop brought it or as the platform sends it after a redirect of its own.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Sent,
    /// The number of the exchange that brought it.
    exchange: usize,
}

/// What the server gets of a body.
#[derive(Clone)]
pub(crate) enum Sent {
    Known(Bytes),
    /// Known once it was read; its length if that was said.
    Streamed(Option<u64>),
}

impl Site {
    pub(crate) fn answer(&self, request: &HopRequest) -> Reply {
        let asked = self.asked(request);
        if self.capabilities.redirects {
            return self.reach(&asked);
        }
        follow::to_the_end(self, asked)
    }

    fn asked(&self, request: &HopRequest) -> Asked {
        let body = match &request.body {
            HopBody::Empty => Sent::Known(Bytes::new()),
            HopBody::Bytes(bytes) => Sent::Known(bytes.clone()),
            HopBody::File(file, _) => {
                Sent::Known(self.files.content(file.path()).unwrap_or_default())
            }
            HopBody::Stream(_, length) => Sent::Streamed(*length),
        };
        let mut url = request.target.url().clone();
        url.set_fragment(None);
        Asked {
            method: request.method.clone(),
            url,
            headers: request.headers.clone().into(),
            body,
            exchange: self.transport.total_exchanges(),
        }
    }

    /// Connects to the host that the URL names.
    pub(crate) fn reach(&self, asked: &Asked) -> Reply {
        let sites = &self.sites;
        let base = asked.url.as_str();
        let at = |site: &Option<String>| site.as_ref().is_some_and(|site| base.starts_with(site));
        if base.starts_with(&sites.http)
            || base.starts_with(&sites.other)
            || at(&sites.v6)
            || at(&sites.named)
            || at(&sites.h2)
        {
            return self.paused(asked);
        }
        if at(&sites.unaccepting) {
            return Reply::never_connects();
        }
        if !at(&sites.tls) {
            let is_known = matches!(asked.url.host_str(), Some("127.0.0.1"));
            let code = match is_known {
                true => ErrorCode::CannotConnectToHost,
                false => ErrorCode::CannotFindHost,
            };
            return Reply::error(Error::new(code).with_cause("nobody is there"));
        }
        match self.trusts {
            true => self.paused(asked).connected_as(Multiplexing::Streams(100)),
            false => Reply::error(ErrorCode::ServerCertificateHasUnknownRoot),
        }
    }

    fn paused(&self, asked: &Asked) -> Reply {
        let reply = match self.leads_to(asked) {
            Some((status, location)) => redirect(status, &location),
            None => self.route(asked),
        };
        match pause(asked) {
            Some(pause) => reply.after(pause),
            None => reply,
        }
    }

    /// The status and Location of a redirect, or of what only looks like one.
    pub(crate) fn leads_to(&self, asked: &Asked) -> Option<(u16, Vec<u8>)> {
        let either =
            |one, other| parameter(&asked.url, one).or_else(|| parameter(&asked.url, other));
        let path = asked.url.path().to_owned();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        Some(match segments[..] {
            ["redirect", count] => (302, countdown(asked, count.parse().ok()?)),
            ["redirect"] | ["r"] => {
                let status = either("status", "st")?;
                (
                    String::from_utf8(status).ok()?.parse().ok()?,
                    either("to", "loc")?,
                )
            }
            ["UnitedStates"] => (302, format!("{}/USA", self.sites.closed).into()),
            ["UnitedKingdom"] => (302, b"UK".to_vec()),
            ["redirect-with-default-port"] => (
                302,
                b"http://127.0.0.1/redirected-with-default-port".to_vec(),
            ),
            [status] => match status.parse().ok()? {
                status @ (300..=303 | 305..=308) => (status, parameter(&asked.url, "location")?),
                _ => return None,
            },
            _ => return None,
        })
    }

    fn route(&self, asked: &Asked) -> Reply {
        let path = asked.url.path().to_owned();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        match segments[..] {
            ["jsonBody"] => self.mirrored(asked),
            [name @ ("get" | "put" | "post" | "delete" | "head")] => {
                match asked.method.as_str().eq_ignore_ascii_case(name) {
                    true => self.mirrored(asked),
                    false => text(405, "Method not allowed"),
                }
            }
            ["echo"] => self.made_of(asked, |_, body| body),
            ["upload"] => self.upload(asked),
            ["emptyPost"] if asked.headers.contains_key(header::CONTENT_TYPE) => text(404, ""),
            ["emptyPost"] => text(200, ""),
            ["unauthorized"] => text(401, ""),
            ["auth", "basic"] => {
                text(401, "").header("www-authenticate", "Basic realm=\"Fake Realm\"")
            }
            ["requestCookies"] => text(200, "")
                .header("set-cookie", "fr=anjd&232; Max-Age=7776000; path=/")
                .header(
                    "set-cookie",
                    "nm=sddf&232; Max-Age=7776000; path=/; domain=.swift.org; secure; httponly",
                ),
            ["headers"] => pairs(&asked.url)
                .into_iter()
                .fold(text(200, ""), |reply, (name, value)| {
                    reply.header(name, value)
                }),
            ["echo-query"] => {
                let pairs = pairs(&asked.url)
                    .into_iter()
                    .map(|(name, value)| [name, value].join(&b'='));
                text(200, pairs.collect::<Vec<_>>().join(&b'&'))
            }
            ["redirect"] | ["r"] => {
                match parameter(&asked.url, "status").or_else(|| parameter(&asked.url, "st")) {
                    Some(status) => text(
                        String::from_utf8_lossy(&status).parse().unwrap_or(400),
                        "no Location",
                    ),
                    None => self.arrived(asked),
                }
            }
            ["bytes", length] => sized_of(asked, length),
            ["chunked", length] => pattern(Reply::new(200), length.parse().unwrap_or_default()),
            ["delay", millis] => {
                text(200, format!("after {millis} ms")).after(milliseconds(millis))
            }
            ["slow", count, millis] => {
                slow(count.parse().unwrap_or_default(), milliseconds(millis))
            }
            ["endless"] => endless(parameter(&asked.url, "every")),
            ["early-hints"] => text(200, "Hello World!")
                .informational(103)
                .informational(103),
            ["expect", status] if asked.headers.contains_key(header::EXPECT) => {
                text(status.parse().unwrap_or(400), "not yet").reading_nothing()
            }
            ["expect", _] => self.mirrored(asked),
            ["trailers"] => text(200, "Hello World!")
                .without_length()
                .trailer("x-checksum", "abc123")
                .trailer("x-length", "12"),
            ["forged-trailers"] => text(200, "Hello World!")
                .without_length()
                .trailer("content-length", "1")
                .trailer("set-cookie", "a=b")
                .trailer("www-authenticate", "Basic")
                .trailer("x-checksum", "abc123"),
            ["gzipped-response"] => self.encoded("gzip", &GZIP),
            ["brotli-response"] => self.encoded("br", &BROTLI),
            ["encoded", "gzip", length] => self.spoilt(length, &asked.url),
            ["accept-encoding"] => text(200, field_of(asked, "accept-encoding")),
            ["response-header-without-whitespace"] => text(200, "Hello World!"),
            ["LandOfTheLostCities", city] => lost_city(city),
            ["fault", fault] => broken(fault),
            ["counted"] => self.counted_with_fields(asked),
            ["flaky", failures, status] => self.flaky(asked, failures, status),
            ["status", status] => with_status(status, &asked.method),
            [name] => self.named(name, asked),
            _ => text(404, "Not Found"),
        }
    }

    /// `Hello World!` under a coding; decoded where the platform does that by itself.
    fn encoded(&self, coding: &str, bytes: &'static [u8]) -> Reply {
        let reply = Reply::new(200).header("content-encoding", coding);
        match self.capabilities.encoded_bodies {
            true => reply.body(bytes),
            false => reply
                .header("content-length", bytes.len())
                .body("Hello World!"),
        }
    }

    /// The pattern under gzip, with a flaw that whoever decodes has to see.
    fn spoilt(&self, length: &str, url: &Url) -> Reply {
        let reply = Reply::new(200).header("content-encoding", "gzip");
        if !self.capabilities.encoded_bodies {
            return reply.fail(ErrorCode::CannotLoadFromNetwork);
        }
        let length = length.parse().unwrap_or_default();
        let mut bytes =
            urlsession_origin::encode(&["gzip"], &urlsession_origin::pattern(0..length));
        match parameter(url, "spoil") {
            Some(_) => bytes[0] = !bytes[0],
            None => bytes.truncate(bytes.len() - 1),
        }
        reply.body(bytes)
    }

    /// The status as often as the path says, then how often the target was asked for.
    fn flaky(&self, asked: &Asked, failures: &str, status: &str) -> Reply {
        let (Ok(failures), Ok(status)) = (failures.parse::<u64>(), status.parse()) else {
            return text(400, "`/flaky/N/STATUS` takes a number and three digits");
        };
        let count = self.counted(&asked.url[Position::BeforePath..]);
        if count > failures {
            return text(200, count.to_string());
        }
        let reply = text(status, format!("failure {count}"));
        match parameter(&asked.url, "retry-after") {
            Some(wait) => reply.header("retry-after", wait),
            None => reply,
        }
    }

    /// How often it was asked for, with the fields that the query names; 304 by its `etag`.
    fn counted_with_fields(&self, asked: &Asked) -> Reply {
        let count = self.counted(&asked.url[Position::BeforePath..]);
        let tag = parameter(&asked.url, "etag");
        let is_same = tag.is_some_and(|tag| {
            let asked = asked.headers.get(header::IF_NONE_MATCH);
            asked.is_some_and(|asked| asked.as_bytes() == tag)
        });
        let reply = match is_same {
            true => Reply::new(304),
            false => text(200, count.to_string()),
        };
        pairs(&asked.url)
            .into_iter()
            .fold(reply, |reply, (name, value)| reply.header(name, value))
    }

    /// How often the target was asked for, this time included.
    fn counted(&self, target: &str) -> u64 {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(target.to_owned()).or_default();
        *count += 1;
        *count
    }

    fn named(&self, name: &str, asked: &Asked) -> Reply {
        let is_target = matches!(name, "ab" | "a%20b" | "%E2%98%83" | "%FF")
            || name
                .strip_prefix('t')
                .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        if is_target {
            return self.arrived(asked);
        }
        match name {
            "Nepal" => text(200, "Kathmandu"),
            "Peru" => text(200, "Lima"),
            "UK" => text(200, "London"),
            _ => text(404, "Not Found"),
        }
    }

    /// The request as JSON.
    fn mirrored(&self, asked: &Asked) -> Reply {
        let (seen, capabilities) = (asked.clone(), self.capabilities);
        let reply = self.made_of(asked, move |sent, body| {
            let mirrored = json!({
                "method": seen.method.as_str(),
                "target": &seen.url[Position::BeforePath..],
                "headers": fields(&seen, sent, body.len(), capabilities),
                "body_base64": base64(&body),
                "body_length": body.len(),
            });
            mirrored.to_string().into()
        });
        reply.header("content-type", "application/json")
    }

    /// What arrived, in the field names of the measured redirects.
    fn arrived(&self, asked: &Asked) -> Reply {
        let field = |name: HeaderName| {
            asked
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let body = match &asked.body {
            Sent::Known(bytes) => bytes.len(),
            Sent::Streamed(..) => 0,
        };
        let arrived: Value = json!({
            "method": asked.method.as_str(),
            "wire": &asked.url[Position::BeforePath..],
            "body": body,
            "ct": field(header::CONTENT_TYPE),
            "cl": field(header::CONTENT_LANGUAGE),
            "auth": field(header::AUTHORIZATION),
            "x": field(HeaderName::from_static("x-custom")),
        });
        Reply::new(200)
            .header("content-type", "application/json")
            .body(arrived.to_string())
    }

    fn upload(&self, asked: &Asked) -> Reply {
        let streams = self.capabilities.streamed_upload;
        match &asked.body {
            Sent::Streamed(None) if streams => text(200, "Received Chunked request"),
            Sent::Known(_) | Sent::Streamed(..) => text(200, "Upload completed!"),
        }
    }

    /// A reply whose body is made of the request's fields and body as they were sent, once they were.
    fn made_of(
        &self,
        asked: &Asked,
        make: impl Fn(&HeaderMap, Bytes) -> Bytes + Send + Sync + 'static,
    ) -> Reply {
        let (transport, asked) = (self.transport.clone(), asked.clone());
        Reply::new(200).steps(move |step| {
            let sent = transport.requests().get(asked.exchange).cloned();
            let sent = sent.filter(|_| step == 0)?;
            let body = match &asked.body {
                Sent::Known(body) => body.clone(),
                Sent::Streamed(_) => sent.body,
            };
            Some(Step::Chunk(make(&sent.headers, body)))
        })
    }
}

/// The header fields that arrive: those that the platform sent, and its own.
fn fields(
    asked: &Asked,
    sent: &HeaderMap,
    length: usize,
    capabilities: Capabilities,
) -> Map<String, Value> {
    let mut fields = Map::new();
    for name in asked.headers.keys().filter(|name| sent.contains_key(*name)) {
        let values = asked.headers.get_all(name).iter();
        let values: Vec<_> = values
            .map(|value| value.to_str().unwrap_or_default())
            .collect();
        fields.insert(name.to_string(), values.join(", ").into());
    }
    if !capabilities.all_request_headers {
        fields.entry("accept").or_insert_with(|| "*/*".into());
        fields
            .entry("user-agent")
            .or_insert_with(|| "the platform's".into());
    }
    let authority = &asked.url[Position::BeforeHost..Position::AfterPort];
    fields.insert("host".into(), authority.into());
    match &asked.body {
        Sent::Streamed(None) if capabilities.streamed_upload => {
            fields.insert("transfer-encoding".into(), "chunked".into());
        }
        Sent::Known(body) if body.is_empty() => {}
        Sent::Known(_) | Sent::Streamed(_) => {
            fields.insert("content-length".into(), length.to_string().into());
        }
    }
    fields
}

fn text(status: u16, body: impl Into<Bytes>) -> Reply {
    Reply::new(status)
        .header("content-type", "text/plain; charset=utf-8")
        .body(body)
}

/// The value of a field of the request, if it is there and text.
fn field_of(asked: &Asked, name: &str) -> String {
    let value = asked
        .headers
        .get(name)
        .and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

fn redirect(status: u16, location: &[u8]) -> Reply {
    text(status, "redirect body").header(
        "location",
        HeaderValue::from_bytes(location).expect("a Location that a field can carry"),
    )
}

/// Where the next of `count` redirects leads.
fn countdown(asked: &Asked, count: u64) -> Vec<u8> {
    if count <= 1 {
        let to = parameter(&asked.url, "to");
        return to.unwrap_or_else(|| b"/jsonBody".to_vec());
    }
    let query = asked
        .url
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    format!("/redirect/{}{query}", count - 1).into()
}

/// What the request's `X-Pause` asks for.
pub(crate) fn pause(asked: &Asked) -> Option<Duration> {
    let seconds = asked.headers.get("x-pause")?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs_f64(seconds))
}

fn with_status(status: &str, method: &Method) -> Reply {
    match status.parse().unwrap_or(400) {
        status @ (204 | 304) => Reply::new(status),
        status => text(status, format!("{method} {status}")),
    }
}

/// The pattern: each byte is its place modulo 251.
fn pattern(reply: Reply, length: u64) -> Reply {
    pattern_from(reply, 0, length)
}

fn pattern_from(reply: Reply, offset: u64, length: u64) -> Reply {
    static PERIODS: LazyLock<Bytes> =
        LazyLock::new(|| (0..FRAME + 251).map(|place| (place % 251) as u8).collect());
    reply
        .header("content-type", "application/octet-stream")
        .steps(move |number| {
            let start = offset + number * FRAME;
            let end = length.min(start + FRAME);
            let first = (start % 251) as usize;
            (start < end).then(|| Step::Chunk(PERIODS.slice(first..first + (end - start) as usize)))
        })
}

/// The pattern under a tag, from where a range begins (`bytes=N-`) that is for this tag or for any.
fn sized_of(asked: &Asked, length: &str) -> Reply {
    let tag = format!("\"bytes-{length}\"");
    let field = |name: HeaderName| asked.headers.get(name)?.to_str().ok();
    let total = length.parse().unwrap_or_default();
    let is_same = field(header::IF_RANGE).is_none_or(|of| of == tag);
    let range = field(header::RANGE).filter(|_| is_same);
    let first = range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
    let Some(first) = first.and_then(|first| first.parse::<u64>().ok()) else {
        return sized(length).header("etag", tag);
    };
    let reply = Reply::new(206)
        .header("content-length", total - first)
        .header(
            "content-range",
            format!("bytes {first}-{}/{total}", total - 1),
        )
        .header("etag", tag);
    pattern_from(reply, first, total)
}

fn sized(length: &str) -> Reply {
    pattern(
        Reply::new(200).header("content-length", length),
        length.parse().unwrap_or_default(),
    )
}

fn milliseconds(text: &str) -> Duration {
    Duration::from_millis(text.parse().unwrap_or_default())
}

/// Lines with pauses between them.
fn slow(count: u64, every: Duration) -> Reply {
    text(200, "").steps(move |number| match (number % 2, number / 2) {
        (_, line) if line >= count => None,
        (0, 0) => Some(Step::Wait(Duration::ZERO)),
        (0, _) => Some(Step::Wait(every)),
        (_, line) => Some(Step::Chunk(format!("chunk {line}\n").into())),
    })
}

fn endless(every: Option<Vec<u8>>) -> Reply {
    let every = every.map_or(Duration::ZERO, |every| {
        milliseconds(&String::from_utf8_lossy(&every))
    });
    text(200, "").steps(move |number| match (number % 2, number / 2) {
        (0, event) => Some(Step::Chunk(
            format!("id: {event}\ndata: event {event}\n\n").into(),
        )),
        (_, _) => Some(Step::Wait(every)),
    })
}

fn lost_city(city: &str) -> Reply {
    match city {
        "Kameiros" => Reply::new(999),
        "Myndus" => Reply::new(200)
            .without_length()
            .body("a body whose length nothing tells\r\n"),
        _ => Reply::error(ErrorCode::CannotParseResponse),
    }
}

/// The broken connections that a real transport would find out about by itself.
fn broken(fault: &str) -> Reply {
    const BODY: &str = "a body that is long enough to be broken off in its middle";
    let sound = || text(200, BODY);
    match fault {
        "close-mid-body" | "length-too-long" => sound().short_body(5),
        "reset-mid-body" => sound().reset_after(20),
        "last-chunk-missing" => sound()
            .without_length()
            .fail(ErrorCode::NetworkConnectionLost),
        "stall-mid-body" => sound().stall(),
        _ => Reply::error(Error::new(ErrorCode::NetworkConnectionLost)).version(Version::HTTP_11),
    }
}

/// The query's parameters, percent-decoded, `+` left as it is.
fn pairs(url: &Url) -> Vec<(Vec<u8>, Vec<u8>)> {
    let query = url.query().unwrap_or_default();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (percent_decoded(name), percent_decoded(value)))
        .collect()
}

fn parameter(url: &Url, name: &str) -> Option<Vec<u8>> {
    pairs(url)
        .into_iter()
        .find(|(key, _)| key == name.as_bytes())
        .map(|(_, value)| value)
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, more)) = rest.split_first() {
        let digits = more
            .get(..2)
            .filter(|_| first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                rest = &more[2..];
            }
            None => {
                decoded.push(first);
                rest = more;
            }
        }
    }
    decoded
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number = three
            .iter()
            .fold(0_u32, |number, &byte| number << 8 | u32::from(byte))
            << (8 * (3 - three.len()));
        for place in 0..4 {
            match place <= three.len() {
                true => text.push(char::from(
                    DIGITS[(number >> (18 - 6 * place)) as usize & 63],
                )),
                false => text.push('='),
            }
        }
    }
    text
}
