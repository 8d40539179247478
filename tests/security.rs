//! What attackers try, row by row: head bombs, confusion of targets and framing, leftovers, names, floods, logs.

#![cfg(all(not(target_arch = "wasm32"), feature = "http2", feature = "tls"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/guard.rs"]
mod guard;

use std::fmt::Debug;
use std::time::{Duration, Instant};

use guard::within;
use urlsession::futures::future::join_all;
use urlsession::http::{HeaderMap, Method, StatusCode, Version};
use urlsession::native::NativePlatform;
use urlsession::{
    Answer, BodyStream, Bytes, Configuration, Error, ErrorCode, Informational, Request, Response,
    Session, Url,
};
use urlsession_origin::faults::{self, h2};
use urlsession_origin::{Origin, RawOrigin, Script, Scripts, Step};

/// What the sockets between client and server may hold beyond what the client has read.
const IN_SOCKETS: u64 = 8 * 1024 * 1024;

fn configuration() -> Configuration {
    let mut configuration = Configuration::ephemeral();
    configuration.timeout_interval_for_request = Duration::from_secs(10);
    configuration.timeout_interval_for_resource = Duration::from_secs(15);
    configuration
}

fn speaking_h2() -> Configuration {
    let mut configuration = configuration();
    configuration.assumes_http2_capable = true;
    configuration
}

async fn text(session: &Session, url: impl urlsession::IntoRequest) -> Result<String, ErrorCode> {
    let loaded = within("an outcome", session.data(url)).await;
    loaded
        .map(|(body, _)| String::from_utf8_lossy(&body).into_owned())
        .map_err(|error| error.code())
}

/// Row 28.
mod header_bombs {
    use super::*;

