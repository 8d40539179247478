//! What must not follow a redirect to another origin, or into anything but http and https.

#![cfg(all(not(target_arch = "wasm32"), feature = "http2", feature = "tls"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/guard.rs"]
mod guard;

use guard::within;
use urlsession::http::Method;
use urlsession::{Configuration, ErrorCode, Request, Session};
use urlsession_origin::{Origin, RawOrigin, ReceivedRequest, Script, Step, faults};

const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

/// What an app may set that is for one server's eyes only.
const SECRETS: [(&str, &str); 6] = [
    ("authorization", "Bearer s3cret"),
    ("cookie", "session=s3cret"),
    ("proxy-authorization", "Basic s3cret"),
    ("x-api-key", "s3cret"),
    ("x-auth-token", "s3cret"),
    ("www-authenticate", "s3cret"),
];

/// What may go anywhere.
const HARMLESS: [(&str, &str); 3] = [
    ("accept-language", "de"),
    ("cache-control", "no-cache"),
    ("range", "bytes=0-"),
];

fn trusting(origin: &Origin) -> Configuration {
    let mut configuration = Configuration::ephemeral();
    let root = origin.authority().der().to_vec();
    configuration.tls_additional_roots.push(root);
    configuration
}

fn session(origin: &Origin) -> Session {
    urlsession::session(trusting(origin))
}

