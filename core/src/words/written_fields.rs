//! Header fields that are only told on their way, where the platform parses: a text, for which none of a map's code is needed. The rules by which a hop's fields come
//! together are those of `hop_fields`, for text.

use std::fmt;
use std::sync::{Arc, OnceLock};

use http::{HeaderMap, Method};

use crate::words::error::{Error, ErrorCode};
use crate::words::field_lines::{self, gathered, is_name, is_of_value};
use crate::words::header_fields::{Gaps, HeaderFields, Map};
use crate::words::hop_fields::is_apps;

/// The most fields that are taken: as many as a map takes of different names.
const MOST: usize = 24_576;

/// Fields that can all be sent, their names in lower case, as `field_lines` has them.
#[derive(Default)]
pub(super) struct Written {
    lines: String,
    /// The map of them, once somebody asks for one.
    map: OnceLock<HeaderFields>,
}

impl Written {
    /// Those in `parts`: names and values in turn.
    ///
    /// # Errors
    /// [`ErrorCode::BadUrl`] at the first one that cannot be sent, and where there are too many.
    pub(super) fn read(parts: &mut dyn Iterator<Item = &str>) -> Result<Self, Error> {
        let unsendable =
            |value_of| Err(Error::new(ErrorCode::BadUrl).with_cause(Unsendable(value_of)));
        let (mut lines, mut count) = (String::new(), 0);
        while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
            count += 1;
            if !is_name(name) || count > MOST {
                return unsendable(None);
            }
            let name = name.to_ascii_lowercase();
            let is_sendable = |it| u8::try_from(it).is_ok_and(is_of_value);
            if !value.chars().all(is_sendable) {
                return unsendable(Some(name));
            }
            push(&mut lines, &name, value);
        }
        Ok(lines.into())
    }

    fn made(&self) -> &HeaderFields {
        self.map.get_or_init(|| gathered(&self.lines).into())
    }
}

impl From<String> for Written {
    fn from(lines: String) -> Self {
        Self {
            lines,
            map: OnceLock::new(),
        }
    }
}

impl Map for Written {
    fn map(&self) -> &HeaderMap {
        self.made()
    }

    fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    fn tell(&self, each: &mut dyn FnMut(&str, &[u8])) {
        field_lines::tell(&self.lines, each);
    }

    fn to_change(&mut self) -> Option<&mut HeaderMap> {
        None
    }

    fn shared(self: Arc<Self>) -> Arc<HeaderMap> {
        self.made().clone().into_map()
    }

    fn filled(&self, gaps: &Gaps<'_>) -> HeaderFields {
        match gaps.session.map_of() {
            Some(session) => session.fill(self, gaps),
            None => Self::default().fill(self, gaps),
        }
    }

    fn fill(&self, own: &Self, gaps: &Gaps<'_>) -> HeaderFields {
        let request = gaps.request;
        let decodes = request.decodes_content();
        let posts_form = request.method() == Method::POST && !request.body().is_empty();
        if own.is_empty() && !posts_form && decodes {
            return gaps.session.clone();
        }
        let own = &own.lines;
        let offers = cfg!(feature = "decode") && gaps.offers_codings && !has(own, ACCEPT_ENCODING);
        let is_part = offers && (has(own, RANGE) || has(&self.lines, RANGE));
        let offers_less = offers && (is_part || !decodes);
        let own = apps(own);
        let mut filled = own.clone();
        for line in self.lines.split('\n') {
            let Some((name, value)) = line.split_once(',') else {
                continue;
            };
            let is_left_out = offers_less && name == ACCEPT_ENCODING;
            if !has(&own, name) && !is_left_out {
                push(&mut filled, name, value);
            }
        }
        if posts_form && !has(&filled, CONTENT_TYPE) {
            push(&mut filled, CONTENT_TYPE, FORM);
        }
        if is_part && decodes && !has(&filled, ACCEPT_ENCODING) {
            push(&mut filled, ACCEPT_ENCODING, "identity");
        }
        Self::from(filled).into()
    }

    fn apps_own(&self) -> HeaderFields {
        Self::from(apps(&self.lines)).into()
    }
}

const ACCEPT_ENCODING: &str = "accept-encoding";
const CONTENT_TYPE: &str = "content-type";
const FORM: &str = "application/x-www-form-urlencoded";
const RANGE: &str = "range";

fn push(lines: &mut String, name: &str, value: &str) {
    for part in [name, ",", value, "\n"] {
        lines.push_str(part);
    }
}

/// The values of the field of this name.
fn values<'a>(lines: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let fields = lines.split('\n').filter_map(|line| line.split_once(','));
    fields.filter_map(move |(other, value)| (other == name).then_some(value))
}

fn has(lines: &str, name: &str) -> bool {
    values(lines, name).next().is_some()
}

/// Of these what the app may say.
fn apps(lines: &str) -> String {
    let takes_trailers = || {
        let mut values = values(lines, "te");
        values.next() == Some("trailers") && values.next().is_none()
    };
    let mut own = String::new();
    for line in lines.split('\n') {
        if let Some((name, value)) = line.split_once(',')
            && is_apps(name, takes_trailers)
        {
            push(&mut own, name, value);
        }
    }
    own
}

/// The cause of a refusal: a name that is none, or the name of the field whose value is none. It says what [`InvalidHeader`](crate::InvalidHeader) does, whose name is of
/// the crate `http`, which brings all names that there are.
struct Unsendable(Option<String>);

