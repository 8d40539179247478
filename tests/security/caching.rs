//! Rows 34 to 38.

use urlsession::UrlCache;

use super::*;

fn caching() -> Session {
    let cache = UrlCache::in_memory(16 * 1024 * 1024);
    urlsession::builder(configuration()).cache(cache).build()
}

/// A server that answers its n-th request, from 0, with status 200, these fields and `n` as body.
async fn counting(fields: &'static str) -> RawOrigin {
    answering(move |_, _| (200, format!("{fields}\r\n"))).await
}

/// A server that answers its n-th request, from 0, with the status and fields that `answer` has for it and its head; the body is `n`.
async fn answering(
    answer: impl Fn(usize, &str) -> (u16, String) + Send + Sync + 'static,
) -> RawOrigin {
    let scripts = Scripts::by(move |n, head| {
        let (status, fields) = answer(n, &String::from_utf8_lossy(head));
        let body = n.to_string();
        let length = match status {
            304 => String::new(),
            _ => format!("content-length: {}\r\n", body.len()),
        };
        let body = if status == 304 { "" } else { &body };
        let reply =
            format!("HTTP/1.1 {status} x\r\nconnection: close\r\n{length}{fields}\r\n{body}");
        Script::reply_and_close(reply)
    });
    RawOrigin::start(scripts).await.unwrap()
}

async fn body(session: &Session, request: impl urlsession::IntoRequest) -> String {
    text(session, request).await.unwrap()
}

/// What the server read of its n-th request.
fn heard(origin: &RawOrigin, n: usize) -> String {
    origin.connection(n).unwrap().text().to_ascii_lowercase()
}

/// Row 34.
#[tokio::test(flavor = "multi_thread")]
async fn no_unsafe_method_is_answered_from_the_cache() {
    let origin = counting("cache-control: max-age=1000").await;
    let session = caching();
    let url = origin.url("/");
    let methods = ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "M-SEARCH"];
    for (n, method) in methods.iter().enumerate() {
        for again in 0..2 {
            let request = Request::with_method_name(method, &*url).unwrap();
            assert_eq!(body(&session, request).await, (2 * n + again).to_string());
        }
    }
    // Nor is a GET answered with what any of them brought.
    assert_eq!(body(&session, &*url).await, (2 * methods.len()).to_string());
    assert_eq!(body(&session, &*url).await, (2 * methods.len()).to_string());
}

/// Row 34: the one case in which a POST brings what a GET is answered with (RFC 9110 section 9.3.3).
#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_is_stored_answers_no_post() {
    let origin = counting("cache-control: max-age=1000\r\ncontent-location: /").await;
    let session = caching();
    let url = origin.url("/");
    let post = || Request::post(&*url).unwrap().with_body("x");
    assert_eq!(body(&session, post()).await, "0");
    assert_eq!(body(&session, post()).await, "1");
    assert_eq!(body(&session, &*url).await, "1");
}

/// Row 35.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_answered_with_what_others_credentials_brought() {
    let fresh = "cache-control: max-age=1000";
    let varying = "cache-control: max-age=1000\r\nvary: Authorization, Cookie";
    for fields in [fresh, varying] {
        let origin = counting(fields).await;
        let session = caching();
        let url = origin.url("/");
        let by =
            |name: &str, value: &str| Request::get(&*url).unwrap().header(name, value).unwrap();
        assert_eq!(body(&session, by("authorization", "one")).await, "0");
        assert_eq!(body(&session, by("authorization", "two")).await, "1");
        assert_eq!(body(&session, &*url).await, "2");
        assert_eq!(body(&session, by("authorization", "one")).await, "0");
        assert_eq!(body(&session, by("authorization", "two")).await, "1");
        assert_eq!(body(&session, &*url).await, "2");
        assert_eq!(origin.accepted(), 3);
    }
}

/// Row 35: each hop of a chain is kept by its own URL.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_redirect_led_to_is_not_kept_under_where_it_began() {
    let origin = answering(|_, head| {
        let fields = match head.starts_with("GET /first ") {
            true => "location: /second\r\n",
            false => "cache-control: max-age=1000\r\n",
        };
        (
            if fields.starts_with("location") {
                302
            } else {
                200
            },
            fields.to_owned(),
        )
    })
    .await;
    let session = caching();
    assert_eq!(body(&session, &*origin.url("/first")).await, "1");
    assert_eq!(body(&session, &*origin.url("/second")).await, "1");
    // The redirect may not be kept, what it leads to is.
    assert_eq!(body(&session, &*origin.url("/first")).await, "1");
    assert_eq!(origin.accepted(), 3);
    assert!(heard(&origin, 2).starts_with("get /first "));
}

