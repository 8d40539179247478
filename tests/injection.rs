//! CR, LF, NUL and everything else in whatever a program can set: refused, or one sound request on the wire.

#![cfg(all(not(target_arch = "wasm32"), feature = "http2", feature = "tls"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/guard.rs"]
mod guard;

use std::sync::LazyLock;

use guard::within;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError};
use tokio::runtime::Runtime;
use urlsession::http::{HeaderName, Method};
use urlsession::{Configuration, ErrorCode, Request, Session};
use urlsession_origin::{RawOrigin, Script};

/// The fields of a request that the program set nothing about.
#[cfg(feature = "decode")]
const DEFAULT_FIELDS: &[&str] = &["host", "accept", "accept-encoding", "user-agent"];
#[cfg(not(feature = "decode"))]
const DEFAULT_FIELDS: &[&str] = &["host", "accept", "user-agent"];

/// One server and one runtime for all cases of a test.
struct Bench {
    runtime: Runtime,
    origin: RawOrigin,
}

impl Bench {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        let answer = Script::reply_and_close(answer);
        let origin = RawOrigin::spawn(answer).unwrap();
        Self { runtime, origin }
    }

    /// What the server received of `request`: its line and its fields, if they are sound.
    fn send(&self, session: &Session, request: Request) -> Result<Sent, TestCaseError> {
        let index = self.origin.accepted();
        let sent = self.runtime.block_on(async {
            let loaded = within("an answer", session.data(request)).await;
            let seen = within("the end", self.origin.wait_for_ending(index))
                .await
                .unwrap();
            loaded.map(|_| seen.received)
        });
        let received = sent.map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
        prop_assert_eq!(self.origin.accepted(), index + 1);
        Sent::parse(&received)
    }

    fn session(&self, configuration: Configuration) -> Session {
        let _inside = self.runtime.enter();
        urlsession::session(configuration)
    }

    fn default_session(&self) -> Session {
        self.session(Configuration::ephemeral())
    }
}

static BENCH: LazyLock<Bench> = LazyLock::new(Bench::new);
/// The cases of one test send one request at a time.
static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn turn() -> std::sync::MutexGuard<'static, ()> {
    TURN.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A request as a careful server reads it.
#[derive(Debug)]
struct Sent {
    method: String,
    target: String,
    fields: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Sent {
    /// Reads the bytes of one request without body, and nothing else.
    fn parse(received: &[u8]) -> Result<Self, TestCaseError> {
        let end = received.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.ok_or_else(|| TestCaseError::fail("no end of the head"))?;
        let (head, body) = (&received[..end], received[end + 4..].to_vec());
        let lines: Vec<&[u8]> = split(head, b"\r\n");
        for line in &lines {
            let bare = line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
            prop_assert!(
                !bare,
                "a control character in {:?}",
                line.escape_ascii().to_string()
            );
        }
        let start = String::from_utf8(lines[0].to_vec()).unwrap();
        let words: Vec<_> = start.split(' ').collect();
        prop_assert_eq!(words.len(), 3, "{}", start);
        prop_assert_eq!(words[2], "HTTP/1.1");
        prop_assert!(words[1].starts_with('/'), "{}", start);
        prop_assert!(
            words[1].bytes().all(|byte| byte.is_ascii_graphic()),
            "{}",
            start
        );
        let fields = lines[1..].iter().map(|line| {
            let colon = line.iter().position(|&byte| byte == b':').unwrap();
            let name = String::from_utf8(line[..colon].to_vec()).unwrap();
            (
                name.to_ascii_lowercase(),
                line[colon + 1..].trim_ascii().to_vec(),
            )
        });
        Ok(Self {
            method: words[0].to_owned(),
            target: words[1].to_owned(),
            fields: fields.collect(),
            body,
        })
    }

    /// The names of the fields that stand there by default are alone, but for `more`.
    fn has_only(&self, more: &[&str]) -> Result<(), TestCaseError> {
        prop_assert!(self.body.is_empty(), "{self:?}");
        let mut expected: Vec<&str> = DEFAULT_FIELDS.iter().chain(more).copied().collect();
        let mut found: Vec<&str> = self.fields.iter().map(|(name, _)| name.as_str()).collect();
        expected.sort_unstable();
        expected.dedup();
        found.sort_unstable();
        prop_assert_eq!(found, expected);
        Ok(())
    }

    fn names_the_server(&self) -> Result<(), TestCaseError> {
        let server = BENCH.origin.address().to_string();
        prop_assert_eq!(self.value("host"), Some(server.as_bytes()));
        Ok(())
    }

    fn value(&self, name: &str) -> Option<&[u8]> {
        let found = self.fields.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| &value[..])
    }
}

fn split<'a>(bytes: &'a [u8], mark: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(mark.len()).position(|window| window == mark) {
        parts.push(&rest[..at]);
        rest = &rest[at + mark.len()..];
    }
    parts.push(rest);
    parts
}

