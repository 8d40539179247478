//! Uploads that are broken off anywhere, on the mock: what the server has in the end is what was sent, byte for byte.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderName, Method};
use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{
    Answer, Body, BodyStream, Bytes, Configuration, Delegate, Error, ErrorCode, FileRef, FormPart,
    HopRequest, MultipartForm, Request, Session, Task, UploadBody, UploadDraft,
};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const URL: &str = "http://a.example/";
const RESOURCE: &str = "http://uploads.example/7";
const LENGTH: usize = 4096;

fn content() -> Vec<u8> {
    (0..LENGTH).map(|at| (at * 7 + at / 251) as u8).collect()
}

fn fields(list: &[(&'static str, String)]) -> HeaderMap {
    list.iter()
        .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
        .collect()
}

/// The server's part: takes so much of each request, one after the other, then all.
#[derive(Clone)]
struct Server {
    mock: MockPlatform,
    breaks: Arc<Mutex<Vec<u64>>>,
    max_append: Option<u64>,
}

impl Server {
    fn new(seed: u64, breaks: &[u64], max_append: Option<u64>) -> Self {
        let server = Self {
            mock: MockPlatform::with_seed(seed),
            breaks: Arc::new(Mutex::new(breaks.to_vec())),
            max_append,
        };
        let answering = server.clone();
        let transport = server.mock.transport();
        transport.respond(move |request| answering.answer(request));
        server
    }

    /// All that has come.
    fn has(&self) -> Vec<u8> {
        let requests = self.mock.transport().requests();
        let sending = |method: &Method| *method == Method::PUT || *method == Method::PATCH;
        let bodies = requests.iter().filter(|request| sending(&request.method));
        bodies.flat_map(|request| request.body.to_vec()).collect()
    }

    fn said(&self) -> Vec<(&'static str, String)> {
        let mut said = vec![("upload-draft-interop-version", "6".to_owned())];
        let limit = self
            .max_append
            .map(|most| format!("max-append-size={most}"));
        said.extend(limit.map(|limit| ("upload-limit", limit)));
        said
    }

    fn answer(&self, request: &HopRequest) -> Reply {
        let header = |name: &str| request.headers.get(name).map(|it| it.to_str().unwrap());
        let offset = self.has().len() as u64;
        match request.method {
            Method::HEAD => self
                .said()
                .iter()
                .fold(Reply::new(204), |reply, (name, value)| {
                    reply.header(*name, &**value)
                })
                .header("upload-offset", &*offset.to_string()),
            Method::DELETE => Reply::new(204),
            Method::PATCH if header("upload-offset") != Some(&*offset.to_string()) => {
                panic!("{:?} in place of {offset}", header("upload-offset"))
            }
            _ => self.take(header("upload-complete") == Some("?1")),
        }
    }

    fn take(&self, is_last: bool) -> Reply {
        let mut offer = self.said();
        offer.push(("location", RESOURCE.to_owned()));
        let mut breaks = self.breaks.lock().unwrap();
        let reply = match (breaks.is_empty(), is_last) {
            (false, _) => {
                Reply::error(ErrorCode::NetworkConnectionLost).reading_first(breaks.remove(0))
            }
            (true, true) => Reply::new(200)
                .header("upload-complete", "?1")
                .body("taken"),
            (true, false) => Reply::new(204).header("upload-complete", "?0"),
        };
        reply.informational_at_once(104, fields(&offer))
    }

    fn session(&self) -> Session {
        let mut configuration = Configuration::default();
        configuration.resumable_uploads = Some(UploadDraft::Interop6);
        configuration.retries_uploads = 1;
        Session::new(self.mock.platform(), configuration)
    }

    fn upload(&self, body: impl Into<UploadBody>) -> Result<Bytes, Error> {
        let request = Request::put(URL).unwrap();
        let session = self.session();
        let loading = session.upload_with_delegate(request, body, Rest);
        let outcome = self.mock.runtime().block_on(loading);
        outcome.map(|(body, _)| body)
    }
}

/// Gives what is left of the content.
struct Rest;

impl Delegate for Rest {
    fn need_new_body_stream_from_offset(
        &self,
        _: &Task,
        offset: u64,
    ) -> Answer<Option<BodyStream>> {
        Some(BodyStream::once(Pieces(offset as usize))).into()
    }
}

/// The content from there on, in pieces.
struct Pieces(usize);

impl Body for Pieces {
    fn poll_next_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let end = LENGTH.min(self.0 + 333);
        let piece = content()[self.0..end].to_vec();
        self.0 = end;
        Poll::Ready((!piece.is_empty()).then(|| Ok(piece.into())))
    }
}

/// The content as each kind of body.
fn bodies(mock: &MockPlatform) -> Vec<UploadBody> {
    mock.files().insert("f", content());
    let replayable = || BodyStream::replayable(|| Box::new(Pieces(0)));
    vec![
        content().into(),
        UploadBody::file("f"),
        replayable().into(),
        replayable().with_length(LENGTH as u64).into(),
        BodyStream::once(Pieces(0)).into(),
        BodyStream::once(Pieces(0))
            .with_length(LENGTH as u64)
            .into(),
    ]
}

#[test]
fn broken_off_at_any_byte_it_goes_on_there() {
    for at in 0..LENGTH as u64 {
        let server = Server::new(at, &[at], None);
        assert_eq!(server.upload(content()).unwrap(), "taken", "{at}");
        assert!(server.has() == content(), "{at}");
        assert_eq!(server.mock.transport().requests().len(), 3, "{at}");
    }
}

#[test]
fn whatever_the_body_it_goes_on_as_often_as_it_is_broken_off() {
    for seed in 0..100_u64 {
        let draw = |number: u64| {
            seed.wrapping_mul(6_364_136_223_846_793_005)
                .rotate_left(number as u32 * 7)
                >> 53
        };
        let breaks: Vec<_> = (0..seed % 5).map(|number| 1 + draw(number) % 900).collect();
        let max_append = (seed % 3 == 0).then(|| 1 + draw(9) % 2000);
        for kind in 0..6 {
            let server = Server::new(seed, &breaks, max_append);
            let body = bodies(&server.mock).swap_remove(kind);
            let outcome = server.upload(body);
            assert_eq!(
                outcome.unwrap(),
                "taken",
                "{seed} {kind} {breaks:?} {max_append:?}"
            );
            assert!(
                server.has() == content(),
                "{seed} {kind} {breaks:?} {max_append:?}"
            );
        }
    }
}

#[test]
fn a_form_goes_on_as_the_same_form() {
    for at in (0..LENGTH as u64).step_by(61) {
        let server = Server::new(at, &[at], None);
        server.mock.files().insert("f", content());
        let stream = BodyStream::replayable(|| Box::new(Pieces(0))).with_length(LENGTH as u64);
        let form = MultipartForm::new()
            .text("a", "b")
            .file("f", FileRef::new("f"))
            .part(FormPart::stream("s", stream));
        server.upload(form).unwrap();
        let got = server.has();
        let boundary = got[2..].split(|&byte| byte == b'\r').next().unwrap();
        assert!(
            got.ends_with(&[b"\r\n--", boundary, b"--\r\n"].concat()),
            "{at}"
        );
        let parts = content();
        let count = got
            .windows(LENGTH)
            .filter(|window| *window == parts)
            .count();
        assert_eq!(count, 2, "{at}");
    }
}

#[test]
fn without_the_rest_it_fails() {
    let server = Server::new(0, &[9], None);
    let session = server.session();
    let once = BodyStream::once(Pieces(0));
    let loading = session.upload(Request::put(URL).unwrap(), once);
    let error = server.mock.runtime().block_on(loading).unwrap_err();
    assert_eq!(error.code(), ErrorCode::RequestBodyStreamExhausted);
    assert_eq!(
        error.upload_resume_data().unwrap().resource().as_str(),
        RESOURCE
    );
}