/// Row 35: nor is one host's answer another's.
#[tokio::test(flavor = "multi_thread")]
async fn every_part_of_a_url_tells_it_apart() {
    let origin = counting("cache-control: max-age=1000").await;
    let session = caching();
    let port = origin.address().port();
    let paths = ["/", "/a", "/A", "/?", "/?a", "/?A", "/a/", "/%61"];
    for (n, path) in paths.iter().enumerate() {
        assert_eq!(
            body(&session, &*origin.url(path)).await,
            n.to_string(),
            "{path}"
        );
    }
    let elsewhere = format!("http://localhost:{port}/");
    assert_eq!(body(&session, &*elsewhere).await, paths.len().to_string());
}

/// Row 36.
#[tokio::test(flavor = "multi_thread")]
async fn validators_of_the_cache_stay_with_the_origin_that_they_are_of() {
    let foreign = answering(|_, _| (304, "cache-control: max-age=1000\r\n".to_owned())).await;
    let away = foreign.url("/");
    let origin = answering(move |n, _| match n {
        0 => (200, "etag: \"a\"\r\ncache-control: no-cache\r\n".to_owned()),
        1 => (302, format!("location: {away}\r\n")),
        _ => (304, String::new()),
    })
    .await;
    let session = caching();
    let url = origin.url("/");
    assert_eq!(body(&session, &*url).await, "0");
    // What the other origin says of the condition that it was not told is the app's to see, and freshens nothing.
    let (_, response) = within("a 304", session.data(&*url)).await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
    assert!(heard(&origin, 1).contains("if-none-match: \"a\""));
    assert!(!heard(&foreign, 0).contains("if-none-match"));
    assert_eq!(body(&session, &*url).await, "0");
    assert!(heard(&origin, 2).contains("if-none-match: \"a\""));
    assert_eq!((origin.accepted(), foreign.accepted()), (3, 1));
}

/// Row 36: a 304 that speaks of another entity makes nothing fresh.
#[tokio::test(flavor = "multi_thread")]
async fn a_304_for_something_else_freshens_nothing() {
    let origin = answering(|n, _| match n {
        0 => (
            200,
            "etag: \"a\"\r\ncache-control: max-age=0\r\n".to_owned(),
        ),
        _ => (
            304,
            "etag: \"b\"\r\ncache-control: max-age=1000\r\n".to_owned(),
        ),
    })
    .await;
    let session = caching();
    let url = origin.url("/");
    for n in 1..4 {
        assert_eq!(body(&session, &*url).await, "0");
        assert_eq!(origin.accepted(), n);
    }
}

/// Row 37.
#[tokio::test(flavor = "multi_thread")]
async fn cache_control_that_cannot_be_read_keeps_nothing_in_use() {
    let lines = [
        "no-store",
        "NO-STORE",
        "no-store=\"x\"",
        "no-store;max-age=1000",
        "max-age=1000;no-store",
        "max-age=1000, \"no-store",
        "max-age=\"1000",
        "max-age=1000, x=\"unended",
        "max-age=1000, no-cache=\"",
        "max-age=1000, no-cache=",
        "max-age=1000, no cache",
        "max-age=1000, =",
        "max-age=1e9",
        "max-age=-1",
        "max-age=+1000",
        "max-age=1000, max-age=0",
        "max-age='1000'",
        "\u{1f4a3}, max-age=1000",
    ];
    for line in lines {
        let origin = answering(move |_, _| (200, format!("cache-control: {line}\r\n"))).await;
        let session = caching();
        let url = origin.url("/");
        assert_eq!(body(&session, &*url).await, "0", "{line}");
        assert_eq!(body(&session, &*url).await, "1", "{line}");
    }
}

/// Row 37: however long.
#[tokio::test(flavor = "multi_thread")]
async fn a_bomb_of_directives_is_read_and_keeps_nothing_in_use() {
    let varying = "x,".repeat(5_000);
    for bomb in [",", "a,", "\"\\", "=,"] {
        let line = format!(
            "cache-control: max-age=1000, {}=\r\nvary: {varying}\r\n",
            bomb.repeat(60_000 / bomb.len())
        );
        let origin = answering(move |_, _| (200, line.clone())).await;
        let session = caching();
        let url = origin.url("/");
        for n in 0..3 {
            assert_eq!(body(&session, &*url).await, n.to_string(), "{bomb}");
        }
    }
}

/// Row 38: what sets a cookie sets it when it comes, not each time it is taken out of the cache.
#[tokio::test(flavor = "multi_thread")]
async fn set_cookie_is_delivered_from_the_cache_and_not_applied_again() {
    let origin = counting("cache-control: max-age=1000\r\nset-cookie: id=1").await;
    let session = caching();
    let url = origin.url("/");
    for _ in 0..2 {
        let (body, response) = within("an answer", session.data(&*url)).await.unwrap();
        assert_eq!(&body[..], b"0");
        assert_eq!(response.headers()["set-cookie"], "id=1");
    }
    // What is stored is no jar: nothing of it goes out.
    let other = origin.url("/other");
    assert_eq!(body(&session, &*other).await, "1");
    assert!(!heard(&origin, 1).contains("cookie:"));
}