impl fmt::Display for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("invalid header name"),
            Some(name) => {
                f.write_str("invalid value of the header ")?;
                f.write_str(name)
            }
        }
    }
}

impl fmt::Debug for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Unsendable {}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;
    use crate::testing::test;
    use crate::words::error::InvalidHeader;
    use crate::words::request::Request;

    fn written(parts: &[&str]) -> HeaderFields {
        let read = Written::read(&mut parts.iter().copied());
        read.unwrap().into()
    }

    fn as_map(parts: &[&str]) -> HeaderFields {
        HeaderMap::clone(&written(parts)).into()
    }

    fn told(fields: &HeaderFields) -> Vec<(String, Vec<u8>)> {
        let mut told = Vec::new();
        fields.tell(&mut |name, value| told.push((name.to_owned(), value.to_owned())));
        told
    }

    #[test]
    fn what_cannot_be_sent_is_told_in_the_words_of_the_map() {
        let refused = |parts: &[&str]| {
            let refused = Written::read(&mut parts.iter().copied()).err().unwrap();
            assert_eq!(refused.code(), ErrorCode::BadUrl);
            refused.source().unwrap().to_string()
        };
        let value = |name: &str| InvalidHeader::Value(name.parse().unwrap()).to_string();
        assert_eq!(refused(&["b ad", "1"]), InvalidHeader::Name.to_string());
        assert_eq!(refused(&["x-a", "1", "X-B", "a\rb"]), value("x-b"));
        assert_eq!(refused(&["x-a", "\u{100}"]), value("x-a"));
        // A character is a byte.
        assert_eq!(written(&["x-a", "\u{e9}"])["x-a"].as_bytes(), b"\xe9");
    }

    #[test]
    fn as_many_are_taken_as_by_a_map() {
        let names: Vec<_> = (0..=MOST).map(|number| format!("x{number}")).collect();
        let parts = |count| names[..count].iter().flat_map(|name| [name.as_str(), "1"]);
        assert_eq!(Written::read(&mut parts(MOST)).unwrap().map().len(), MOST);
        assert!(Written::read(&mut parts(MOST + 1)).is_err());
        let mut map = written(&parts(MOST).collect::<Vec<_>>());
        let more: http::HeaderName = names[MOST].parse().unwrap();
        assert!(map.try_append(more, "1".parse().unwrap()).is_err());
    }

    #[test]
    fn they_are_a_map_when_somebody_asks() {
        let mut fields = written(&["X-A", "1", "x-b", "", "x-a", "2,3"]);
        let list = |list: &[(&str, &str)]| -> Vec<(String, Vec<u8>)> {
            let owned = |(name, value): &(&str, &str)| ((*name).into(), (*value).into());
            list.iter().map(owned).collect()
        };
        assert_eq!(
            told(&fields),
            list(&[("x-a", "1"), ("x-b", ""), ("x-a", "2,3")])
        );
        assert_eq!(fields.len(), 3);
        let shared = fields.clone();
        fields.remove("x-b");
        assert_eq!((fields.len(), shared.len()), (2, 3));
        assert_eq!(shared.into_map().get_all("x-a").iter().count(), 2);
        assert!(Written::default().is_empty() && !fields.is_empty());
    }

    /// What is filled up, and from what, as a list of names and values.
    const REQUESTS: &[&[&str]] = &[
        &[],
        &["x-a", "1", "x-a", "2", "Connection", "close"],
        &[
            "host",
            "evil",
            "content-length",
            "5",
            "proxy-x",
            "x",
            "te",
            "trailers",
        ],
        &["te", "trailers", "te", "trailers", "expect", "100-continue"],
        &["te", "gzip", "content-type", "a/b"],
        &["range", "bytes=5-"],
        &["accept-encoding", "br", "range", "bytes=0-"],
    ];
    const SESSIONS: &[&[&str]] = &[
        &[],
        &["x-a", "3", "x-b", "1", "x-b", "2"],
        &["accept-encoding", "gzip", "te", "trailers"],
        &[
            "range",
            "bytes=1-",
            "accept-encoding",
            "gzip",
            "content-type",
            "c/d",
        ],
    ];

    #[test]
    fn gaps_are_filled_as_those_of_a_map_are() {
        let get = Request::get("http://a.example/").unwrap();
        let post = Request::post("http://a.example/").unwrap().with_body("a=1");
        for request in &[get.clone(), get.with_content_decoding(false), post] {
            for own in REQUESTS {
                for session in SESSIONS {
                    for offers_codings in [false, true] {
                        compare(request, own, session, offers_codings);
                    }
                }
            }
        }
    }

    fn compare(request: &Request, own: &[&str], session: &[&str], offers_codings: bool) {
        let filled = |own: HeaderFields, session: HeaderFields| {
            own.filled(&Gaps {
                request,
                session: &session.apps_own(),
                offers_codings,
            })
        };
        let expected = filled(as_map(own), as_map(session));
        for filled in [
            filled(written(own), written(session)),
            filled(written(own), as_map(session)),
            filled(as_map(own), written(session)),
        ] {
            assert_eq!(
                filled, expected,
                "{request} {own:?} {session:?} {offers_codings}"
            );
        }
    }

    #[test]
    fn without_a_session_the_form_is_all_that_is_added() {
        let request = Request::post("http://a.example/").unwrap().with_body("a=1");
        let filled = written(&["x-a", "1"]).filled(&Gaps {
            request: &request,
            session: &HeaderFields::new(),
            offers_codings: false,
        });
        assert_eq!(filled, written(&["x-a", "1", CONTENT_TYPE, FORM]));
    }
}
