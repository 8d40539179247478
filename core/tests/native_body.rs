//! The platform's own object for a body, in place of its chunks.
#![cfg(feature = "mock")]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::sync::Arc;
use std::task::{Context, Poll};

use futures::{FutureExt as _, StreamExt as _};
use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{
    Body, BodyBytes, BoxFuture, Bytes, Capabilities, Configuration, Error, ErrorCode,
    ExchangeEvents, HopRequest, HopResponse, Multiplexing, NativeObject, Origin, Session,
    Transport,
};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The mock, whose bodies have an object of their own as long as nothing was read.
struct Native(Arc<dyn Transport>);

impl Transport for Native {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    fn multiplexing(&self, origin: &Origin) -> Multiplexing {
        self.0.multiplexing(origin)
    }

    fn exchange(
        &self,
        request: HopRequest,
        events: ExchangeEvents,
    ) -> BoxFuture<'static, Result<HopResponse, Error>> {
        let exchange = self.0.exchange(request, events);
        Box::pin(async move {
            let mut answer = exchange.await?;
            answer.body = Box::new(Untouched(Some(answer.body)));
            Ok(answer)
        })
    }

    fn reset(&self) {
        self.0.reset();
    }
}

/// `None` once the object was given away.
struct Untouched(Option<Box<dyn Body>>);

impl Body for Untouched {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        match &mut self.0 {
            Some(body) => body.poll_next_chunk(context),
            None => Poll::Ready(None),
        }
    }

    fn take_native(&mut self) -> Option<NativeObject> {
        self.0
            .take()
            .map(|_| Box::new("the object") as NativeObject)
    }
}

fn body(mock: &MockPlatform) -> BodyBytes {
    mock.transport()
        .respond(|_| Reply::new(200).chunk("one ").chunk("two"));
    let mut platform = mock.platform();
    platform.transport = Arc::new(Native(platform.transport));
    let session = Session::new(platform, Configuration::default());
    let bytes = session.bytes("http://a.example/");
    mock.runtime().block_on(bytes).unwrap().0
}

fn rest(mock: &MockPlatform, body: &mut BodyBytes) -> String {
    let chunks = body.map(Result::unwrap).collect::<Vec<_>>();
    let chunks = mock.runtime().block_on(chunks);
    String::from_utf8(chunks.concat()).unwrap()
}

#[test]
fn the_object_is_there_in_place_of_the_chunks() {
    let mock = MockPlatform::new();
    let mut body = body(&mock);
    let object = body.take_native().unwrap().downcast::<&str>().unwrap();
    assert_eq!(*object, "the object");
    assert_eq!(rest(&mock, &mut body), "");
    assert!(body.task().error().is_none());
}

#[test]
fn of_a_body_that_was_begun_there_are_chunks() {
    let mock = MockPlatform::new();
    let mut body = body(&mock);
    let first = mock.runtime().block_on(body.next()).unwrap().unwrap();
    assert_eq!(first, "one ");
    assert!(body.take_native().is_none());
    assert_eq!(rest(&mock, &mut body), "two");
}

#[test]
fn a_suspended_task_gives_no_object_and_its_chunks_once_it_goes_on() {
    let mock = MockPlatform::new();
    let mut body = body(&mock);
    body.task().suspend();
    assert!(body.take_native().is_none());
    assert!(body.next().now_or_never().is_none());
    body.task().resume();
    assert_eq!(rest(&mock, &mut body), "one two");
}

#[test]
fn a_task_that_was_cancelled_says_so_after_no_object() {
    let mock = MockPlatform::new();
    let mut body = body(&mock);
    body.task().cancel();
    assert!(body.take_native().is_none());
    let error = mock.runtime().block_on(body.next()).unwrap().unwrap_err();
    assert_eq!(error.code(), ErrorCode::Cancelled);
    assert!(mock.runtime().block_on(body.next()).is_none());
}

#[cfg(feature = "http-body")]
#[test]
fn a_body_of_http_body_says_so_too() {
    use http_body_util::BodyExt as _;
    let mock = MockPlatform::new();
    let mut body = body(&mock);
    body.task().cancel();
    assert!(body.take_native().is_none());
    let frame = mock.runtime().block_on(body.frame()).unwrap();
    assert_eq!(frame.unwrap_err().code(), ErrorCode::Cancelled);
    assert!(mock.runtime().block_on(body.frame()).is_none());
}