/// A value of a query, with everything but letters, digits and dots as escapes.
fn escape(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn redirect(status: u16, to: &str) -> String {
    format!("/redirect?status={status}&to={}", escape(to))
}

fn with_fields(url: &str, method: Method) -> Request {
    let mut request = Request::new(method, url).unwrap();
    for (name, value) in SECRETS.iter().chain(&HARMLESS) {
        request = request.header(*name, *value).unwrap();
    }
    request
}

async fn follow(session: &Session, request: Request) {
    let (_, response) = within("the answer", session.data(request)).await.unwrap();
    assert_eq!(response.status().as_u16(), 200, "{response:?}");
}

/// The last request for `path`.
fn last(origin: &Origin, path: &str) -> ReceivedRequest {
    origin.requests_for(path).pop().unwrap()
}

fn assert_without_secrets(request: &ReceivedRequest, what: &str) {
    for (name, value) in &request.headers {
        let text = String::from_utf8_lossy(value.as_bytes());
        assert!(!text.contains("s3cret"), "{what}: {name} leaks");
    }
    for (name, value) in HARMLESS {
        assert_eq!(request.header(name), Some(value), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_stay_with_their_origin_whatever_the_status_and_method() {
    let origin = Origin::start().await.unwrap();
    let session = session(&origin);
    let pairs = [
        ("another port", origin.url(""), origin.other_url("")),
        (
            "another host",
            origin.url(""),
            origin.url("").replace("127.0.0.1", "localhost"),
        ),
        ("http to https", origin.url(""), origin.tls_url("")),
        ("https to http", origin.tls_url(""), origin.url("")),
    ];
    for (what, from, to) in pairs {
        for status in STATUSES {
            for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
                let url = from.clone() + &redirect(status, &format!("{to}/t"));
                follow(&session, with_fields(&url, method.clone())).await;
                let what = format!("{what} {status} {method}");
                assert_without_secrets(&last(&origin, "/t"), &what);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn within_an_origin_everything_is_kept() {
    let origin = Origin::start().await.unwrap();
    for status in STATUSES {
        let url = origin.url(&redirect(status, "/t"));
        follow(&session(&origin), with_fields(&url, Method::GET)).await;
        let seen = last(&origin, "/t");
        assert_eq!(seen.header("authorization"), Some("Bearer s3cret"));
        assert_eq!(seen.header("cookie"), Some("session=s3cret"));
        assert_eq!(seen.header("x-api-key"), Some("s3cret"));
        assert_eq!(seen.header("proxy-authorization"), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn once_dropped_secrets_stay_dropped_coming_back() {
    let origin = Origin::start().await.unwrap();
    let back = [origin.url("/t"), origin.url(&redirect(302, "/t"))];
    for home in back {
        let away = origin.other_url(&redirect(302, &home));
        let start = origin.url(&redirect(302, &away));
        follow(&session(&origin), with_fields(&start, Method::GET)).await;
        assert_without_secrets(&last(&origin, "/t"), &home);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sessions_own_secrets_stay_home_too() {
    let origin = Origin::start().await.unwrap();
    let mut configuration = trusting(&origin);
    for (name, value) in SECRETS.iter().chain(&HARMLESS) {
        let value = value.parse().unwrap();
        configuration.http_additional_headers.insert(*name, value);
    }
    let session = urlsession::session(configuration);
    let home = origin.url("/t");
    let ways = [
        origin.other_url("/t"),
        origin.tls_url("/t"),
        origin.other_url(&redirect(307, &home)),
    ];
    for to in ways {
        let url = origin.url(&redirect(302, &to));
        follow(&session, Request::get(url).unwrap()).await;
        assert_without_secrets(&last(&origin, "/t"), &to);
    }
    follow(&session, Request::get(home).unwrap()).await;
    assert_eq!(
        last(&origin, "/t").header("authorization"),
        Some("Bearer s3cret")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_name_in_a_url_goes_nowhere() {
    let origin = Origin::start().await.unwrap();
    let with_user = |url: String| url.replacen("://", "://s3cret:s3cret@", 1);
    let away = origin.other_url("/t");
    let urls = [
        with_user(origin.url("/t")),
        with_user(origin.url(&redirect(302, &away))),
        origin.url(&redirect(302, &with_user(away.clone()))),
        origin.url(&redirect(307, &with_user(origin.url("/t")))),
    ];
    for url in urls {
        origin.forget_requests();
        follow(&session(&origin), Request::get(&url).unwrap()).await;
        for seen in origin.requests() {
            let fields = format!("{:?}", seen.headers);
            assert!(!fields.contains("s3cret"), "{fields}");
            assert_eq!(seen.header("authorization"), None);
            assert!(
                !seen.target.contains('@') || seen.path() == "/redirect",
                "{}",
                seen.target
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_safe_list_cannot_make_credentials_safe() {
    let origin = Origin::start().await.unwrap();
    let mut configuration = trusting(&origin);
    let names = [
        "authorization",
        "cookie",
        "proxy-authorization",
        "x-api-key",
    ];
    configuration.redirect_safe_headers = names.iter().map(|name| name.parse().unwrap()).collect();
    let url = origin.url(&redirect(302, &origin.other_url("/t")));
    follow(
        &urlsession::session(configuration),
        with_fields(&url, Method::GET),
    )
    .await;
    let seen = last(&origin, "/t");
    assert_eq!(seen.header("x-api-key"), Some("s3cret"));
    assert_eq!(
        (seen.header("authorization"), seen.header("cookie")),
        (None, None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_lead_to_http_and_https_only() {
    let origin = Origin::start().await.unwrap();
    let places = [
        "file:///etc/passwd",
        "file://localhost/etc/passwd",
        "FILE:/etc/passwd",
        "ftp://127.0.0.1/",
        "data:text/plain,hello",
        "javascript:alert(1)",
        "about:blank",
        "blob:http://a.example/1",
        "gopher://127.0.0.1:70/",
        "ws://127.0.0.1/",
        "unix:/var/run/socket",
        "ldap://127.0.0.1/",
        "view-source:http://a.example/",
        "http+unix://socket/",
        "smb://127.0.0.1/c$",
    ];
    let session = session(&origin);
    for place in places {
        for status in STATUSES {
            let url = origin.url(&redirect(status, place));
            let error = within(place, session.data(&url)).await.unwrap_err();
            assert_eq!(
                error.code(),
                ErrorCode::RedirectToNonExistentLocation,
                "{place}"
            );
            assert_eq!(
                error.url().map(urlsession::Url::as_str),
                Some(url.as_str()),
                "{place}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_cannot_inject_fields() {
    let origin = Origin::start().await.unwrap();
    let place = "/t?a=%0d%0aX-Evil:%201%00\t x";
    follow(
        &session(&origin),
        Request::get(origin.url(&redirect(302, place))).unwrap(),
    )
    .await;
    let seen = last(&origin, "/t");
    assert_eq!(seen.target, "/t?a=%0d%0aX-Evil:%201%00%20x");
    assert_eq!(seen.header("x-evil"), None);
}

/// A redirect whose body says that it is coded, and is not.
fn coded_redirect(length: usize) -> Script {
    let head = format!(
        "HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Encoding: gzip, br, zstd\r\nContent-Length: {length}\r\n\r\n"
    );
    let next = faults::response("arrived");
    Script::new([
        Step::ReadRequest,
        Step::write(head),
        Step::write(vec![0xff; length]),
        Step::ReadRequest,
        Step::write(next),
        Step::ExpectClose,
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_of_a_redirect_is_drained_and_not_decoded() {
    let origin = RawOrigin::start(coded_redirect(60_000)).await.unwrap();
    let session = urlsession::session(Configuration::ephemeral());
    let (body, response) = within("the answer", session.data(origin.url("/")))
        .await
        .unwrap();
    assert_eq!(
        (&body[..], response.status().as_u16()),
        (&b"arrived"[..], 200)
    );
    assert_eq!(origin.accepted(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_body_of_a_redirect_costs_the_connection_and_no_time() {
    let first = coded_redirect(100 * 1024 * 1024);
    let origin = RawOrigin::start(vec![first, Script::reply(faults::response("arrived"))])
        .await
        .unwrap();
    let session = urlsession::session(Configuration::ephemeral());
    let (body, _) = within("the answer", session.data(origin.url("/")))
        .await
        .unwrap();
    assert_eq!((&body[..], origin.accepted()), (&b"arrived"[..], 2));
    let first = within("the end", origin.wait_for_ending(0)).await.unwrap();
    assert!(
        first.bytes_written < 32 * 1024 * 1024,
        "{} bytes",
        first.bytes_written
    );
}
