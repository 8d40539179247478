//! Row 30.

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
        ("te", "gzip"),
        ("trailer", "x"),
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
