//! Content-Range in the answer to a request for the rest of a file.

use urlsession_core::http::{HeaderMap, HeaderValue, header};
use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{Configuration, ErrorCode, Session};

use crate::seeds_of;

const BODY: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// So many bytes are there.
const THERE: usize = 10;

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    seeds_of(&[
        "\nbytes 10-35/36",
        "\nbytes 10-35/*",
        "\tbytes 9-35/36",
        "\nbytes 10-36/36",
        "\nbytes */36",
        "\x0cBYTES 18446744073709551615-18446744073709551615/18446744073709551615",
        "\nlines 10-35/36",
    ])
}

/// A download goes on with an answer whose Content-Range is what follows the first byte, and whose bytes are those from the first byte's
/// number on: the file is the right one or there is none.
pub fn content_range(data: &[u8]) {
    let Some((&first, value)) = data.split_first() else {
        return;
    };
    let Ok(value) = HeaderValue::from_bytes(value) else {
        return;
    };
    let rest = &BODY[usize::from(first).min(BODY.len())..];
    let mock = MockPlatform::new();
    mock.transport().respond(move |request| {
        let whole = |reply: Reply| reply.header("etag", "\"v\"");
        match (is_for_rest(&request.headers), is_first(&request.headers)) {
            (true, _) => whole(Reply::new(206))
                .header("content-range", value.clone())
                .body(rest),
            (false, true) => whole(Reply::new(200))
                .header("content-length", BODY.len().to_string())
                .chunk(&BODY[..THERE])
                .fail(ErrorCode::NetworkConnectionLost),
            (false, false) => whole(Reply::new(200)).body(BODY),
        }
    });
    let mut configuration = Configuration::default();
    configuration.retries_downloads = 1;
    let session = Session::new(mock.platform(), configuration);
    if let Ok((file, _)) = mock
        .runtime()
        .block_on(session.download("http://a.example/f"))
    {
        assert!(
            mock.files().content(file.path()).unwrap() == BODY,
            "another file"
        );
    }
}

fn is_for_rest(fields: &HeaderMap) -> bool {
    fields.contains_key(header::RANGE)
}

/// The request that begins the download: those that follow ask for the bytes as they are.
fn is_first(fields: &HeaderMap) -> bool {
    let codings = fields.get(header::ACCEPT_ENCODING);
    codings.is_none_or(|codings| codings != "identity")
}
