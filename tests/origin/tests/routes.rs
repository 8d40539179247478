//! The routes over HTTP/1.1, seen through plain sockets.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use std::time::{Duration, Instant};

use support::{get, read_until, send};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use urlsession_origin::{Folders, Listener, Origin, Ports, pattern};

async fn origin() -> Origin {
    Origin::start().await.unwrap()
}

#[tokio::test]
async fn a_country_answers_with_its_capital() {
    let answer = get(&origin().await, "/Nepal").await;
    assert_eq!(
        (answer.status(), answer.text().as_str()),
        ("200", "Kathmandu")
    );
}

#[tokio::test]
async fn x_pause_delays_the_reply() {
    let origin = origin().await;
    let start = Instant::now();
    let request = "GET /Peru HTTP/1.1\r\nHost: o\r\nX-Pause: 0.2\r\nConnection: close\r\n\r\n";
    assert_eq!(send(&origin, request).await.text(), "Lima");
    assert!(start.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn a_posted_body_comes_back_as_json() {
    let request = "POST /post HTTP/1.1\r\nHost: o\r\nContent-Length: 3\r\nX-A: 1\r\n\
                   Connection: close\r\n\r\nabc";
    let json = send(&origin().await, request).await.json();
    assert_eq!(json["request_line"], "POST /post HTTP/1.1");
    assert_eq!(json["headers"]["x-a"], "1");
    assert_eq!(json["body_base64"], "YWJj");
}

#[tokio::test]
async fn the_wrong_method_is_405() {
    assert_eq!(get(&origin().await, "/put").await.status(), "405");
}

#[tokio::test]
async fn a_3xx_route_redirects_to_where_it_is_told() {
    let answer = get(&origin().await, "/307?location=/get").await;
    assert_eq!(
        (answer.status(), answer.field("location")),
        ("307", Some("/get"))
    );
    assert!(!answer.body.is_empty());
}

#[tokio::test]
async fn redirect_counts_down_to_json_body() {
    let origin = origin().await;
    assert_eq!(
        get(&origin, "/redirect/2").await.field("location"),
        Some("/redirect/1")
    );
    assert_eq!(
        get(&origin, "/redirect/1").await.field("location"),
        Some("/jsonBody")
    );
}

#[tokio::test]
async fn a_location_goes_out_as_the_bytes_it_was_given() {
    let origin = origin().await;
    let mut stream = TcpStream::connect(origin.address(Listener::Plain).unwrap())
        .await
        .unwrap();
    let request = "GET /redirect?status=302&to=/a%FF%09b HTTP/1.1\r\nHost: o\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let head = read_until(&mut stream, b"\r\n\r\n").await;
    assert!(
        head.windows(16)
            .any(|window| window == b"location: /a\xFF\tb\r")
    );
}

#[tokio::test]
async fn a_redirect_target_tells_what_arrived() {
    let request = "PUT /t HTTP/1.1\r\nHost: o\r\nContent-Length: 3\r\nContent-Type: text/x\r\n\
                   Content-Language: en\r\nAuthorization: Bearer s\r\nX-Custom: 1\r\n\
                   Connection: close\r\n\r\nabc";
    let origin = origin().await;
    let port = origin.address(Listener::Plain).unwrap().port();
    let expected = serde_json::json!({
        "method": "PUT", "wire": "/t", "body": 3, "ct": "text/x", "cl": "en",
        "auth": "Bearer s", "x": "1", "port": port,
    });
    assert_eq!(send(&origin, request).await.json(), expected);
}

#[tokio::test]
async fn the_united_states_redirect_to_a_port_that_refuses() {
    let origin = origin().await;
    let answer = get(&origin, "/UnitedStates").await;
    let location = answer.field("location").unwrap().to_owned();
    assert_eq!(location, origin.closed_url("/USA"));
    let address = location
        .trim_start_matches("http://")
        .trim_end_matches("/USA");
    let refused = TcpStream::connect(address).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn the_default_port_redirect_drops_the_port() {
    let request = "GET /redirect-with-default-port HTTP/1.1\r\nHost: a.test:81\r\n\
                   Connection: close\r\n\r\n";
    let answer = send(&origin().await, request).await;
    assert_eq!(
        answer.field("location"),
        Some("http://a.test/redirected-with-default-port")
    );
}

#[tokio::test]
async fn bytes_are_the_known_pattern_and_ranges_are_honoured() {
    let origin = origin().await;
    assert_eq!(
        get(&origin, "/bytes/200000").await.body,
        pattern(0..200_000)
    );
    let request = "GET /bytes/1000 HTTP/1.1\r\nHost: o\r\nRange: bytes=300-399\r\n\
                   Connection: close\r\n\r\n";
    let answer = send(&origin, request).await;
    assert_eq!(answer.status(), "206");
    assert_eq!(answer.field("content-range"), Some("bytes 300-399/1000"));
    assert_eq!(answer.body, pattern(300..400));
}

#[tokio::test]
async fn a_range_beyond_the_end_is_416() {
    let request = "GET /bytes/10 HTTP/1.1\r\nHost: o\r\nRange: bytes=10-\r\n\
                   Connection: close\r\n\r\n";
    let answer = send(&origin().await, request).await;
    assert_eq!(
        (answer.status(), answer.field("content-range")),
        ("416", Some("bytes */10"))
    );
}

#[tokio::test]
async fn early_413_answers_before_the_body_has_come() {
    let origin = origin().await;
    let request = "POST /early-413 HTTP/1.1\r\nHost: o\r\nContent-Length: 1000000\r\n\r\n";
    assert_eq!(send(&origin, request).await.status(), "413");
    assert!(!origin.requests()[0].body_complete);
}

#[tokio::test]
async fn early_hints_precede_the_answer_and_the_connection_lives_on() {
    let origin = origin().await;
    let mut stream = TcpStream::connect(origin.address(Listener::Plain).unwrap())
        .await
        .unwrap();
    stream
        .write_all(b"GET /early-hints HTTP/1.1\r\nHost: o\r\n\r\n")
        .await
        .unwrap();
    let text = String::from_utf8(read_until(&mut stream, b"Hello World!").await).unwrap();
    assert_eq!(text.matches("HTTP/1.1 103 Early Hints").count(), 2);
    stream
        .write_all(b"GET /Italy HTTP/1.1\r\nHost: o\r\n\r\n")
        .await
        .unwrap();
    read_until(&mut stream, b"Rome").await;
    assert_eq!(origin.accepted_connections(), 1);
}

#[tokio::test]
async fn trailers_follow_the_body() {
    let origin = origin().await;
    let mut stream = TcpStream::connect(origin.address(Listener::Plain).unwrap())
        .await
        .unwrap();
    stream
        .write_all(b"GET /trailers HTTP/1.1\r\nHost: o\r\n\r\n")
        .await
        .unwrap();
    let end = b"0\r\nx-checksum: abc123\r\nx-length: 12\r\n\r\n";
    read_until(&mut stream, end).await;
}

#[tokio::test]
async fn echo_streams_the_body_back() {
    let request = "PATCH /echo HTTP/1.1\r\nHost: o\r\nContent-Length: 5\r\nContent-Type: text/x\r\n\
                   Connection: close\r\n\r\nhello";
    let answer = send(&origin().await, request).await;
    assert_eq!(
        (answer.field("content-type"), answer.text().as_str()),
        (Some("text/x"), "hello")
    );
}

#[tokio::test]
async fn a_preflight_is_allowed_what_it_asks_and_is_not_logged() {
    let origin = origin().await;
    let request = "OPTIONS /echo HTTP/1.1\r\nHost: o\r\nOrigin: http://page.test\r\n\
                   Access-Control-Request-Method: PUT\r\n\
                   Access-Control-Request-Headers: x-custom\r\nConnection: close\r\n\r\n";
    let answer = send(&origin, request).await;
    assert_eq!(
        answer.field("access-control-allow-origin"),
        Some("http://page.test")
    );
    assert_eq!(answer.field("access-control-allow-methods"), Some("PUT"));
    assert_eq!(
        answer.field("access-control-allow-headers"),
        Some("x-custom")
    );
    assert_eq!(origin.requests().len(), 0);
}

#[tokio::test]
async fn every_field_is_exposed_to_pages() {
    let answer = get(&origin().await, "/headers?X-One=1&X-Two=2").await;
    assert_eq!(answer.field("x-one"), Some("1"));
    let exposed = answer.field("access-control-expose-headers").unwrap();
    assert!(exposed.contains("x-one") && exposed.contains("x-two"));
}

#[tokio::test]
async fn basic_auth_lets_the_user_in() {
    let origin = origin().await;
    let challenge = get(&origin, "/auth/basic").await;
    assert_eq!(challenge.status(), "401");
    assert!(challenge.field("www-authenticate").is_some());
    let request = "GET /auth/basic HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\
                   Authorization: Basic dXNlcjpwYXNzd2Q=\r\n\r\n";
    assert_eq!(send(&origin, request).await.status(), "200");
    assert_eq!(
        get(&origin, "/unauthorized")
            .await
            .field("www-authenticate"),
        None
    );
}

#[tokio::test]
async fn the_lost_cities_break_the_rules() {
    let origin = origin().await;
    assert_eq!(
        get(&origin, "/LandOfTheLostCities/Kameiros").await.status(),
        "999"
    );
    assert_eq!(
        get(&origin, "/LandOfTheLostCities/Kuhikugu").await.status(),
        "2000"
    );
    assert_eq!(
        get(&origin, "/LandOfTheLostCities/Myndus")
            .await
            .field("content-length"),
        None
    );
}

#[tokio::test]
async fn the_echoed_query_is_decoded_once() {
    assert_eq!(
        get(&origin().await, "/echo-query?a=%20b&c=%2541")
            .await
            .text(),
        "a= b&c=%41"
    );
}

#[tokio::test]
async fn a_rate_spreads_the_bytes_over_time_and_keeps_their_length() {
    let start = Instant::now();
    let answer = get(&origin().await, "/bytes/3000?rate=10000").await;
    assert_eq!(answer.field("content-length"), Some("3000"));
    assert_eq!(answer.body, pattern(0..3000));
    assert!(start.elapsed() >= Duration::from_millis(250));
}

#[tokio::test]
async fn the_first_answer_is_cut_where_asked_and_its_rest_is_there_as_a_range() {
    let origin = origin().await;
    let target = "/bytes/3000?cut=1000&of=this";
    let first = get(&origin, target).await;
    assert_eq!(first.field("content-length"), Some("3000"));
    assert_eq!(first.body, pattern(0..1000));
    let tag = first.field("etag").unwrap();
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: o\r\nRange: bytes=1000-\r\nIf-Range: {tag}\r\n\
         Connection: close\r\n\r\n"
    );
    let rest = send(&origin, &request).await;
    assert_eq!((rest.status(), &rest.body), ("206", &pattern(1000..3000)));
    assert_eq!(get(&origin, target).await.body, pattern(0..3000));
}

#[tokio::test]
async fn times_asked_tells_of_a_target_without_asking_for_it() {
    let origin = origin().await;
    let asked = "/times-asked?for=%2Fcounted%3Fx-a%3D1";
    assert_eq!(get(&origin, asked).await.text(), "0");
    get(&origin, "/counted?x-a=1").await;
    assert_eq!(get(&origin, asked).await.text(), "1");
    assert_eq!(get(&origin, asked).await.text(), "1");
}

#[tokio::test]
async fn a_sink_says_how_much_it_was_sent_when_it_has_read_it_all() {
    let origin = origin().await;
    let start = Instant::now();
    let request = "POST /sink?rate=20 HTTP/1.1\r\nHost: o\r\nContent-Length: 5\r\n\
                   Connection: close\r\n\r\nhello";
    assert_eq!(send(&origin, request).await.json()["received"], 5);
    assert!(start.elapsed() >= Duration::from_millis(250));
}

#[tokio::test]
async fn the_address_that_it_gives_away_is_closed() {
    let origin = origin().await;
    let addresses = get(&origin, "/addresses").await.json();
    let closed = addresses["closed"].as_str().unwrap();
    let closed = closed.strip_prefix("http://").unwrap();
    assert!(TcpStream::connect(closed).await.is_err());
}

#[tokio::test]
async fn files_come_before_routes_and_take_no_other_method() {
    let tests = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let folders = Folders::default().with("/", &tests).unwrap();
    let origin = Origin::start_with(Ports::default(), folders).await.unwrap();
    let file = get(&origin, "/support/mod.rs").await;
    assert!(file.text().starts_with("//! Plain sockets"));
    assert_eq!(file.field("x-content-type-options"), Some("nosniff"));
    assert_eq!(get(&origin, "/Nepal").await.text(), "Kathmandu");
    assert_eq!(get(&origin, "/%2e%2e/Cargo.toml").await.status(), "404");
    let request = "DELETE /routes.rs HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n";
    assert_eq!(send(&origin, request).await.status(), "405");
}
