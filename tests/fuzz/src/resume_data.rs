//! Resume data of a download.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{Configuration, ResumeData, Session};

/// Files that no resume data may lead to.
const OTHERS: [&str; 3] = ["/etc/passwd", "passwd", "/tmp/urlsession-x"];

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mock = platform();
    let text = "url https://a.example/f?x=1\nfield accept: */*\nwithheld authorization\nforbids cellular\ntimeout 1000\n\
                etag \"v\"\nreceived 5\ntotal 10\ndigest sha-256=:AAAA:\n";
    let temporary = mock.files().next_temporary();
    let name = temporary.file_name().unwrap_or_default().to_string_lossy();
    [
        format!("{HEAD}\n{text}temporary {name}\n"),
        format!("{HEAD}\n{text}beside the destination\n"),
        format!("{HEAD}\n{text}temporary ../etc/passwd\n"),
        format!("{HEAD}\nurl http://a.example/\nmodified Mon, 01 Jan 2024 00:00:00 GMT\nreceived 5\ntemporary {name}\n"),
    ]
    .map(String::into_bytes)
    .to_vec()
}

/// The first line of what is stored.
const HEAD: &str = "urlsession-resume 1";

fn platform() -> MockPlatform {
    let mock = MockPlatform::new();
    mock.transport().respond(|request| {
        let reply = Reply::new(if request.headers.contains_key("range") {
            206
        } else {
            200
        });
        let reply = reply.header("etag", "\"v\"");
        reply.header("content-range", "bytes 5-9/10").body("56789")
    });
    mock
}

/// Bytes are resume data or none, with their checksum or with one that a forger has made right. What is read is written and read again as
/// the same, and no download that goes on with it touches a file that is none of the session's.
pub fn resume_data(data: &[u8]) {
    for stored in [data.to_vec(), sealed(data)] {
        let Ok(data) = ResumeData::from_bytes(&stored) else {
            continue;
        };
        let written = data.to_bytes();
        let again = ResumeData::from_bytes(&written).unwrap();
        assert_eq!(again.to_bytes(), written);
        go_on(data);
    }
}

fn go_on(data: ResumeData) {
    let mock = platform();
    for path in OTHERS {
        mock.files().insert(path, "0123456789");
    }
    let temporary = mock.files().next_temporary();
    mock.files().insert(&temporary, "01234");
    let session = Session::new(mock.platform(), Configuration::default());
    // Whether it goes on is its own affair.
    let _ = mock.runtime().block_on(session.download(data));
    mock.runtime().run_until_idle();
    for path in OTHERS {
        assert!(
            mock.files().content(path).unwrap() == "0123456789",
            "{path}"
        );
    }
}

/// With the checksum that it ought to have.
fn sealed(body: &[u8]) -> Vec<u8> {
    let mut line = String::from("checksum ");
    for byte in &Sha256::digest(body)[..16] {
        write!(line, "{byte:02x}").unwrap();
    }
    [body, line.as_bytes(), b"\n"].concat()
}
