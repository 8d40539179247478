//! Which address of a host is connected to.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use support::Client;
use urlsession_core::{Configuration, ErrorCode};
use urlsession_origin::{FullBacklog, Listener, Origin};

/// A client to which `host.test` has these addresses.
fn resolving(addresses: &[SocketAddr]) -> Client {
    Client::with(&Configuration::default(), |platform| {
        let resolve = |platform: urlsession_transport_native::NativePlatform, address: &_| {
            platform.resolve("host.test", *address)
        };
        addresses.iter().fold(platform, resolve)
    })
}

fn address_of(origin: &Origin) -> SocketAddr {
    origin.address(Listener::Plain).unwrap()
}

#[tokio::test]
async fn an_address_that_does_not_answer_is_not_waited_for() {
    let (origin, silent) = (Origin::spawn().unwrap(), FullBacklog::start().unwrap());
    let client = resolving(&[silent.address(), address_of(&origin)]);
    let begun = Instant::now();
    client.get("http://host.test/bytes/1").await.unwrap();
    // 250 ms (RFC 8305 section 5), far from the minutes that the kernel would try.
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_millis(240) && took < Duration::from_secs(5),
        "{took:?}"
    );
}

#[tokio::test]
async fn an_address_that_refuses_makes_way_at_once() {
    let origin = Origin::spawn().unwrap();
    let refused = origin.closed_url("");
    let refused = refused.strip_prefix("http://").unwrap().parse().unwrap();
    let client = resolving(&[refused, address_of(&origin)]);
    client.get("http://host.test/bytes/1").await.unwrap();
    let nowhere = resolving(&[refused, refused]);
    let code = nowhere.error_of("http://host.test/").await;
    assert_eq!(code, ErrorCode::CannotConnectToHost);
}

#[tokio::test]
async fn the_host_field_names_the_host_of_the_url() {
    let origin = Origin::spawn().unwrap();
    let client = resolving(&[address_of(&origin)]);
    client.get("http://host.test:81/bytes/1").await.unwrap();
    let sent = &origin.requests_for("/bytes/1")[0];
    assert_eq!(sent.header("host"), Some("host.test:81"));
}

#[tokio::test]
async fn an_ipv6_address_in_brackets() {
    let origin = Origin::spawn().unwrap();
    if let Some(url) = origin.v6_url("/bytes/1") {
        Client::new().get(&url).await.unwrap();
        let host = url
            .strip_prefix("http://")
            .unwrap()
            .strip_suffix("/bytes/1");
        assert_eq!(origin.requests_for("/bytes/1")[0].header("host"), host);
    }
}

#[tokio::test]
async fn localhost_is_here_under_any_of_its_names() {
    let origin = Origin::spawn().unwrap();
    let port = address_of(&origin).port();
    let url = format!("http://any.localhost:{port}/bytes/1");
    Client::new().get(&url).await.unwrap();
}
