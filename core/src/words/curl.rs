//! A request as a command line of curl, to try it by hand.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::words::body::RequestBody;
use crate::words::error::Shown;
use crate::words::request::{Request, is_secret};

/// A longer body is not printed but read from standard input.
const LONGEST_SHOWN: usize = 16 * 1024;

/// A request as a command for a POSIX shell that makes curl send the same, for debugging: [`Request::curl_command`].
///
/// Displays without credentials and cookies, unless told otherwise. A body that is no text, is longer than 16 KiB or is a stream is
/// left to standard input, as the remark behind the command says.
#[derive(Clone)]
pub struct CurlCommand {
    request: Request,
    headers: Arc<HeaderMap>,
    shows_secrets: bool,
}

impl CurlCommand {
    pub(crate) fn new(request: Request, headers: Arc<HeaderMap>) -> Self {
        Self {
            request,
            headers,
            shows_secrets: false,
        }
    }

    /// The same command with credentials and cookies in it: not for logs.
    #[must_use]
    pub fn with_secrets(mut self) -> Self {
        self.shows_secrets = true;
        self
    }

    /// Has curl decode what it asks for coded.
    fn decodes(&self) -> Option<&'static str> {
        let offer = self.headers.get(header::ACCEPT_ENCODING)?;
        let decodes = self.request.decodes_content() && offer != "identity";
        decodes.then_some("--compressed")
    }

    fn url(&self) -> String {
        match self.shows_secrets {
            true => self.request.url().to_string(),
            false => Shown(self.request.place().as_str()).to_string(),
        }
    }

    /// How curl is told the method: by nothing where it would choose the same, so that it also follows redirects as we do.
    fn method(&self) -> Option<String> {
        let method = self.request.method();
        let has_body = !self.request.body().is_empty();
        match has_body {
            true if *method == Method::POST => None,
            false if *method == Method::GET => None,
            false if *method == Method::HEAD => Some("--head".to_owned()),
            true | false => Some(format!("--request {}", Quoted(method.as_str()))),
        }
    }

    fn header(&self, name: &HeaderName, value: &HeaderValue) -> String {
        let value = match is_secret(name, value) && !self.shows_secrets {
            true => "REDACTED".into(),
            false => String::from_utf8_lossy(value.as_bytes()),
        };
        // curl takes a field without value by this spelling only.
        let field = match value.is_empty() {
            true => format!("{name};"),
            false => format!("{name}: {value}"),
        };
        format!("--header {}", Quoted(&field))
    }

    /// curl calls every body a form; where we say nothing, it must not.
    fn no_content_type(&self) -> Option<&'static str> {
        let made_up = !self.request.body().is_empty()
            && !self.headers.contains_key(header::CONTENT_TYPE)
            && self.request.method() != Method::POST;
        made_up.then_some("--header 'content-type:'")
    }

    fn body(&self) -> Option<String> {
        let body = self.request.body();
        Some(match (body, text(body)) {
            _ if body.is_empty() => return None,
            (RequestBody::File(file), _) => {
                let source = format!("@{}", file.path().display());
                format!("--data-binary {}", Quoted(&source))
            }
            (_, Some(text)) => format!("--data-raw {}", Quoted(text)),
            (_, None) => "--data-binary @-".to_owned(),
        })
    }

    /// What must be known beside the command.
    fn remark(&self) -> Option<String> {
        let body = self.request.body();
        match body {
            RequestBody::Bytes(bytes) if text(body).is_none() => Some(format!(
                "  # {} bytes of body come from standard input",
                bytes.len()
            )),
            RequestBody::Stream(_) => {
                Some("  # the body stream comes from standard input".to_owned())
            }
            RequestBody::Empty | RequestBody::Bytes(_) | RequestBody::File(_) => None,
        }
    }
}

/// A body that a command line can hold.
fn text(body: &RequestBody) -> Option<&str> {
    let RequestBody::Bytes(bytes) = body else {
        return None;
    };
    let text = std::str::from_utf8(bytes).ok()?;
    (text.len() <= LONGEST_SHOWN && !text.contains('\0')).then_some(text)
}

impl fmt::Display for CurlCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url();
        f.write_str("curl --location")?;
        if url.contains(['[', ']', '{', '}']) {
            f.write_str(" --globoff")?;
        }
        let method = self.method();
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| self.header(name, value));
        let words = method
            .into_iter()
            .chain(self.decodes().map(str::to_owned))
            .chain(headers)
            .chain(self.no_content_type().map(str::to_owned))
            .chain(self.body());
        for word in words {
            write!(f, " {word}")?;
        }
        write!(f, " {}", Quoted(&url))?;
        f.write_str(&self.remark().unwrap_or_default())
    }
}

impl fmt::Debug for CurlCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = Self {
            shows_secrets: false,
            ..self.clone()
        };
        write!(f, "CurlCommand({shown})")
    }
}

/// One word of a POSIX shell.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0.replace('\'', r"'\''"))
    }
}

