//! Downloads that stop and go on, on the mock.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use urlsession_core::http::StatusCode;
use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{Configuration, ErrorCode, HopRequest, ResumeData, Session};

use crate::notes::Notes;
use crate::{URL, session};

pub(crate) const BODY: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// A server that gives parts of [`BODY`] under this tag; the first answer breaks after `cut` bytes.
#[derive(Clone)]
pub(crate) struct Server {
    tag: Arc<Mutex<&'static str>>,
    pub(crate) asked: Arc<Mutex<Vec<Asked>>>,
    cut: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    pub(crate) range: Option<String>,
    pub(crate) if_range: Option<String>,
    pub(crate) coding: Option<String>,
}

impl Server {
    pub(crate) fn new(cut: usize) -> Self {
        Self {
            tag: Arc::new(Mutex::new("\"v1\"")),
            asked: Arc::default(),
            cut,
        }
    }

    pub(crate) fn changes(&self) {
        *self.tag.lock().unwrap() = "\"v2\"";
    }

    fn answer(&self, request: &HopRequest) -> Reply {
        let field = |name: &str| {
            let value = request.headers.get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        let asked = Asked {
            range: field("range"),
            if_range: field("if-range"),
            coding: field("accept-encoding"),
        };
        let tag = *self.tag.lock().unwrap();
        let mut all = self.asked.lock().unwrap();
        all.push(asked.clone());
        let is_same = asked.if_range.as_deref().is_none_or(|other| other == tag);
        let reply = match asked.range.filter(|_| is_same) {
            Some(range) => {
                let first = range.strip_prefix("bytes=").unwrap();
                let first: usize = first.strip_suffix('-').unwrap().parse().unwrap();
                Reply::new(206)
                    .header(
                        "content-range",
                        format!("bytes {first}-{}/{}", BODY.len() - 1, BODY.len()),
                    )
                    .body(&BODY[first..])
            }
            None if all.len() == 1 => Reply::new(200)
                .chunk(&BODY[..self.cut])
                .fail(ErrorCode::NetworkConnectionLost),
            None => Reply::new(200).body(BODY),
        };
        let length = BODY.len().to_string();
        match all.len() {
            1 => reply.header("etag", tag).header("content-length", length),
            _ => reply.header("etag", tag),
        }
    }

    pub(crate) fn platform(&self) -> MockPlatform {
        let (mock, server) = (MockPlatform::new(), self.clone());
        mock.transport()
            .respond(move |request| server.answer(request));
        mock
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// The resume data of a download that was lost after `cut` bytes.
fn lost(mock: &MockPlatform, session: &Session) -> ResumeData {
    let failed = mock.runtime().block_on(session.download(URL)).unwrap_err();
    assert_eq!(failed.code(), ErrorCode::NetworkConnectionLost);
    failed.resume_data().cloned().unwrap()
}

#[test]
fn a_lost_download_goes_on_where_it_stopped() {
    let server = Server::new(10);
    let mock = server.platform();
    let session = session(&mock);
    let data = lost(&mock, &session);
    assert_eq!((data.received(), data.total()), (10, Some(36)));
    let stored = data.to_bytes();
    let data = ResumeData::from_bytes(&stored).unwrap();
    let notes = Notes::default();
    let download = session.download_with_delegate(data, notes.clone());
    let (file, response) = mock.runtime().block_on(download).unwrap();
    assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(mock.files().content(file.path()).unwrap(), BODY);
    assert_eq!(
        server.asked()[1],
        Asked {
            range: Some("bytes=10-".into()),
            if_range: Some("\"v1\"".into()),
            coding: Some("identity".into()),
        }
    );
    assert_eq!(
        notes.calls(),
        [
            "resumed at 10 of Some(36)",
            "26 written, 36 of Some(36)",
            "complete None"
        ]
    );
    assert_eq!(mock.files().paths().len(), 1);
}

#[test]
fn a_changed_resource_starts_over() {
    let server = Server::new(10);
    let mock = server.platform();
    let session = session(&mock);
    let data = lost(&mock, &session);
    server.changes();
    let notes = Notes::default();
    let download = session.download_with_delegate(data, notes.clone());
    let (file, _) = mock.runtime().block_on(download).unwrap();
    assert_eq!(mock.files().content(file.path()).unwrap(), BODY);
    assert_eq!(notes.calls()[0], "resumed at 0 of Some(36)");
}

#[test]
fn a_partial_file_that_is_gone_starts_over() {
    let server = Server::new(10);
    let mock = server.platform();
    let session = session(&mock);
    let data = lost(&mock, &session);
    for path in mock.files().paths() {
        mock.files().remove(path);
    }
    let (file, _) = mock.runtime().block_on(session.download(data)).unwrap();
    assert_eq!(mock.files().content(file.path()).unwrap(), BODY);
    assert_eq!(server.asked()[1].range, None);
}

#[test]
fn cancelling_gives_resume_data_and_plainly_cancelling_none() {
    let mock = MockPlatform::new();
    mock.transport().respond(|_| {
        Reply::new(200)
            .header("etag", "\"v1\"")
            .header("content-length", "36")
            .chunk(&BODY[..20])
            .stall()
    });
    let session = session(&mock);
    let task = session.download_task(URL);
    task.resume();
    mock.runtime().run_until_stalled();
    let data = mock
        .runtime()
        .block_on(task.cancel_producing_resume_data())
        .unwrap();
    assert_eq!(data.received(), 20);
    assert_eq!(task.error().unwrap().resume_data(), Some(&data));
    assert_eq!(mock.files().paths().len(), 1);
    let task = session.download_task_resuming(data).unwrap();
    task.resume();
    mock.runtime().run_until_stalled();
    task.cancel();
    mock.runtime().run_until_stalled();
    assert!(task.error().unwrap().resume_data().is_none());
    assert!(mock.files().paths().is_empty());
}

#[test]
fn without_a_strong_validator_there_are_no_resume_data() {
    for (name, value) in [("etag", "W/\"v1\""), ("x-none", ""), ("etag", "v1")] {
        let mock = MockPlatform::new();
        mock.transport().respond(move |_| {
            Reply::new(200)
                .header(name, value)
                .chunk(&BODY[..20])
                .fail(ErrorCode::NetworkConnectionLost)
        });
        let session = session(&mock);
        let failed = mock.runtime().block_on(session.download(URL)).unwrap_err();
        assert!(failed.resume_data().is_none(), "{name}: {value}");
        mock.runtime().run_until_idle();
        assert!(mock.files().paths().is_empty());
    }
}

#[test]
fn a_session_that_retries_goes_on_by_itself() {
    let server = Server::new(10);
    let mock = server.platform();
    let mut configuration = Configuration::default();
    configuration.retries_downloads = 1;
    let session = Session::new(mock.platform(), configuration);
    let (file, _) = mock.runtime().block_on(session.download(URL)).unwrap();
    assert_eq!(mock.files().content(file.path()).unwrap(), BODY);
    assert_eq!(server.asked()[1].range.as_deref(), Some("bytes=10-"));
}

#[test]
fn a_suspended_download_goes_on_by_range_when_the_server_gave_up() {
    for suspends in [true, false] {
        let server = Server::new(10);
        let (mock, told) = (MockPlatform::new(), server.clone());
        mock.transport().respond(move |request| {
            let reply = told.answer(request);
            match told.asked().len() {
                1 => Reply::new(200)
                    .header("etag", "\"v1\"")
                    .header("content-length", "36")
                    .chunk(&BODY[..10])
                    .wait(Duration::from_secs(1))
                    .fail(ErrorCode::NetworkConnectionLost),
                _ => reply,
            }
        });
        let session = session(&mock);
        let task = session.download_task(URL);
        task.resume();
        mock.runtime().run_until_stalled();
        if suspends {
            task.suspend();
            mock.runtime().advance(Duration::from_secs(3600));
            task.resume();
        }
        mock.runtime().run_until_idle();
        assert_eq!(task.error().is_none(), suspends);
        assert_eq!(server.asked().len(), if suspends { 2 } else { 1 });
    }
}

/// Lies about the part that it gives: nothing of it may get into the file.
#[test]
fn parts_that_do_not_fit_start_over() {
    let lies: [fn(Reply) -> Reply; 7] = [
        |reply| {
            reply
                .header("content-range", "bytes 9-35/36")
                .body(&BODY[9..])
        },
        |reply| {
            reply
                .header("content-range", "bytes 10-35/37")
                .body(&BODY[10..])
        },
        |reply| {
            reply
                .header("content-range", "bytes 10-40/36")
                .body(&BODY[10..])
        },
        |reply| {
            reply
                .header("content-range", "lines 10-35/36")
                .body(&BODY[10..])
        },
        |reply| reply.body(&BODY[10..]),
        |reply| {
            let reply = reply.header("content-range", "bytes 10-35/36");
            reply.header("content-encoding", "gzip").body(&BODY[10..])
        },
        |reply| {
            let reply = reply.header("content-type", "multipart/byteranges; boundary=x");
            reply.body("--x\r\n")
        },
    ];
    for (number, lie) in lies.into_iter().enumerate() {
        let server = Server::new(10);
        let (mock, told) = (MockPlatform::new(), server.clone());
        mock.transport()
            .respond(move |request| match request.headers.contains_key("range") {
                true => {
                    let _ = told.answer(request);
                    lie(Reply::new(206).header("etag", "\"v1\""))
                }
                false => told.answer(request),
            });
        let session = session(&mock);
        let data = lost(&mock, &session);
        let (file, _) = mock.runtime().block_on(session.download(data)).unwrap();
        assert_eq!(
            mock.files().content(file.path()).unwrap(),
            BODY,
            "lie {number}"
        );
        assert_eq!(server.asked().len(), 3, "lie {number}");
    }
}

#[test]
fn a_part_of_another_representation_starts_over() {
    let server = Server::new(10);
    let (mock, told) = (MockPlatform::new(), server.clone());
    mock.transport().respond(move |request| {
        let reply = told.answer(request);
        match request.headers.contains_key("range") {
            true => Reply::new(206)
                .header("content-range", "bytes 10-35/36")
                .header("etag", "\"v2\"")
                .body(vec![b'x'; 26]),
            false => reply,
        }
    });
    let session = session(&mock);
    let data = lost(&mock, &session);
    let (file, _) = mock.runtime().block_on(session.download(data)).unwrap();
    assert_eq!(mock.files().content(file.path()).unwrap(), BODY);
}

#[test]
fn shorter_parts_than_were_asked_for_add_up() {
    let server = Server::new(10);
    let (mock, told) = (MockPlatform::new(), server.clone());
    mock.transport().respond(move |request| {
        let reply = told.answer(request);
        let Some(range) = request.headers.get("range") else {
            return reply;
        };
        let range = range.to_str().unwrap();
        let first: usize = range[6..range.len() - 1].parse().unwrap();
        let last = (first + 4).min(35);
        Reply::new(206)
            .header("content-range", format!("bytes {first}-{last}/36"))
            .header("etag", "\"v1\"")
            .body(&BODY[first..=last])
    });
    let session = session(&mock);
    let data = lost(&mock, &session);
    let (file, _) = mock.runtime().block_on(session.download(data)).unwrap();
    assert_eq!(mock.files().content(file.path()).unwrap(), BODY);
}

#[test]
fn an_error_of_the_server_keeps_what_is_there() {
    let server = Server::new(10);
    let (mock, told) = (MockPlatform::new(), server.clone());
    mock.transport().respond(move |request| {
        match request.headers.contains_key("range") && told.asked().len() == 1 {
            true => {
                let _ = told.answer(request);
                Reply::new(503).body("later")
            }
            false => told.answer(request),
        }
    });
    let session = session(&mock);
    let data = lost(&mock, &session);
    let failed = mock.runtime().block_on(session.download(data)).unwrap_err();
    assert_eq!(failed.code(), ErrorCode::BadServerResponse);
    let data = failed.resume_data().cloned().unwrap();
    assert_eq!(data.received(), 10);
    let (file, _) = mock.runtime().block_on(session.download(data)).unwrap();
    assert_eq!(mock.files().content(file.path()).unwrap(), BODY);
}

/// Row 50: no text from outside leads to a file outside.
#[test]
fn security_50_resume_data_reach_no_file_outside() {
    let server = Server::new(10);
    let mock = server.platform();
    let session = session(&mock);
    let data = lost(&mock, &session);
    let text = String::from_utf8(data.to_bytes()).unwrap();
    let name = text
        .lines()
        .find(|line| line.starts_with("temporary "))
        .unwrap();
    mock.files().insert("/etc/passwd", vec![b'x'; 10]);
    for path in [
        "../etc/passwd",
        "/etc/passwd",
        "urlsession-1/../../etc/passwd",
        "..",
        "",
    ] {
        let forged = text.replace(name, &format!("temporary {path}"));
        let (body, _) = forged.split_once("checksum").unwrap();
        let forged = urlsession_core_checksum(body);
        let Ok(data) = ResumeData::from_bytes(forged.as_bytes()) else {
            continue;
        };
        let refused = session.download_task_resuming(data.clone()).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::FileOutsideSafeArea, "{path}");
        let failed = mock.runtime().block_on(session.download(data)).unwrap_err();
        assert_eq!(failed.code(), ErrorCode::FileOutsideSafeArea, "{path}");
    }
    let beside = text.replace(name, "beside the destination");
    let (body, _) = beside.split_once("checksum").unwrap();
    let data = ResumeData::from_bytes(urlsession_core_checksum(body).as_bytes()).unwrap();
    let refused = session.download_task_resuming(data).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::FileOutsideSafeArea);
    assert_eq!(mock.files().content("/etc/passwd").unwrap(), vec![b'x'; 10]);
}

/// What a forger can do as well: the checksum is against damage.
fn urlsession_core_checksum(body: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let sum: String = Sha256::digest(body.as_bytes())[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{body}checksum {sum}\n")
}

#[test]
fn bytes_that_do_not_match_the_digest_are_no_file() {
    use base64::Engine as _;
    use sha2::{Digest as _, Sha256};
    let right = Sha256::digest(BODY);
    let right = base64::engine::general_purpose::STANDARD.encode(right);
    for (field, digest, is_right) in [
        ("repr-digest", right.clone(), true),
        ("content-digest", right.clone(), true),
        ("repr-digest", right.replace(['a', 'b', 'c'], "d"), false),
        ("content-digest", right.replace(['a', 'b', 'c'], "d"), false),
    ] {
        let mock = MockPlatform::new();
        let value = format!("sha-256=:{digest}:");
        mock.transport()
            .respond(move |_| Reply::new(200).header(field, value.clone()).body(BODY));
        let session = session(&mock);
        let outcome = mock.runtime().block_on(session.download(URL));
        assert_eq!(outcome.is_ok(), is_right, "{field}");
        if let Err(error) = outcome {
            assert_eq!(error.code(), ErrorCode::BadServerResponse);
            assert!(error.resume_data().is_none());
            assert!(mock.files().paths().is_empty());
        }
    }
}

#[test]
fn a_resumed_file_is_compared_with_the_digest_of_the_whole() {
    use base64::Engine as _;
    use sha2::{Digest as _, Sha256};
    let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(BODY));
    let server = Server::new(10);
    let (mock, told) = (MockPlatform::new(), server.clone());
    mock.transport().respond(move |request| {
        let reply = told.answer(request);
        reply.header("repr-digest", format!("sha-256=:{digest}:"))
    });
    let session = session(&mock);
    let data = lost(&mock, &session);
    let partial = mock.files().paths().remove(0);
    mock.files().insert(&partial, "0123456780");
    let failed = mock
        .runtime()
        .block_on(session.download(data.clone()))
        .unwrap_err();
    assert_eq!(failed.code(), ErrorCode::BadServerResponse);
    assert!(failed.resume_data().is_none());
    assert!(mock.files().paths().is_empty());
}

#[test]
fn a_data_task_becomes_a_download_by_its_disposition() {
    let mock = MockPlatform::new();
    mock.transport().respond(|_| Reply::new(200).body(BODY));
    let becoming = Notes::becoming();
    let session = Session::builder(mock.platform(), Configuration::default())
        .delegate(becoming.clone())
        .build();
    session.data_task(URL).resume();
    mock.runtime().run_until_idle();
    assert_eq!(
        becoming.calls(),
        [
            "became a download",
            "36 written, 36 of Some(36)",
            "file",
            "complete None"
        ]
    );
    assert!(mock.files().paths().is_empty());
}
