//! Which requests a stored response is for (RFC 9111 section 4.1).

use std::borrow::Cow;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256};

use crate::policy::cache::head::CacheHead;
use crate::policy::cache::request::CacheRequest;
use crate::words::bounds::{MaybeSend, MaybeSync};
use crate::words::response::Response;
use crate::words::sorted::{sorted, sorted_names};

/// The fields by which a response was chosen, as its request had them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selecting {
    /// By more than fields: `Vary: *`.
    pub(super) by_anything: bool,
    /// All zero where nothing is a secret.
    pub(super) salt: Salt,
    /// Responses to different credentials are kept apart, whatever Vary says.
    pub(super) authorization: Option<Digest>,
    pub(super) fields: Vec<(HeaderName, Chosen)>,
}

/// A field of the request that got the response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    Absent,
    /// Its value, its lines as one.
    Text(Box<[u8]>),
    /// A secret's.
    Secret(Digest),
}

/// Random bytes that keep the digests of one head apart from those of others.
pub(crate) type Salt = [u8; 16];

/// Where salts come from: asked where there is a secret.
pub(crate) trait Salts: MaybeSend + MaybeSync {
    /// Bytes that nobody can foresee.
    fn salt(&self) -> Salt;
}

/// What stands for a secret: SHA-256 of a salt, the field's name and its value.
pub(super) type Digest = [u8; 32];

impl Selecting {
    /// What `response` (its fields) was chosen by, of those of its request.
    pub(super) fn of(request: &HeaderMap, response: &HeaderMap, salts: &dyn Salts) -> Self {
        let (by_anything, names) = nominated(response);
        let has_authorization = request.contains_key(header::AUTHORIZATION);
        let has_secret = has_authorization || names.iter().any(|name| is_secret(request, name));
        let salt = match has_secret {
            true => salts.salt(),
            false => Salt::default(),
        };
        let fields = names.into_iter().map(|name| {
            let chosen = chosen(request, &name, salt);
            (name, chosen)
        });
        Self {
            by_anything,
            salt,
            authorization: has_authorization.then(|| digest(request, &header::AUTHORIZATION, salt)),
            fields: fields.collect(),
        }
    }

    /// True when every request for the URL is answered by it, but for those with credentials.
    pub(super) fn is_none(&self) -> bool {
        !self.by_anything && self.authorization.is_none() && self.fields.is_empty()
    }

    /// True when two responses are for the same requests.
    pub(super) fn is_same_variant(&self, request: &HeaderMap, has_authorization: bool) -> bool {
        self.has_credentials(request, has_authorization)
            && self
                .fields
                .iter()
                .all(|(name, chosen)| self.matches(request, name, chosen))
    }

    fn has_credentials(&self, request: &HeaderMap, has_authorization: bool) -> bool {
        match &self.authorization {
            Some(stored) => {
                has_authorization && *stored == digest(request, &header::AUTHORIZATION, self.salt)
            }
            None => !has_authorization,
        }
    }

    fn matches(&self, request: &HeaderMap, name: &HeaderName, chosen: &Chosen) -> bool {
        match chosen {
            Chosen::Absent => !request.contains_key(name),
            Chosen::Text(text) => {
                let presented = joined(request, name);
                request.contains_key(name)
                    && (*presented == **text
                        || normalised(name, presented) == normalised(name, text[..].into()))
            }
            Chosen::Secret(stored) => {
                request.contains_key(name) && *stored == digest(request, name, self.salt)
            }
        }
    }
}

/// True when `head` answers `request`, fresh or not. One that was chosen by more than fields answers after validation only.
pub(crate) fn selects(request: &CacheRequest<'_>, head: &CacheHead) -> bool {
    head.selecting
        .is_same_variant(request.fields, request.has_authorization)
}

/// True when `response` was chosen by a field that a browser sets by itself, unseen, and not the same each time.
pub(crate) fn varies_by_hidden_fields(response: &Response) -> bool {
    const HIDDEN: [HeaderName; 2] = [header::COOKIE, header::REFERER];
    let (_, names) = nominated(response.headers());
    names.iter().any(|name| HIDDEN.contains(name))
}

/// The names in Vary, and whether `*` is among them; what cannot be read is as bad as `*`.
fn nominated(response: &HeaderMap) -> (bool, Vec<HeaderName>) {
    let mut by_anything = false;
    let mut names = Vec::new();
    let members = response
        .get_all(header::VARY)
        .iter()
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|member| !member.is_empty());
    for member in members {
        match HeaderName::from_bytes(member) {
            Ok(name) if name != "*" => names.push(name),
            Ok(_) | Err(_) => by_anything = true,
        }
    }
    (by_anything, sorted_names(names))
}

fn chosen(request: &HeaderMap, name: &HeaderName, salt: Salt) -> Chosen {
    if !request.contains_key(name) {
        Chosen::Absent
    } else if is_secret(request, name) {
        Chosen::Secret(digest(request, name, salt))
    } else {
        Chosen::Text(joined(request, name).into())
    }
}

