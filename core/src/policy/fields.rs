//! Which header fields a request carries, hop by hop.

#[cfg(feature = "redirects")]
use std::sync::OnceLock;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::words::configuration::Configuration;
use crate::words::header_fields::{Gaps, HeaderFields};
use crate::words::request::Request;

/// Fields never kept across origins, whatever the safe list says.
static NEVER_SAFE: [HeaderName; 3] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::PROXY_AUTHORIZATION,
];

const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("urlsession/", env!("CARGO_PKG_VERSION")));
const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");

/// What a session adds to each request that lacks it, made once.
#[derive(Debug)]
pub(crate) struct SessionFields {
    /// As long as the transfer stays where the app sent it.
    home: HeaderFields,
    /// Once a redirect has left that origin: found out then.
    #[cfg(feature = "redirects")]
    away: OnceLock<HeaderFields>,
    /// The names that the app has as safe there.
    #[cfg(feature = "redirects")]
    safe: Vec<HeaderName>,
    /// Their Accept-Encoding is not the app's, and goes only where bodies are decoded.
    offers_codings: bool,
}

impl SessionFields {
    /// The configuration's fields, and `Accept` and `User-Agent` unless the platform sets its own (`defaults` false), and the
    /// `codings` that are undone here.
    pub(crate) fn new(
        configuration: &Configuration,
        defaults: bool,
        codings: &[&'static str],
    ) -> Self {
        let mut home = configuration.http_additional_headers.apps_own();
        if cfg!(feature = "request-target") && defaults {
            add_missing(&mut home, header::ACCEPT, ANYTHING);
            add_missing(&mut home, header::USER_AGENT, USER_AGENT);
        }
        let offers_codings = cfg!(feature = "decode")
            && offer(codings)
                .is_some_and(|offer| add_missing(&mut home, header::ACCEPT_ENCODING, offer));
        Self {
            #[cfg(feature = "redirects")]
            away: OnceLock::new(),
            #[cfg(feature = "redirects")]
            safe: configuration.redirect_safe_headers.clone(),
            home,
            offers_codings,
        }
    }

    /// The session's fields once a redirect has left the origin that they are for. Those that are added to the app's may go anywhere. Never put into its caller's code: most
    /// loads are led nowhere.
    #[cfg(feature = "redirects")]
    #[inline(never)]
    fn away(&self) -> &HeaderFields {
        let is_kept = |name: &HeaderName| is_safe(name, &self.safe);
        let away = || kept(&self.home, is_kept).into();
        self.away.get_or_init(away)
    }

    /// The fields of a request that has none of its own.
    #[cfg(feature = "cache")]
    pub(crate) fn home(&self) -> &HeaderMap {
        &self.home
    }

    /// The fields of one hop: the request's own, and the session's where the request has a gap.
    pub(crate) fn of_hop(&self, request: &Request, left_home: bool) -> HeaderFields {
        request.header_fields().filled(&Gaps {
            request,
            session: self.of_place(left_home),
            offers_codings: cfg!(feature = "decode") && self.offers_codings,
        })
    }

    #[cfg(feature = "redirects")]
    fn of_place(&self, left_home: bool) -> &HeaderFields {
        if left_home { self.away() } else { &self.home }
    }

    #[cfg(not(feature = "redirects"))]
    fn of_place(&self, _: bool) -> &HeaderFields {
        &self.home
    }
}

/// `fields` with those `beside` in place of the ones of the same name: made at its full size at once.
#[cfg(feature = "cache")]
pub(crate) fn with_beside(fields: &HeaderMap, beside: &[(HeaderName, HeaderValue)]) -> HeaderMap {
    let mut made = HeaderMap::with_capacity(fields.keys_len() + beside.len());
    let stays = |name: &HeaderName| beside.iter().all(|(other, _)| other != name);
    for (name, value) in fields.iter().filter(|(name, _)| stays(name)) {
        made.append(name, value.clone());
    }
    for (name, value) in beside {
        made.insert(name, value.clone());
    }
    made
}

/// Accept-Encoding for these codings; `None` for none, or when they have no names that can be sent.
fn offer(codings: &[&'static str]) -> Option<HeaderValue> {
    let joined = codings.join(", ");
    HeaderValue::try_from(joined)
        .ok()
        .filter(|offer| !offer.is_empty())
}

/// Some of these fields.
#[cfg(feature = "redirects")]
fn kept(fields: &HeaderMap, keep: impl Fn(&HeaderName) -> bool) -> HeaderMap {
    // The map's other ways to change it are code that nothing else here needs.
    let mut kept = HeaderMap::with_capacity(fields.keys_len());
    for (name, value) in fields.iter().filter(|(name, _)| keep(name)) {
        kept.append(name.clone(), value.clone());
    }
    kept
}

/// Adds the field unless there is one of its name.
fn add_missing(fields: &mut HeaderFields, name: HeaderName, value: HeaderValue) -> bool {
    let is_missing = !fields.contains_key(&name);
    if is_missing {
        fields.append(name, value);
    }
    is_missing
}

/// Keeps what may follow a redirect to another origin: names known to hold no secret, and the app's additions.
pub(crate) fn keep_safe(fields: &mut HeaderMap, additions: &[HeaderName]) {
    retain(fields, |name| is_safe(name, additions));
}

fn is_safe(name: &HeaderName, additions: &[HeaderName]) -> bool {
    let text = name.as_str();
    !NEVER_SAFE.contains(name)
        && (text.starts_with("accept")
            || text.starts_with("content-")
            || matches!(
                text,
                "cache-control" | "if-range" | "pragma" | "range" | "user-agent"
            )
            // The offer to go on with an upload that was broken off is the session's own.
            || matches!(text, "upload-complete" | "upload-draft-interop-version")
            || additions.contains(name))
}

/// Removes what describes a body that is not sent any more.
pub(crate) fn remove_body_fields(fields: &mut HeaderMap) {
    for name in [
        header::CONTENT_ENCODING,
        header::CONTENT_LANGUAGE,
        header::CONTENT_LOCATION,
        header::CONTENT_TYPE,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        HeaderName::from_static("upload-complete"),
        HeaderName::from_static("upload-draft-interop-version"),
    ] {
        fields.remove(name);
    }
}

/// Keeps what is about neither a body nor the state of what it goes to.
#[cfg(feature = "upload")]
pub(crate) fn keep_beside_body(fields: &mut HeaderMap) {
    retain(fields, |name| {
        let text = name.as_str();
        !text.starts_with("content-")
            && !text.starts_with("if-")
            && !text.starts_with("upload-")
            && !text.ends_with("-digest")
            && !matches!(text, "expect" | "range" | "transfer-encoding" | "trailer")
    });
}

fn retain(fields: &mut HeaderMap, keep: impl Fn(&HeaderName) -> bool) {
    let gone: Vec<_> = fields.keys().filter(|name| !keep(name)).cloned().collect();
    for name in gone {
        fields.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    fn fields(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    fn session(list: &[(&'static str, &'static str)]) -> SessionFields {
        let configuration = Configuration {
            http_additional_headers: fields(list).into(),
            ..Configuration::default()
        };
        SessionFields::new(&configuration, true, &["gzip", "br"])
    }

    fn request(list: &[(&'static str, &'static str)]) -> Request {
        let mut request = Request::get("http://a.example/").unwrap();
        *request.headers_mut() = fields(list);
        request
    }

    #[cfg(feature = "cache")]
    #[test]
    fn what_is_asked_beside_takes_the_place_of_its_name() {
        let all = fields(&[("x-a", "1"), ("x-a", "2"), ("x-b", "1"), ("x-b", "2")]);
        let beside: Vec<_> = fields(&[("x-a", "3"), ("x-c", "4")])
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let mut expected = all.clone();
        for (name, value) in &beside {
            expected.insert(name, value.clone());
        }
        assert_eq!(with_beside(&all, &beside), expected);
        assert_eq!(expected.get_all("x-b").iter().count(), 2);
    }

    #[test]
    fn the_session_fills_gaps_only() {
        let session = session(&[("x-a", "session"), ("x-b", "session")]);
        let hop = session.of_hop(&request(&[("x-a", "request")]), false);
        assert_eq!(
            (&hop["x-a"], &hop["x-b"]),
            (&"request".parse().unwrap(), &"session".parse().unwrap())
        );
    }

    #[test]
    fn framing_is_the_transports() {
        let own = request(&[("host", "evil"), ("content-length", "5"), ("proxy-x", "x")]);
        let hop = session(&[("connection", "close")]).of_hop(&own, false);
        assert_eq!(
            hop.keys().map(HeaderName::as_str).collect::<Vec<_>>(),
            ["accept", "user-agent", "accept-encoding"]
        );
    }

    #[test]
    fn of_te_only_trailers_is_the_apps() {
        let session = session(&[]);
        for (value, sent) in [("trailers", true), ("gzip", false), ("trailers, x", false)] {
            let hop = session.of_hop(&request(&[("te", value)]), false);
            assert_eq!(hop.contains_key("te"), sent, "{value}");
        }
    }

    #[test]
    fn the_sessions_secrets_stay_home() {
        let session = session(&[
            ("authorization", "s"),
            ("x-key", "s"),
            ("accept-language", "en"),
        ]);
        let away = session.of_hop(&request(&[]), true);
        assert!(!away.contains_key("authorization") && !away.contains_key("x-key"));
        assert_eq!(away["accept-language"], "en");
    }

    #[cfg(feature = "redirects")]
    #[test]
    fn what_is_added_to_the_apps_fields_goes_abroad() {
        let mut session = session(&[("x-a", "1"), ("x-b", "2"), ("x-c", "3")]);
        session.safe = vec![
            HeaderName::from_static("x-a"),
            HeaderName::from_static("x-c"),
        ];
        let away = session.of_hop(&request(&[]), true);
        assert_eq!(
            away.keys().map(HeaderName::as_str).collect::<Vec<_>>(),
            ["x-a", "x-c", "accept", "user-agent", "accept-encoding"]
        );
    }

    fn offered(session: &SessionFields, request: &Request) -> Option<String> {
        let hop = session.of_hop(request, false);
        hop.get(header::ACCEPT_ENCODING)
            .map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn what_is_decoded_here_is_offered() {
        let session = session(&[]);
        assert_eq!(offered(&session, &request(&[])).unwrap(), "gzip, br");
        let other = request(&[("x-a", "1")]);
        assert_eq!(offered(&session, &other).unwrap(), "gzip, br");
    }

    #[test]
    fn what_is_not_decoded_is_not_offered() {
        let undecoded = |list| request(list).with_content_decoding(false);
        assert_eq!(offered(&session(&[]), &undecoded(&[])), None);
        let own = undecoded(&[("accept-encoding", "br")]);
        assert_eq!(offered(&session(&[]), &own).unwrap(), "br");
        let fields = SessionFields::new(&Configuration::default(), true, &[]);
        assert_eq!(offered(&fields, &request(&[])), None);
    }

    #[test]
    fn the_apps_own_offer_stands() {
        let own = request(&[("accept-encoding", "gzip;q=0.5"), ("range", "bytes=0-")]);
        assert_eq!(offered(&session(&[]), &own).unwrap(), "gzip;q=0.5");
        let session = session(&[("accept-encoding", "br")]);
        let undecoded = request(&[]).with_content_decoding(false);
        assert_eq!(offered(&session, &undecoded).unwrap(), "br");
    }

    #[test]
    fn a_part_is_asked_for_uncoded() {
        let part = request(&[("range", "bytes=5-")]);
        assert_eq!(offered(&session(&[]), &part).unwrap(), "identity");
    }

    #[test]
    fn a_safe_list_cannot_free_credentials() {
        let mut kept = fields(&[("cookie", "a=b"), ("x-a", "1"), ("content-type", "t")]);
        keep_safe(&mut kept, &[header::COOKIE, HeaderName::from_static("x-a")]);
        assert_eq!(kept, fields(&[("x-a", "1"), ("content-type", "t")]));
    }
}