impl Request {
    /// The request as a command of curl, for debugging: with the fields that the app set, without the session's.
    /// [`Session::curl_command`](crate::Session::curl_command) has those too.
    ///
    /// ```
    /// use urlsession_core::Request;
    ///
    /// let request = Request::post("https://a.example/items")?
    ///     .header("content-type", "text/plain")?
    ///     .header("authorization", "Bearer s3cret")?
    ///     .with_body("it's new");
    /// assert_eq!(
    ///     request.curl_command().to_string(),
    ///     r"curl --location --header 'content-type: text/plain' --header 'authorization: REDACTED' --data-raw 'it'\''s new' 'https://a.example/items'"
    /// );
    /// # Ok::<(), urlsession_core::Error>(())
    /// ```
    #[must_use]
    pub fn curl_command(&self) -> CurlCommand {
        CurlCommand::new(self.clone(), Arc::new(self.headers().clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;
    use crate::words::body::{BodyStream, FileRef, InMemory};

    fn command(request: &Request) -> String {
        request.curl_command().to_string()
    }

    #[test]
    fn a_plain_get_is_plain() {
        let request = Request::get("http://a.example/b?c=d&e").unwrap();
        assert_eq!(
            command(&request),
            "curl --location 'http://a.example/b?c=d&e'"
        );
    }

    #[test]
    fn what_curl_would_choose_itself_is_left_to_it() {
        let put = Request::put("http://a.example/").unwrap().with_body("x");
        assert_eq!(
            command(&put),
            "curl --location --request 'PUT' --header 'content-type:' --data-raw 'x' 'http://a.example/'"
        );
        let post = Request::post("http://a.example/").unwrap().with_body("x");
        assert_eq!(
            command(&post),
            "curl --location --data-raw 'x' 'http://a.example/'"
        );
        let empty = Request::post("http://a.example/").unwrap();
        assert_eq!(
            command(&empty),
            "curl --location --request 'POST' 'http://a.example/'"
        );
        let head = Request::head("http://a.example/").unwrap();
        assert_eq!(command(&head), "curl --location --head 'http://a.example/'");
    }

    #[test]
    fn curl_decodes_what_it_asks_for_coded() {
        let plain = Request::get("http://a.example/").unwrap();
        let offering = plain.header("accept-encoding", "br").unwrap();
        assert_eq!(
            command(&offering),
            "curl --location --compressed --header 'accept-encoding: br' 'http://a.example/'"
        );
        let undecoded = offering.with_content_decoding(false);
        assert_eq!(
            command(&undecoded),
            "curl --location --header 'accept-encoding: br' 'http://a.example/'"
        );
    }

    #[test]
    fn secrets_are_shown_only_on_demand() {
        let request = Request::get("http://me:pass@a.example/").unwrap();
        let request = request.header("cookie", "a=s3cret").unwrap();
        let shown = command(&request);
        assert!(
            !shown.contains("s3cret") && !shown.contains("pass"),
            "{shown}"
        );
        let all = request.curl_command().with_secrets();
        let shown = all.to_string();
        assert!(
            shown.contains("s3cret") && shown.contains("me:pass"),
            "{shown}"
        );
        assert!(!format!("{all:?}").contains("s3cret"));
    }

    #[test]
    fn nothing_breaks_out_of_its_quotes() {
        let request = Request::with_method_name("M'X", "http://a.example/?q='$(id)'[1]").unwrap();
        let request = request.header("x-a", "`id` '; id").unwrap();
        assert_eq!(
            command(&request),
            r"curl --location --globoff --request 'M'\''X' --header 'x-a: `id` '\''; id' 'http://a.example/?q=%27$(id)%27[1]'"
        );
    }

    #[test]
    fn what_a_command_line_cannot_hold_comes_from_elsewhere() {
        let put = Request::put("http://a.example/").unwrap();
        let put = put.header("content-type", "x/y").unwrap();
        let start = "curl --location --request 'PUT' --header 'content-type: x/y'";
        assert_eq!(
            command(&put.clone().with_body(vec![0_u8, 255])),
            format!(
                "{start} --data-binary @- 'http://a.example/'  # 2 bytes of body come from standard input"
            )
        );
        assert_eq!(
            command(&put.clone().with_body(FileRef::new("it's here"))),
            format!(r"{start} --data-binary '@it'\''s here' 'http://a.example/'")
        );
        let stream = BodyStream::once(InMemory::new("x".into()));
        assert_eq!(
            command(&put.with_body(stream)),
            format!(
                "{start} --data-binary @- 'http://a.example/'  # the body stream comes from standard input"
            )
        );
    }

    #[test]
    fn a_field_without_value_stays_one() {
        let request = Request::get("http://a.example/").unwrap();
        let request = request.header("x-a", "").unwrap();
        assert_eq!(
            command(&request),
            "curl --location --header 'x-a;' 'http://a.example/'"
        );
    }
}