/// Text with what injections are made of.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9]{1,4}",
        4 => proptest::sample::select(vec![
            "\r\n", "\r", "\n", "\0", "\t", " ", ":", "\r\nX-Evil: 1", "\r\n\r\nGET /evil HTTP/1.1\r\n\r\n",
            " HTTP/1.1\r\nX-Evil: 1\r\n\r\n", "%0d%0a", "\u{85}", "\u{2028}", "\u{10a}\u{10d}", "é", "@", "#", "?", "/", "\\", "..",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn config() -> Config {
    Config {
        cases: 192,
        failure_persistence: None,
        ..Config::default()
    }
}

/// A field name that is the transport's to set is left out on the wire.
fn is_the_transports(name: &HeaderName) -> bool {
    const OWN: [&str; 11] = [
        "connection",
        "content-length",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "proxy-connection",
    ];
    OWN.contains(&name.as_str()) || name.as_str().starts_with("proxy-")
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_method_is_a_token_or_refused(name in text()) {
        let _turn = turn();
        match Request::with_method_name(&name, BENCH.origin.url("/m")) {
            Ok(request) if request.method() == Method::CONNECT => {}
            Ok(request) => {
                let sent = BENCH.send(&BENCH.default_session(), request)?;
                prop_assert!(sent.method.eq_ignore_ascii_case(&name));
                sent.has_only(match sent.method.as_str() {
                    "POST" | "PUT" | "PATCH" => &["content-length"],
                    _ => &[],
                })?;
            }
            Err(error) => prop_assert_eq!(error.code(), ErrorCode::BadUrl),
        }
    }

    #[test]
    fn a_path_query_or_fragment_is_one_target(path in text(), query in text(), fragment in text()) {
        let _turn = turn();
        let url = BENCH.origin.url(&format!("/{path}?{query}#{fragment}"));
        let request = Request::get(url).unwrap();
        let sent = BENCH.send(&BENCH.default_session(), request)?;
        sent.has_only(&[])?;
        prop_assert!(!sent.target.contains('#'));
        sent.names_the_server()?;
    }

    #[test]
    fn a_user_and_a_password_never_reach_the_wire(user in text(), password in text()) {
        let _turn = turn();
        let mut url = urlsession::Url::parse(&BENCH.origin.url("/u")).unwrap();
        url.set_username(&user).unwrap();
        url.set_password(Some(&password)).unwrap();
        let sent = BENCH.send(&BENCH.default_session(), Request::get(url).unwrap())?;
        sent.has_only(&[])?;
        sent.names_the_server()?;
    }

    #[test]
    fn a_host_is_a_name_or_refused(host in text()) {
        if let Ok(request) = Request::get(format!("http://{host}/")) {
            let sound = |byte: u8| byte.is_ascii_graphic() && !b"@/\\?#<>^|%".contains(&byte);
            prop_assert!(request.target().unwrap().host_field().as_bytes().iter().all(|&byte| sound(byte)));
            prop_assert!(request.target().unwrap().path_and_query().as_str().bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }

    #[test]
    fn a_field_name_is_a_token_or_refused(name in text()) {
        let _turn = turn();
        if let Ok(request) = Request::get(BENCH.origin.url("/n")).unwrap().header(name.as_str(), "value") {
            let name: HeaderName = name.parse().unwrap();
            let sent = BENCH.send(&BENCH.default_session(), request)?;
            if is_the_transports(&name) {
                sent.has_only(&[])?;
            } else {
                sent.has_only(&[name.as_str()])?;
                prop_assert_eq!(sent.value(name.as_str()), Some(&b"value"[..]));
            }
        } else {
            prop_assert!(name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        }
    }

    #[test]
    fn a_field_value_is_one_line_or_refused(value in text(), more in text()) {
        let _turn = turn();
        let get = Request::get(BENCH.origin.url("/v")).unwrap();
        let set = get.header("x-set", value.as_str()).and_then(|request| request.header_added("x-set", more.as_str()));
        let evil = |text: &str| text.contains(['\r', '\n', '\0']);
        match set {
            Ok(request) => {
                prop_assert!(!evil(&value) && !evil(&more));
                let sent = BENCH.send(&BENCH.default_session(), request)?;
                sent.has_only(&["x-set"])?;
                let joined = format!("{value},{more}");
                prop_assert_eq!(sent.value("x-set"), Some(joined.as_bytes().trim_ascii()));
            }
            Err(_) => prop_assert!((value + &more).contains(|c: char| c.is_control())),
        }
    }

    #[test]
    fn a_stored_configuration_or_request_cannot_smuggle(name in text(), value in text()) {
        let _turn = turn();
        let url = BENCH.origin.url("/s");
        let stored = serde_json::json!({ "http_additional_headers": [[name, value]] });
        if let Ok(configuration) = serde_json::from_value::<Configuration>(stored) {
            let session = BENCH.session(configuration);
            BENCH.send(&session, Request::get(&url).unwrap())?;
        }
        let get = serde_json::to_value(Request::get(&url).unwrap()).unwrap();
        for (key, evil) in [("method", serde_json::json!(value)), ("headers", serde_json::json!([[name, value]]))] {
            let mut stored = get.clone();
            stored[key] = evil;
            let read = serde_json::from_value::<Request>(stored);
            if let Some(request) = read.ok().filter(|request| request.method() != Method::CONNECT) {
                BENCH.send(&BENCH.default_session(), request)?;
            }
        }
    }
}
