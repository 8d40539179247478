//! Forms, read back by a parser that knows nothing of how they are written (RFC 2046 section 5.1.1, RFC 7578).

#![cfg(all(not(target_arch = "wasm32"), feature = "mock", feature = "upload"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use proptest::collection::vec;
use proptest::prelude::*;
use urlsession::http::Method;
use urlsession::mock::{MockPlatform, Reply};
use urlsession::{
    BodyStream, Bytes, Configuration, FileRef, FormPart, InMemory, MultipartForm, Request, Session,
};

const URL: &str = "http://a.example/";

#[derive(Clone, Copy, Debug)]
enum Way {
    Text,
    Bytes,
    File,
    Stream,
}

/// A part as a test draws it.
#[derive(Clone, Debug)]
struct Drawn {
    way: Way,
    name: String,
    filename: Option<String>,
    content: Vec<u8>,
}

/// A part as a server reads it.
#[derive(Debug, PartialEq)]
struct Read {
    name: String,
    filename: Option<String>,
    content_type: Option<String>,
    content: Vec<u8>,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let way = prop_oneof![
        Just(Way::Text),
        Just(Way::Bytes),
        Just(Way::File),
        Just(Way::Stream)
    ];
    // What a careless writer or reader trips over, and anything else.
    let piece = prop_oneof![
        Just("\r".to_owned()),
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("--".to_owned()),
        Just("\"".to_owned()),
        Just("; filename=\"x\"".to_owned()),
        Just("\r\nContent-Type: text/html\r\n\r\n".to_owned()),
        any::<char>().prop_map(String::from),
    ];
    let name = || vec(piece.clone(), 0..6).prop_map(|pieces| pieces.concat());
    let content = prop_oneof![
        vec(any::<u8>(), 0..200),
        name().prop_map(String::into_bytes),
        vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'-')], 0..20),
    ];
    let filename = proptest::option::of(name());
    (way, name(), filename, content).prop_map(|(way, name, filename, content)| Drawn {
        way,
        name,
        filename,
        content,
    })
}

fn part(mock: &MockPlatform, number: usize, drawn: &Drawn) -> FormPart {
    let content = drawn.content.clone();
    let part = match drawn.way {
        Way::Text => FormPart::text(&drawn.name, String::from_utf8_lossy(&content)),
        Way::Bytes => FormPart::bytes(&drawn.name, content),
        Way::File => {
            let path = format!("dir/{number}.bin");
            mock.files().insert(&path, content);
            FormPart::file(&drawn.name, FileRef::new(path))
        }
        Way::Stream => {
            let length = content.len() as u64;
            let bytes = Bytes::from(content);
            let make = move || Box::new(InMemory::new(bytes.clone())) as _;
            FormPart::stream(
                &drawn.name,
                BodyStream::replayable(make).with_length(length),
            )
        }
    };
    match &drawn.filename {
        Some(filename) => part.with_filename(filename),
        None => part,
    }
}

/// What the server is to read of it.
fn expected(number: usize, drawn: &Drawn) -> Read {
    let is_file = matches!(drawn.way, Way::File);
    let own = is_file.then(|| format!("{number}.bin"));
    Read {
        name: escaped(&one_kind_of_line_break(&drawn.name)),
        filename: drawn.filename.clone().or(own).map(|name| escaped(&name)),
        content_type: is_file.then(|| "application/octet-stream".to_owned()),
        content: match drawn.way {
            Way::Text => {
                one_kind_of_line_break(&String::from_utf8_lossy(&drawn.content)).into_bytes()
            }
            Way::Bytes | Way::File | Way::Stream => drawn.content.clone(),
        },
    }
}

fn one_kind_of_line_break(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\n', "\r\n")
}

fn escaped(name: &str) -> String {
    name.replace('\r', "%0D")
        .replace('\n', "%0A")
        .replace('"', "%22")
}

/// Reads a form strictly; `None` when it is none.
fn read(body: &[u8], boundary: &str) -> Option<Vec<Read>> {
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    // The first delimiter may lack its line break.
    let mut rest = [b"\r\n", body].concat();
    let mut parts = Vec::new();
    let start = find(&rest, &delimiter)?;
    if start != 0 {
        return None;
    }
    rest.drain(..delimiter.len());
    loop {
        if rest == b"--\r\n" {
            return Some(parts);
        }
        let line = rest.strip_prefix(b"\r\n")?;
        let head_end = find(line, b"\r\n\r\n")?;
        let (head, content) = (&line[..head_end], &line[head_end + 4..]);
        let end = find(content, &delimiter)?;
        parts.push(part_of(std::str::from_utf8(head).ok()?, &content[..end])?);
        rest = content[end + delimiter.len()..].to_vec();
    }
}

fn part_of(head: &str, content: &[u8]) -> Option<Read> {
    let mut read = Read {
        name: String::new(),
        filename: None,
        content_type: None,
        content: content.to_vec(),
    };
    let mut lines = head.split("\r\n");
    let disposition = lines
        .next()?
        .strip_prefix("Content-Disposition: form-data; ")?;
    let mut rest = disposition.strip_prefix("name=\"")?;
    let quote = rest.find('"')?;
    read.name = rest[..quote].to_owned();
    rest = &rest[quote + 1..];
    if !rest.is_empty() {
        let filename = rest.strip_prefix("; filename=\"")?.strip_suffix('"')?;
        if filename.contains('"') {
            return None;
        }
        read.filename = Some(filename.to_owned());
    }
    if let Some(line) = lines.next() {
        read.content_type = Some(line.strip_prefix("Content-Type: ")?.to_owned());
    }
    lines.next().is_none().then_some(read)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// Sends the form; its body as it arrived, the boundary that its type names, and the length that was known before.
fn sent(mock: &MockPlatform, form: MultipartForm) -> (Bytes, String, Option<u64>) {
    mock.transport()
        .on(Method::POST, URL)
        .reply(Reply::new(200));
    let session = Session::new(mock.platform(), Configuration::default());
    let task = session.upload_task(Request::post(URL).unwrap(), form);
    task.resume();
    mock.runtime().block_on(task.finished()).unwrap();
    let seen = mock.transport().requests().remove(0);
    let typed = seen.headers["content-type"].to_str().unwrap();
    let boundary = typed
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    (
        seen.body,
        boundary.to_owned(),
        task.count_of_bytes_expected_to_send(),
    )
}

proptest! {
    #[test]
    fn whatever_a_form_holds_the_server_reads_the_same(parts in vec(drawn(), 0..5), seed in any::<u64>()) {
        let mock = MockPlatform::with_seed(seed);
        let mut form = MultipartForm::new();
        for (number, drawn) in parts.iter().enumerate() {
            form = form.part(part(&mock, number, drawn));
        }
        let (body, boundary, length) = sent(&mock, form);
        prop_assert_eq!(length, Some(body.len() as u64));
        let numbered = parts.iter().enumerate();
        let expected: Vec<_> = numbered.map(|(number, drawn)| expected(number, drawn)).collect();
        prop_assert_eq!(read(&body, &boundary), Some(expected));
    }
}

#[test]
fn boundaries_differ() {
    let mock = MockPlatform::new();
    let session = Session::new(mock.platform(), Configuration::default());
    let boundary = || {
        let task = session.upload_task(Request::post(URL).unwrap(), MultipartForm::new());
        let request = task.original_request().unwrap();
        request.headers()["content-type"].clone()
    };
    assert_ne!(boundary(), boundary());
}