    /// The bomb ends with `code`, without being read to its end.
    async fn defused(name: &str, script: Script, configuration: Configuration, code: ErrorCode) {
        let origin = RawOrigin::spawn(script).unwrap();
        let session = urlsession::session(configuration);
        assert_eq!(text(&session, origin.url("/")).await, Err(code), "{name}");
        drop(session);
        let seen = within(name, origin.wait_for_ending(0)).await.unwrap();
        assert!(
            seen.bytes_written < IN_SOCKETS,
            "{name}: {} bytes",
            seen.bytes_written
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_head_is_bounded_in_bytes_and_fields() {
        let code = ErrorCode::CannotParseResponse;
        let bombs = [
            ("one endless field", faults::endless_header()),
            ("64 MiB in one field", faults::huge_header(64 * 1024 * 1024)),
            ("a million fields", faults::many_fields(1_000_000)),
            ("101 fields", faults::many_fields(101)),
            ("endless trailers", faults::endless_trailers()),
            ("an endless chunk line", faults::chunk_line_endless()),
            (
                "64 MiB of reason",
                faults::large_status_line(64 * 1024 * 1024),
            ),
        ];
        for (name, script) in bombs {
            defused(name, script, configuration(), code).await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_h2_head_is_bounded_in_bytes_and_fields() {
        let code = ErrorCode::CannotParseResponse;
        let bombs = [
            ("continuations without end", h2::continuation_flood()),
            (
                "empty continuations without end",
                h2::empty_continuation_flood(),
            ),
            ("48 MB from 4 KB", h2::header_bomb(12_000)),
            ("a million fields", h2::many_fields(1_000_000)),
            ("101 fields", h2::many_fields(101)),
            ("trailers without end", h2::trailer_flood()),
        ];
        for (name, script) in bombs {
            defused(name, script, speaking_h2(), code).await;
        }
    }

    /// Thirty interim responses, each far below the bound, together above it.
    #[tokio::test(flavor = "multi_thread")]
    async fn interim_responses_count_together() {
        let interim = format!(
            "HTTP/1.1 103 Early Hints\r\nX-Long: {}\r\n\r\n",
            "x".repeat(30_000)
        );
        let script =
            Script::reply(interim.repeat(30) + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        let code = ErrorCode::BadServerResponse;
        defused("interim bytes", script, configuration(), code).await;
        defused(
            "interim flood",
            faults::interim_flood(),
            configuration(),
            code,
        )
        .await;
        defused("h2 interim flood", h2::interim_flood(), speaking_h2(), code).await;
    }
}

/// Row 30.
mod request_targets {
    use super::*;

    /// What the server read of a GET of `path`: its first line and its Host field.
    async fn wire(path: &str, host: Option<&str>) -> (String, String, String) {
        let origin = RawOrigin::start(Script::reply(faults::response("heard")))
            .await
            .unwrap();
        let session = urlsession::session(configuration());
        let mut request = Request::get(origin.url(path)).unwrap();
        if let Some(host) = host {
            request = request.header("host", host).unwrap();
        }
        assert_eq!(
            text(&session, request).await.as_deref(),
            Ok("heard"),
            "{path}"
        );
        let head = origin.connection(0).unwrap().text();
        let hosts = head
            .lines()
            .filter(|line| line.to_ascii_lowercase().starts_with("host:"));
        let hosts: Vec<_> = hosts.collect();
        assert_eq!(hosts.len(), 1, "{head}");
        let host = hosts[0][5..].trim().to_owned();
        (
            head.lines().next().unwrap().to_owned(),
            host,
            origin.address().to_string(),
        )
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_host_comes_from_the_parsed_url_only() {
        let rows = [
            ("//evil.example/x", "GET //evil.example/x HTTP/1.1"),
            ("/@evil.example/", "GET /@evil.example/ HTTP/1.1"),
            (
                "/http://evil.example/",
                "GET /http://evil.example/ HTTP/1.1",
            ),
            ("/a?b@evil.example/", "GET /a?b@evil.example/ HTTP/1.1"),
            ("\\\\evil.example\\x", "GET //evil.example/x HTTP/1.1"),
            ("/a/../..//evil.example", "GET //evil.example HTTP/1.1"),
            ("/%2e%2e/%2E%2e/x", "GET /x HTTP/1.1"),
            ("/#@evil.example/", "GET / HTTP/1.1"),
            ("/*", "GET /* HTTP/1.1"),
            ("?", "GET /? HTTP/1.1"),
        ];
        for (path, line) in rows {
            for given in [None, Some("evil.example")] {
                let (start, host, server) = wire(path, given).await;
                assert_eq!((start.as_str(), host), (line, server), "{path}");
            }
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn framing_fields_are_the_transports() {
        let origin = RawOrigin::start(Script::reply(faults::response("heard")))
            .await
            .unwrap();
        let session = urlsession::session(configuration());
        let mut request = Request::post(origin.url("/")).unwrap().with_body("12345");
        let own = [
            ("content-length", "3"),
            ("transfer-encoding", "chunked"),
            ("connection", "upgrade"),
            ("upgrade", "h2c"),
            ("te", "trailers"),
            ("trailer", "x"),
            ("expect", "100-continue"),
        ];
        for (name, value) in own {
            request = request.header(name, value).unwrap();
        }
        assert_eq!(text(&session, request).await.as_deref(), Ok("heard"));
        let sent = origin.connection(0).unwrap().text().to_ascii_lowercase();
        assert!(
            sent.contains("content-length: 5\r\n") && sent.ends_with("\r\n\r\n12345"),
            "{sent}"
        );
        for (name, _) in own.iter().filter(|(name, _)| *name != "content-length") {
            assert!(!sent.contains(&format!("\r\n{name}:")), "{sent}");
        }
    }
}

/// Rows 31 and 32.
mod framing {
    use super::*;

    /// Two loads from a server whose first connection plays `first`: their outcomes, and how many connections they took.
    async fn twice(first: Script) -> (Result<String, ErrorCode>, Result<String, ErrorCode>, usize) {
        let second = Script::reply(faults::response("second"));
        let origin = RawOrigin::start(vec![first, second]).await.unwrap();
        let session = urlsession::session(configuration());
        let before = text(&session, origin.url("/")).await;
        let after = text(&session, origin.url("/")).await;
        (before, after, origin.accepted())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_response_with_ambiguous_framing_is_an_error_and_ends_its_connection() {
        let reply = |fields: &str| {
            let head = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
            Script::reply(head + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        };
        let rows = [
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: 5, 6",
            "Content-Length: +5",
            "Content-Length: -5",
            "Content-Length: 0x5",
            "Content-Length: 5 5",
            "Content-Length: 18446744073709551617",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: chunked, chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding : chunked",
            "Transfer-Encoding: \x0bchunked",
        ];
        for fields in rows {
            let (before, after, connections) = twice(reply(fields)).await;
            assert_eq!(before, Err(ErrorCode::CannotParseResponse), "{fields:?}");
            assert_eq!(
                (after.as_deref(), connections),
                (Ok("second"), 2),
                "{fields:?}"
            );
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn chunks_that_lie_are_an_error_and_end_their_connection() {
        let rows = [
            "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
            "-5\r\nhello\r\n0\r\n\r\n",
            "+5\r\nhello\r\n0\r\n\r\n",
            "0x5\r\nhello\r\n0\r\n\r\n",
            "5\r\nhello!\r\n0\r\n\r\n",
            "5\r\nhell\r\n0\r\n\r\n",
            "\r\nhello\r\n0\r\n\r\n",
            "5 5\r\nhello\r\n0\r\n\r\n",
            "5\nhello\n0\n\n",
        ];
        for chunks in rows {
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            let (before, after, connections) =
                twice(Script::reply_and_close(head.to_owned() + chunks)).await;
            let code = before.expect_err(chunks);
            let broken = matches!(
                code,
                ErrorCode::CannotParseResponse | ErrorCode::NetworkConnectionLost
            );
            assert!(broken, "{chunks:?}: {code:?}");
            assert_eq!(
                (after.as_deref(), connections),
                (Ok("second"), 2),
                "{chunks:?}"
            );
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn leftover_bytes_never_answer_the_next_request() {
        let poison = faults::response("poison");
        let no_content = "HTTP/1.1 204 No Content\r\n\r\n";
        let rows = [
            ([&faults::response("first")[..], &poison].concat(), "first"),
            (
                [&faults::chunked_response("first", 2)[..], &poison].concat(),
                "first",
            ),
            ([&faults::response("")[..], &poison].concat(), ""),
            ([no_content.as_bytes(), &poison].concat(), ""),
            ([&faults::response("first")[..], b"\r\n"].concat(), "first"),
            ([&faults::response("first")[..], b"x"].concat(), "first"),
        ];
        for (bytes, first) in rows {
            let (before, after, connections) = twice(Script::reply(bytes)).await;
            assert_eq!(before.as_deref(), Ok(first));
            assert_eq!((after.as_deref(), connections), (Ok("second"), 2));
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_body_that_a_head_request_has_not_poisons_nothing() {
        let first = Script::new([
            Step::ReadRequest,
            Step::write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"),
            Step::ExpectClose,
        ]);
        let second = Script::reply(faults::response("second"));
        let origin = RawOrigin::start(vec![first, second]).await.unwrap();
        let session = urlsession::session(configuration());
        let head = Request::head(origin.url("/")).unwrap();
        assert_eq!(text(&session, head).await.as_deref(), Ok(""));
        assert_eq!(
            text(&session, origin.url("/")).await.as_deref(),
            Ok("second")
        );
        assert_eq!(origin.accepted(), 2);
    }
}

/// Row 33.
#[tokio::test(flavor = "multi_thread")]
async fn tasks_share_no_mutable_request() {
    let origin = Origin::start().await.unwrap();
    let session = urlsession::session(configuration());
    let value = Request::put(origin.url("/redirect?status=303&to=/t")).unwrap();
    let value = value
        .header("content-type", "text/x-test")
        .unwrap()
        .with_body("payload");
    let before = value.clone();
    let put = session.data(&value);
    let post = session.data(value.clone().with_method(Method::POST));
    let get = session.data(
        value
            .clone()
            .with_method(Method::GET)
            .with_body(Bytes::new()),
    );
    for done in within("all three", join_all([put, post, get])).await {
        assert_eq!(done.unwrap().1.status(), StatusCode::OK);
    }
    assert_eq!(value, before);
    let firsts = origin.requests_for("/redirect");
    let mut sent: Vec<_> = firsts
        .iter()
        .map(|seen| (seen.method.as_str(), seen.body.as_slice()))
        .collect();
    sent.sort_unstable();
    assert_eq!(
        sent,
        [("GET", &b""[..]), ("POST", b"payload"), ("PUT", b"payload")]
    );
    assert!(
        origin
            .requests_for("/t")
            .iter()
            .all(|seen| seen.method == Method::GET && seen.body.is_empty())
    );
}

/// Row 43.
mod names {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_host_is_compared_and_sent_as_the_url_standard_maps_it() {
        let origin = Origin::start().await.unwrap();
        let configuration = configuration();
        let address = origin.address(urlsession_origin::Listener::Plain).unwrap();
        let mut platform = NativePlatform::builder(&configuration);
        for host in [
            "xn--bcher-kva.example",
            "example.com",
            "fass.example",
            "xn--fa-hia.example",
        ] {
            platform = platform.resolve(host, address);
        }
        let session = Session::new(platform.build(), configuration);
        let port = address.port();
        let rows = [
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.example", "xn--bcher-kva.example"),
            ("bu\u{308}cher.example", "xn--bcher-kva.example"),
            ("b%C3%BCcher.example", "xn--bcher-kva.example"),
            ("ＥＸＡＭＰＬＥ．com", "example.com"),
            ("exam\u{ad}ple.com", "example.com"),
            ("example。com", "example.com"),
            ("faß.example", "xn--fa-hia.example"),
            ("127.1", "127.0.0.1"),
            ("0x7f.0.0.1", "127.0.0.1"),
            ("2130706433", "127.0.0.1"),
            ("0177.0.0.01", "127.0.0.1"),
            ("①②⑦.0.0.1", "127.0.0.1"),
        ];
        for (host, sent) in rows {
            origin.forget_requests();
            let reached = text(&session, format!("http://{host}:{port}/UK")).await;
            assert_eq!(reached.as_deref(), Ok("London"), "{host}");
            let seen = origin.requests_for("/UK").pop().unwrap();
            assert_eq!(
                seen.header("host"),
                Some(format!("{sent}:{port}").as_str()),
                "{host}"
            );
        }
    }

    #[test]
    fn a_host_that_two_parsers_could_see_differently_is_no_url() {
        let hosts = [
            "exa mple.com",
            "exa%20mple.com",
            "example%2ecom%2f",
            "example.com%00",
            "a%0d%0ab",
            "a\u{0}b",
            "[::1]x",
            "xn--a",
            "xn--iñvalid.com",
            "a<b",
            "1.2.3.4.5",
            "256.1.1.1",
            "0x100.0.0.1",
            "a%b",
            "a\u{200b}\u{2028}|b",
        ];
        for host in hosts {
            let error = Request::get(format!("http://{host}/")).expect_err(host);
            assert_eq!(error.code(), ErrorCode::BadUrl, "{host}");
        }
    }

    #[test]
    fn what_looks_like_a_host_before_an_at_sign_is_none() {
        let rows = [
            ("http://good.example@evil.example/", "evil.example"),
            ("http://good.example:80@evil.example/", "evil.example"),
            ("http://evil.example\\@good.example/", "evil.example"),
            ("http://evil.example#@good.example/", "evil.example"),
            ("http://evil.example?@good.example/", "evil.example"),
            ("http:evil.example/", "evil.example"),
            ("http:///evil.example/", "evil.example"),
            ("ht\ntp://ev\til.example/", "evil.example"),
        ];
        for (url, host) in rows {
            let request = Request::get(url).unwrap();
            assert_eq!(request.target().authority().host(), host, "{url:?}");
            assert_eq!(request.target().host_field(), host, "{url:?}");
        }
    }
}

/// Row 45.
mod loops {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn twenty_redirects_are_followed_and_no_more() {
        let origin = Origin::start().await.unwrap();
        let session = urlsession::session(configuration());
        for (start, count) in [
            (origin.url("/redirect/20"), 20),
            (origin.url("/redirect/21"), 21),
        ] {
            origin.forget_requests();
            let found = text(&session, start).await;
            assert_eq!(found.is_ok(), count == 20, "{found:?}");
            assert_eq!(
                origin
                    .requests()
                    .iter()
                    .filter(|seen| seen.target.starts_with("/redirect/"))
                    .count(),
                count
            );
        }
        let itself = Scripts::by(|_, _| {
            Script::reply("HTTP/1.1 307 Temporary Redirect\r\nLocation: /\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").then(Step::Close)
        });
        let origin = RawOrigin::start(itself).await.unwrap();
        assert_eq!(
            text(&session, origin.url("/")).await,
            Err(ErrorCode::HttpTooManyRedirects)
        );
        assert_eq!(origin.accepted(), 21);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_upload_of_empty_chunks_without_end_ends_and_harms_nobody() {
        let origin = Origin::start().await.unwrap();
        let mut configuration = configuration();
        configuration.timeout_interval_for_resource = Duration::from_secs(1);
        let session = urlsession::session(configuration);
        let empty = BodyStream::once(EmptyForever);
        let post = Request::post(origin.url("/echo")).unwrap().with_body(empty);
        let (looped, other) = within(
            "both",
            urlsession::futures::future::join(
                text(&session, post),
                text(&session, origin.url("/UK")),
            ),
        )
        .await;
        assert_eq!(
            (looped, other.as_deref()),
            (Err(ErrorCode::TimedOut), Ok("London"))
        );
    }

    /// A body that always has another chunk, and never a byte.
    struct EmptyForever;

    impl urlsession::Body for EmptyForever {
        fn poll_next_chunk(
            &mut self,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<Bytes, Error>>> {
            std::task::Poll::Ready(Some(Ok(Bytes::new())))
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn empty_frames_without_end_end() {
        let origin = RawOrigin::spawn(h2::empty_data_flood()).unwrap();
        let session = urlsession::session(speaking_h2());
        let found = text(&session, origin.url("/")).await;
        assert_eq!(found, Err(ErrorCode::CannotParseResponse));
    }
}

/// Row 46.
#[tokio::test(flavor = "multi_thread")]
async fn an_h2_flood_ends_at_a_bound_or_at_the_idle_timer_and_harms_no_other_task() {
    let sound = Origin::start().await.unwrap();
    for (name, script) in h2::FLOODS {
        let origin = RawOrigin::spawn(script()).unwrap();
        let mut configuration = speaking_h2();
        configuration.timeout_interval_for_request = Duration::from_secs(1);
        let session = urlsession::session(configuration);
        let began = Instant::now();
        let flooded = session.data(origin.url("/"));
        let (flooded, other) = within(
            name,
            urlsession::futures::future::join(flooded, text(&session, sound.h2_url("/UK"))),
        )
        .await;
        assert_eq!(other.as_deref(), Ok("London"), "{name}");
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{name}: {:?}",
            began.elapsed()
        );
        if let Ok((body, _)) = &flooded {
            assert_eq!((*name, &body[..]), ("provoked-reset-flood", &b"done"[..]));
        }
        drop(session);
        within(name, origin.wait_for_open_connections(0))
            .await
            .unwrap();
    }
}

/// Row 49.
mod printing {
    use super::*;

    const SECRET: &str = "s3cret";

    fn fields() -> HeaderMap {
        let names = [
            "authorization",
            "proxy-authorization",
            "cookie",
            "set-cookie",
        ];
        let mut fields: HeaderMap = names
            .iter()
            .map(|name| {
                (
                    name.parse().unwrap(),
                    format!("a {SECRET}").parse().unwrap(),
                )
            })
            .collect();
        let mut marked: urlsession::http::HeaderValue = SECRET.parse().unwrap();
        marked.set_sensitive(true);
        fields.insert("x-marked-by-the-app", marked);
        fields
    }

    fn url() -> Url {
        Url::parse(&format!("http://{SECRET}:{SECRET}@127.0.0.1:9/a")).unwrap()
    }

    fn request() -> Request {
        let mut request = Request::post(url())
            .unwrap()
            .with_body(format!("pw={SECRET}"));
        *request.headers_mut() = fields();
        request
    }

    fn hides(what: &str, shown: &str) {
        assert!(!shown.contains(SECRET), "{what}: {shown}");
        assert!(!shown.is_empty(), "{what}");
    }

    fn debugged(what: &str, value: &dyn Debug) {
        hides(what, &format!("{value:?}"));
        hides(what, &format!("{value:#?}"));
    }

    #[tokio::test]
    async fn no_public_type_shows_a_secret() {
        let response = Response::new(url(), StatusCode::OK, Version::HTTP_11, fields());
        let error = Error::new(ErrorCode::TimedOut).with_url(&url());
        let mut configuration = Configuration::ephemeral();
        configuration.http_additional_headers = fields();
        let interim = Informational {
            status: StatusCode::EARLY_HINTS,
            headers: fields(),
        };
        let builder = urlsession::builder(configuration.clone());
        debugged("builder", &builder);
        let session = builder.build();
        let task = session.data_task(request());
        debugged("request", &request());
        hides("request", &request().to_string());
        debugged("target", request().target());
        debugged("origin", request().target().origin());
        debugged("body", request().body());
        debugged("response", &response);
        debugged("error", &error);
        hides("error", &error.to_string());
        debugged("configuration", &configuration);
        debugged("informational", &interim);
        debugged("session", &session);
        debugged("platform", &urlsession::platform(&configuration));
        debugged("native platform", &NativePlatform::builder(&configuration));
        debugged("task", &task);
        debugged("answer", &Answer::Now(Some(request())));
        debugged("event", &urlsession::TaskEvent::Redirected(&request()));
        debugged("event", &urlsession::TaskEvent::Responded(&response));
        debugged("event", &urlsession::TaskEvent::Completed(Some(&error)));
        let hop = urlsession::HopRequest {
            method: Method::POST,
            target: request().target().clone(),
            headers: fields().into(),
            body: urlsession::HopBody::Bytes(SECRET.into()),
            affinity: urlsession::Affinity::Any,
        };
        debugged("hop", &hop);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_failure_shows_a_secret_with_all_its_causes() {
        let origin = Origin::start().await.unwrap();
        let mut configuration = configuration();
        configuration.http_additional_headers = fields();
        let session = urlsession::session(configuration);
        let with_user = |url: String| url.replacen("://", &format!("://{SECRET}:{SECRET}@"), 1);
        let urls = [
            with_user(origin.closed_url("/")),
            with_user(origin.url("/fault/garbage")),
            with_user(origin.url("/fault/close-mid-body")),
            with_user(origin.tls_url("/")),
            with_user(origin.url("/redirect?status=302&to=file:///")),
            with_user(origin.url("/redirect/21")),
            format!("http://{SECRET}:{SECRET}@does not parse/"),
            format!("ftp://{SECRET}:{SECRET}@127.0.0.1/"),
        ];
        for url in urls {
            let error = within(&url, session.data(&url)).await.unwrap_err();
            debugged(&url, &error);
            let mut link: Option<&dyn std::error::Error> = Some(&error);
            while let Some(cause) = link {
                hides(&url, &cause.to_string());
                link = cause.source();
            }
        }
    }
}
