//! Row 43.

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
        assert_eq!(
            request.target().unwrap().authority().host(),
            host,
            "{url:?}"
        );
        assert_eq!(request.target().unwrap().host_field(), host, "{url:?}");
    }
}
