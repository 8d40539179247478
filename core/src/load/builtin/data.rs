//! `data:` URLs: the content is in the URL (RFC 2397; Fetch, data: URL processor).

use bytes::Bytes;
use data_url::DataUrl;
use url::Url;

use crate::load::builtin::wants_content;
use crate::seams::protocol::{ProtocolEvents, UrlProtocol};
use crate::words::error::{Error, ErrorCode};
use crate::words::request::Request;
use crate::words::response::Response;

/// Serves `data:`.
pub(super) struct DataProtocol;

impl UrlProtocol for DataProtocol {
    fn can_init(&self, request: &Request) -> bool {
        request.place().has_scheme("data")
    }

    fn start_loading(&self, request: Request) -> ProtocolEvents {
        ProtocolEvents::driven(async move |mut client| {
            let wants_content = wants_content(&request)?;
            let (content_type, content) = decode(request.url())?;
            let length = Some(content.len() as u64);
            let response = Response::of_content(request.url().clone(), &content_type, length)?;
            client.did_receive_response(response).await?;
            match wants_content {
                true => client.did_load(content).await,
                false => Ok(()),
            }
        })
    }
}

/// The media type and the content.
fn decode(url: &Url) -> Result<(String, Bytes), Error> {
    let bad = |cause| Error::new(ErrorCode::BadUrl).because(cause);
    let processed = DataUrl::process(url.as_str()).map_err(|_| bad("no comma before the data"))?;
    let content = processed.decode_to_vec();
    let (content, _fragment) = content.map_err(|_| bad("the data is no base64"))?;
    Ok((processed.mime_type().to_string(), content.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    fn decoded(url: &str) -> Result<(String, Bytes), ErrorCode> {
        decode(&Url::parse(url).unwrap()).map_err(|error| error.code())
    }

    #[test]
    fn type_and_content_are_read_as_fetch_has_it() {
        let table: [(&str, &str, &[u8]); 14] = [
            ("data:,a", "text/plain;charset=US-ASCII", b"a"),
            ("data:,a,b%2Cc", "text/plain;charset=US-ASCII", b"a,b,c"),
            ("data:,", "text/plain;charset=US-ASCII", b""),
            (
                "data:;charset=utf-8,%E2%98%83",
                "text/plain;charset=utf-8",
                "\u{2603}".as_bytes(),
            ),
            ("data:text/html,<p>", "text/html", b"<p>"),
            (
                "data:text/plain;charset=a;charset=b,x",
                "text/plain;charset=a",
                b"x",
            ),
            ("data:TEXT/HTML;A=b,x", "text/html;a=b", b"x"),
            (
                "data:;base64,aGVsbG8=",
                "text/plain;charset=US-ASCII",
                b"hello",
            ),
            (
                "data:;base64,aGVs%62G8",
                "text/plain;charset=US-ASCII",
                b"hello",
            ),
            ("data:image/png;BASE64,AP8=", "image/png", b"\0\xff"),
            ("data:text/plain ;base64 ,aGk=", "text/plain", b"hi"),
            ("data:nothing,x", "text/plain;charset=US-ASCII", b"x"),
            ("data:,a?b#c", "text/plain;charset=US-ASCII", b"a?b"),
            ("data:a/b;c=\"d,e\",x", "a/b;c=d", b"e\",x"),
        ];
        for (url, content_type, content) in table {
            let expected = (content_type.to_owned(), Bytes::from_static(content));
            assert_eq!(decoded(url), Ok(expected), "{url}");
        }
    }

    #[test]
    fn without_a_comma_or_with_broken_base64_it_is_a_bad_url() {
        for url in [
            "data:",
            "data:text/plain",
            "data:text/plain%2Cx",
            "data:;base64,a",
            "data:;base64,?",
        ] {
            assert_eq!(decoded(url), Err(ErrorCode::BadUrl), "{url}");
        }
    }
}