fn is_secret(request: &HeaderMap, name: &HeaderName) -> bool {
    const SECRETS: [HeaderName; 3] = [
        header::AUTHORIZATION,
        header::COOKIE,
        header::PROXY_AUTHORIZATION,
    ];
    SECRETS.contains(name) || request.get_all(name).iter().any(|v| v.is_sensitive())
}

fn digest(request: &HeaderMap, name: &HeaderName, salt: Salt) -> Digest {
    let mut sha = Sha256::new();
    sha.update(salt);
    sha.update(name.as_str());
    sha.update(b":");
    sha.update(normalised(name, joined(request, name)));
    sha.finalize().into()
}

/// A field's value: its lines as one (RFC 9110 section 5.3).
fn joined<'a>(request: &'a HeaderMap, name: &HeaderName) -> Cow<'a, [u8]> {
    let mut values = request.get_all(name).iter();
    let first = values.next().map(HeaderValue::as_bytes).unwrap_or_default();
    values.fold(Cow::Borrowed(first.trim_ascii()), |all, value| {
        let mut all = all.into_owned();
        all.extend_from_slice(b", ");
        all.extend_from_slice(value.as_bytes().trim_ascii());
        Cow::Owned(all)
    })
}

/// A value in a form that is the same for values that mean the same, as far as the field's own definition says what is the same.
fn normalised<'a>(name: &HeaderName, joined: Cow<'a, [u8]>) -> Cow<'a, [u8]> {
    match *name {
        header::ACCEPT => Cow::Owned(preferences(&joined, essence_lower)),
        header::ACCEPT_CHARSET | header::ACCEPT_LANGUAGE => {
            Cow::Owned(preferences(&joined, <[u8]>::to_ascii_lowercase))
        }
        header::ACCEPT_ENCODING => Cow::Owned(preferences(&joined, coding)),
        // Not lists.
        header::AUTHORIZATION | header::COOKIE | header::USER_AGENT => joined,
        _ => spaced(joined),
    }
}

/// One space after each comma outside quotes and none before, no empty members.
fn spaced(list: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if !list.contains(&b',') {
        return list;
    }
    Cow::Owned(members(&list).collect::<Vec<_>>().join(&b", "[..]))
}

fn members(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    list.split(move |&byte| {
        let was_escaped = std::mem::replace(&mut is_escaped, false);
        match byte {
            b'\\' if is_quoted && !was_escaped => is_escaped = true,
            b'"' if !was_escaped => is_quoted = !is_quoted,
            _ => {}
        }
        byte == b',' && !is_quoted
    })
    .map(<[u8]>::trim_ascii)
    .filter(|member| !member.is_empty())
}

/// A list of preferences (RFC 9110 section 12.5): its order means nothing, nor does `;q=1`.
fn preferences(list: &[u8], name: fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let all = members(list).map(|member| preference(member, name));
    sorted(all.collect()).join(&b", "[..])
}

fn preference(member: &[u8], name: fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut parts = member.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let mut made = name(parts.next().unwrap_or_default());
    for part in parts {
        let part = match part {
            [b'q' | b'Q', b'=', value @ ..] => weight(value),
            _ => Some(part.to_vec()),
        };
        if let Some(part) = part {
            made.push(b';');
            made.extend(part);
        }
    }
    made
}

/// A weight without the zeros that add nothing; `None` for the one that is meant without any.
fn weight(value: &[u8]) -> Option<Vec<u8>> {
    let mut value = value;
    if value.contains(&b'.') {
        while let [rest @ .., b'0'] = value {
            value = rest;
        }
        value = value.strip_suffix(b".").unwrap_or(value);
    }
    (value != b"1").then(|| [b"q=", value].concat())
}

/// A media range: its type's case means nothing.
fn essence_lower(range: &[u8]) -> Vec<u8> {
    range.to_ascii_lowercase()
}

