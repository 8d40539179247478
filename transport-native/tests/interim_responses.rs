//! 1xx responses and sent bytes, as a session's delegate sees them.
#![cfg(feature = "http2")]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::sync::{Arc, Mutex};

use urlsession_core::{Answer, Configuration, Delegate, Informational, Request, Session, Task};
use urlsession_origin::faults::h2;
use urlsession_origin::{Origin, RawOrigin, Step, frame};
use urlsession_transport_native::platform;

/// What was told, in order.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn note(&self, what: String) -> Answer<()> {
        self.0.lock().unwrap().push(what);
        Answer::Now(())
    }
}

impl Delegate for Told {
    fn did_receive_informational_response(&self, _: &Task, response: &Informational) -> Answer<()> {
        let link = response
            .headers
            .get("link")
            .map(|link| link.to_str().unwrap());
        self.note(format!("{} {}", response.status, link.unwrap_or_default()))
    }

    fn did_send_body_data(
        &self,
        _: &Task,
        _: u64,
        total: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        self.note(format!("{total} of {expected:?}"))
    }
}

/// What a session of its own tells of `request`.
async fn told_of(configuration: Configuration, request: Request) -> Vec<String> {
    let told = Told::default();
    let platform = platform(&configuration);
    let session = Session::builder(platform, configuration)
        .delegate(told.clone())
        .build();
    session.data(request).await.unwrap();
    let told = told.0.lock().unwrap();
    told.clone()
}

fn http2() -> Configuration {
    let mut configuration = Configuration::default();
    configuration.assumes_http2_capable = true;
    configuration
}

#[tokio::test]
async fn early_hints_are_reported_over_http1() {
    let origin = Origin::spawn().unwrap();
    let request = Request::get(&*origin.url("/early-hints")).unwrap();
    let told = told_of(Configuration::default(), request).await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|hint| hint.starts_with("103")), "{told:?}");
}

#[tokio::test]
async fn early_hints_are_reported_over_http2() {
    let hint = |link| frame::headers(1, &[(":status", "103"), ("link", link)], false);
    let script = h2::opened().then(Step::ReadH2Request).then(Step::write(
        [hint("a"), hint("b"), h2::response(1, b"final")].concat(),
    ));
    let origin = RawOrigin::spawn(script.then(Step::ExpectClose)).unwrap();
    let request = Request::get(&*origin.url("/")).unwrap();
    let told = told_of(http2(), request).await;
    assert_eq!(told, ["103 Early Hints a", "103 Early Hints b"]);
}

#[tokio::test]
async fn every_byte_sent_is_counted_once() {
    let origin = Origin::spawn().unwrap();
    let body = vec![7; 3_000_000];
    for (configuration, url) in [
        (Configuration::default(), origin.url("/upload")),
        (http2(), origin.h2_url("/upload")),
    ] {
        let request = Request::post(&*url).unwrap().with_body(body.clone());
        let told = told_of(configuration, request).await;
        assert_eq!(told.last().unwrap(), "3000000 of Some(3000000)", "{url}");
    }
}
