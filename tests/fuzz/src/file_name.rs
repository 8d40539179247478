//! Content-Disposition, and the name that it suggests for a file.

use urlsession_core::http::HeaderValue;
use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{Configuration, Session};

use crate::seeds_of;

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    seeds_of(&[
        "attachment; filename=\"../../etc/passwd\"",
        "attachment; filename*=UTF-8''%2e%2e%2fpasswd; filename=a.txt",
        "attachment; filename=\"a\\\"b\\\\c.txt\"",
        "attachment; filename=CON.txt",
        "inline; filename*=iso-8859-1'en'%A3%20rates",
        "attachment; filename=...hidden",
    ])
}

/// The suggested name leads nowhere but into the folder that it is joined to (SECURITY: names from a server).
pub fn file_name(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else {
        return;
    };
    let mock = MockPlatform::new();
    mock.transport()
        .respond(move |_| Reply::new(200).header("content-disposition", value.clone()));
    let session = Session::new(mock.platform(), Configuration::default());
    let (_, response) = mock
        .runtime()
        .block_on(session.data("http://a.example/x/y"))
        .unwrap();
    let name = response.suggested_filename();
    assert!(!name.is_empty() && name.len() <= 255, "{name:?}");
    assert!(
        !name.starts_with('.') && !name.ends_with(['.', ' ']),
        "{name:?}"
    );
    let leads_on = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':');
    assert!(!name.contains(leads_on), "{name:?}");
}
