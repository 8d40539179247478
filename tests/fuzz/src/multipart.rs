//! A form out of an app's words.

use urlsession_core::http::{Method, header};
use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{Configuration, FormPart, MultipartForm, Request, Session};

const URL: &str = "http://a.example/form";

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    [
        &b"name\0file.txt\0content"[..],
        b"a\"\r\nX-Evil: 1\0\"\n\0--urlsession-\r\n\0b\0c\0\r\n--",
        b"\0\0\0\0\0\0",
        "n\u{e9}\0\u{1f600}\0text".as_bytes(),
    ]
    .map(<[u8]>::to_vec)
    .to_vec()
}

/// Parts of name, file name and content, parted by zeros, go out as a form that a server reads back as the same parts: nothing in a part
/// makes another.
pub fn multipart(data: &[u8]) {
    let mut words = data.split(|&byte| byte == 0);
    let (mut form, mut contents) = (MultipartForm::new(), Vec::new());
    while let Some(name) = words.next() {
        let (file_name, content) = (words.next(), words.next().unwrap_or_default());
        let mut part = FormPart::bytes(String::from_utf8_lossy(name), content.to_vec());
        if let Some(file_name) = file_name {
            part = part.with_filename(String::from_utf8_lossy(file_name));
        }
        form = form.part(part);
        contents.push(content);
    }
    let mock = MockPlatform::new();
    mock.transport()
        .on(Method::POST, URL)
        .reply(Reply::new(200));
    let session = Session::new(mock.platform(), Configuration::default());
    let request = Request::new(Method::POST, URL).unwrap();
    mock.runtime()
        .block_on(session.upload(request, form))
        .unwrap();
    let sent = &mock.transport().requests()[0];
    let content_type = sent.headers[header::CONTENT_TYPE].to_str().unwrap();
    let (_, boundary) = content_type.split_once("boundary=").unwrap();
    assert_eq!(read(&sent.body, boundary), contents);
}

/// The contents of the parts, as a server reads them.
fn read<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let first = format!("--{boundary}\r\n");
    let mut rest = body.strip_prefix(first.as_bytes()).unwrap();
    let between = format!("\r\n--{boundary}");
    let mut contents = Vec::new();
    loop {
        let (head, after) = split_at(rest, b"\r\n\r\n");
        let fields: Vec<_> = head.split(|&byte| byte == b'\n').collect();
        assert!(fields[0].starts_with(b"Content-Disposition: form-data; name=\""));
        assert_eq!(fields.len(), 1, "a field of the part's own");
        let (content, after) = split_at(after, between.as_bytes());
        contents.push(content);
        match after.strip_prefix(b"\r\n") {
            Some(more) if !more.is_empty() => rest = more,
            _ => {
                assert_eq!(after, b"--\r\n");
                return contents;
            }
        }
    }
}

fn split_at<'a>(bytes: &'a [u8], mark: &[u8]) -> (&'a [u8], &'a [u8]) {
    let place = bytes
        .windows(mark.len())
        .position(|window| window == mark)
        .unwrap();
    (&bytes[..place], &bytes[place + mark.len()..])
}
