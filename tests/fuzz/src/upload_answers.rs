//! What a server says of a resumable upload.

use urlsession_core::http::{HeaderName, HeaderValue, Method};
use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{Configuration, ErrorCode, Request, Session, UploadDraft};

use crate::seeds_of;

const BODY: &str = "0123456789";

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    seeds_of(&[
        "\u{1}location: /u/1\nupload-draft-interop-version: 8\n\u{2}upload-offset: 4\nupload-complete: ?0\n\u{2}upload-complete: ?1\n",
        "\u{1}location: /u/1\nupload-draft-interop-version: 8\nupload-limit: max-append-size=3, max-size=100\n\
         \u{2}upload-offset: 4\nupload-complete: ?0\n\u{2}upload-complete: ?0\nupload-offset: 7\n",
        "\u{2}upload-complete: ?0\nlocation: //b.example/u\n\u{2}upload-offset: 18446744073709551615\n",
        "\u{1}location: /u/1\nupload-draft-interop-version: 8\n\u{5}retry-after: 1\n\u{4}location: /u/1\n\u{3}location: /u/2\n",
        "\u{1}location: file:///etc/passwd\nupload-draft-interop-version: 8\n\u{2}upload-offset: ?1\n",
    ])
}

/// Answers, each begun by a control character that chooses its kind, with fields a line each. The upload has an end, and asks nobody
/// outside of http for anything.
pub fn upload_answers(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let answers: Vec<String> = text
        .split_inclusive('\n')
        .fold(Vec::new(), |mut all, line| {
            match all.last_mut() {
                Some(last) if !line.starts_with(char::is_control) => last.push_str(line),
                _ => all.push(line.to_owned()),
            }
            all
        });
    let (mock, mut answers) = (MockPlatform::new(), answers.into_iter());
    let answers = std::sync::Mutex::new(move || answers.next());
    mock.transport().respond(move |request| {
        let answer = (*answers.lock().unwrap())();
        answer.map_or_else(|| Reply::new(410), |text| reply(&text, &request.method))
    });
    let mut configuration = Configuration::default();
    configuration.resumable_uploads = Some(UploadDraft::Interop8);
    configuration.retries_uploads = 3;
    let session = Session::new(mock.platform(), configuration);
    let request = Request::put("http://a.example/u").unwrap();
    // Whether it succeeds is the server's affair.
    let _ = mock.runtime().block_on(session.upload(request, BODY));
    mock.runtime().run_until_idle();
    for request in mock.transport().requests() {
        assert!(matches!(request.url.scheme(), "http" | "https"));
        assert!(request.body.len() <= BODY.len());
    }
}

fn reply(text: &str, method: &Method) -> Reply {
    let mut characters = text.chars();
    let kind = characters.next().unwrap_or_default();
    let mut fields = urlsession_core::http::HeaderMap::new();
    for line in characters.as_str().lines() {
        let Some((name, value)) = line.split_once(": ") else {
            continue;
        };
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            fields.append(name, value);
        }
    }
    let status = match kind {
        '\u{1}' if *method == Method::PUT => {
            let lost = Reply::error(ErrorCode::NetworkConnectionLost);
            return lost.informational_at_once(104, fields);
        }
        '\u{1}' | '\u{2}' => 204,
        '\u{3}' => 307,
        '\u{4}' => 409,
        '\u{5}' => 503,
        _ => 200,
    };
    let reply = Reply::new(status);
    fields.iter().fold(reply, |reply, (name, value)| {
        reply.header(name.clone(), value.clone())
    })
}