/// A coding, an alias by its name (RFC 9110 section 8.4.1).
fn coding(name: &[u8]) -> Vec<u8> {
    let name = name.to_ascii_lowercase();
    match &*name {
        b"x-gzip" => b"gzip".to_vec(),
        b"x-compress" => b"compress".to_vec(),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::cache::testing::{fields, response};
    use crate::testing::test;

    fn is_reused(vary: &str, first: &[(&str, &str)], second: &[(&str, &str)]) -> bool {
        let (first, second) = (fields(first), fields(second));
        let selecting = Selecting::of(&first, &fields(&[("vary", vary)]), &[7; 16]);
        let has_authorization = second.contains_key(header::AUTHORIZATION);
        !selecting.by_anything && selecting.is_same_variant(&second, has_authorization)
    }

    #[test]
    fn fields_that_vary_names_must_match() {
        let one = [("foo", "1")];
        assert!(is_reused("Foo", &one, &one));
        assert!(is_reused("foo", &one, &[("foo", "1"), ("other", "2")]));
        assert!(!is_reused("Foo", &one, &[("foo", "2")]));
        assert!(!is_reused("Foo", &one, &[]));
        assert!(!is_reused("Foo", &[], &one));
        assert!(!is_reused("Foo", &[("foo", "")], &[]));
        assert!(is_reused("Foo", &[], &[]));
        let three = [("foo", "1"), ("bar", "abc"), ("baz", "789")];
        assert!(is_reused("Foo, Bar, Baz", &three, &three));
        let other = [("foo", "1"), ("baz", "789"), ("bar", "abcde")];
        assert!(!is_reused("Foo, Bar, Baz", &three, &other));
        assert!(is_reused("Foo, Baz", &three, &other));
    }

    #[test]
    fn a_star_matches_nothing() {
        let one = [("foo", "1")];
        for vary in ["*", "*, *", ", *", "Foo, *", "*, Foo", "a b", "\"foo\""] {
            assert!(!is_reused(vary, &one, &one), "{vary}");
        }
        for vary in ["", ",", " , Foo ,, foo"] {
            assert!(is_reused(vary, &one, &one), "{vary}");
        }
    }

    #[test]
    fn lines_are_one_and_space_around_commas_is_nothing() {
        assert!(is_reused(
            "Foo",
            &[("foo", "1, 2")],
            &[("foo", "1"), ("foo", "2")]
        ));
        assert!(is_reused("Foo", &[("foo", "1, 2")], &[("foo", " 1 ,2 ")]));
        assert!(!is_reused("Foo", &[("foo", "1, 2")], &[("foo", "2, 1")]));
        assert!(!is_reused("Foo", &[("foo", "1, 2")], &[("foo", "1 2")]));
        assert!(!is_reused(
            "Foo",
            &[("foo", "\"1, 2\"")],
            &[("foo", "\"1,2\"")]
        ));
        assert!(!is_reused("Foo", &[("foo", "a")], &[("foo", "A")]));
    }

    #[test]
    fn languages_are_the_same_in_any_order_and_case() {
        let stored = [("accept-language", "en, de;q=0.50")];
        let same = [
            "de;q=0.5, en",
            "EN;q=1, dE;Q=0.500",
            " de;q=0.5 ,  en;q=1.0,",
        ];
        for value in same {
            assert!(
                is_reused("Accept-Language", &stored, &[("accept-language", value)]),
                "{value}"
            );
        }
        for value in ["en, de", "en", "en, de;q=0.5, fr", "en;q=0, de;q=0.5"] {
            assert!(
                !is_reused("Accept-Language", &stored, &[("accept-language", value)]),
                "{value}"
            );
        }
    }

    #[test]
    fn codings_and_media_types_are_the_same_by_their_meaning() {
        let table = [
            ("accept-encoding", "gzip, br", "BR,x-gzip", true),
            ("accept-encoding", "gzip, br", "gzip", false),
            (
                "accept",
                "text/html;level=1, */*;q=0.10",
                "*/*;q=0.1, Text/HTML ; level=1",
                true,
            ),
            ("accept", "text/html;level=1", "text/html;level=2", false),
            ("accept", "text/html;q=0", "text/html;q=0.0", true),
            ("accept", "text/html;q=0.1", "text/html;q=0.01", false),
        ];
        for (name, first, second, expected) in table {
            let reused = is_reused(name, &[(name, first)], &[(name, second)]);
            assert_eq!(reused, expected, "{first} and {second}");
        }
    }

    #[test]
    fn credentials_are_kept_apart_whatever_vary_says() {
        let (one, two) = ([("authorization", "one")], [("authorization", "two")]);
        for vary in ["", "Foo", "Authorization"] {
            assert!(is_reused(vary, &one, &one));
            assert!(!is_reused(vary, &one, &two));
            assert!(!is_reused(vary, &one, &[]));
            assert!(!is_reused(vary, &[], &one));
        }
    }

    #[test]
    fn secrets_are_kept_as_digests() {
        let mut request = fields(&[
            ("authorization", "Basic hunter2"),
            ("cookie", "id=hunter2"),
            ("foo", "hunter2"),
        ]);
        request.get_mut("foo").unwrap().set_sensitive(true);
        let vary = fields(&[("vary", "Cookie, Authorization, Foo")]);
        let selecting = Selecting::of(&request, &vary, &[1; 16]);
        assert!(selecting.is_same_variant(&request, true));
        let is_secret = |(_, chosen): &(_, Chosen)| matches!(chosen, Chosen::Secret(_));
        assert!(selecting.fields.iter().all(is_secret));
        let salted_otherwise = Selecting::of(&request, &vary, &[2; 16]);
        assert_ne!(selecting.authorization, salted_otherwise.authorization);
        request.insert("foo", HeaderValue::from_static("hunter2"));
        assert!(selecting.is_same_variant(&request, true));
    }

    #[test]
    fn what_a_browser_adds_unseen_is_known() {
        let table = [
            ("Cookie", true),
            ("accept, COOKIE", true),
            ("referer", true),
            ("Accept-Encoding, Origin", false),
            ("", false),
        ];
        for (vary, expected) in table {
            let response = response(200, &[("vary", vary)]);
            assert_eq!(varies_by_hidden_fields(&response), expected, "{vary}");
        }
    }
}
