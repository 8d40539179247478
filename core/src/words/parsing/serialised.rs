//! A [`Url`] of text that is serialised as the URL standard has it (section 4.5): nothing is parsed but where each part begins.

use std::fmt;
use std::ops::Range;

use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use url::Url;

/// Schemes whose hosts may be IPv4 addresses: the special ones (section 4.2).
const SPECIAL: [&str; 6] = ["http", "https", "ws", "wss", "ftp", "file"];

/// What no serialised authority has: the standard ends it there, refuses it or encodes it (sections 1.3 and 3.1).
const NOT_IN_AUTHORITY: &[u8] = b"<>\\^|";

/// What no host has beside that, but for the brackets of an IPv6 address.
const NOT_IN_HOST: &[u8] = b":@[]";

/// Takes `text` as it is; `None` when it is longer than URLs can be, or not serialised: where it could be read in two ways there is no URL,
/// and never another host than the text's own.
pub(super) fn serialised(text: String) -> Option<Url> {
    let at = Places::of(&text)?;
    let number = |place: usize| u32::try_from(place).map(Part::Number).ok();
    let optional = |place: Option<usize>| place.map_or(Some(Part::Absent), number);
    let (kind, host) = at.host_of(&text)?;
    let host = host.to_owned();
    let parts = [
        number(at.scheme_end)?,
        number(at.username_end)?,
        number(at.host.start)?,
        number(at.host.end)?,
        Part::Host(kind, host),
        at.port
            .map_or(Part::Absent, |port| Part::Number(port.into())),
        number(at.path)?,
        optional(at.query)?,
        optional(at.fragment)?,
    ];
    let all = std::iter::once(Part::Text(text)).chain(parts);
    Url::deserialize_internal(Parts(all)).ok()
}

/// Where the parts of a URL are.
struct Places {
    scheme_end: usize,
    username_end: usize,
    host: Range<usize>,
    port: Option<u16>,
    path: usize,
    query: Option<usize>,
    fragment: Option<usize>,
}

impl Places {
    fn of(text: &str) -> Option<Self> {
        let scheme_end = text.find(':').filter(|&end| is_scheme(&text[..end]))?;
        let fragment = text.find('#');
        let query = text[..fragment.unwrap_or(text.len())].find('?');
        let after = scheme_end + 1;
        let mut places = Self {
            scheme_end,
            username_end: after,
            host: after..after,
            port: None,
            path: after,
            query,
            fragment,
        };
        if text[after..].starts_with("//") {
            places.authority(text, after + 2)?;
        }
        Some(places)
    }

    /// `user:password@host:port`, from `start` to the path.
    fn authority(&mut self, text: &str, start: usize) -> Option<()> {
        let end = text[start..].find(['/', '?', '#']);
        self.path = end.map_or(text.len(), |end| start + end);
        let authority = &text[start..self.path];
        if has_any(authority, NOT_IN_AUTHORITY) {
            return None;
        }
        let user = authority.find('@');
        let name = user.map(|user| authority[..user].find(':').unwrap_or(user));
        self.username_end = start + name.unwrap_or(0);
        let host = start + user.map_or(0, |user| user + 1);
        let port = text[host..self.path].rfind([':', ']']);
        let port = port.filter(|&at| text.as_bytes().get(host + at) == Some(&b':'));
        self.host = host..port.map_or(self.path, |at| host + at);
        if let Some(at) = port {
            let port = &text[host + at + 1..self.path];
            self.port = Some(port.parse().ok().filter(|_| is_decimal(port))?);
        }
        Some(())
    }

    fn host_of<'t>(&self, text: &'t str) -> Option<(Kind, &'t str)> {
        let host = &text[self.host.clone()];
        if let Some(address) = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            return Some((Kind::Ipv6, address));
        }
        let is_special = SPECIAL.contains(&&text[..self.scheme_end]);
        let is_raw = |byte: u8| byte == b'%' || byte.is_ascii_uppercase();
        if has_any(host, NOT_IN_HOST) || (is_special && host.bytes().any(is_raw)) {
            return None;
        }
        let kind = match host.strip_suffix('.').unwrap_or(host).rsplit('.').next() {
            _ if host.is_empty() => Kind::None,
            // A name that ends in a number is an address, or no host at all (section 3.5).
            Some(label) if is_special && is_number(label) => Kind::Ipv4,
            Some(_) | None => Kind::Domain,
        };
        Some((kind, host))
    }
}

fn is_scheme(text: &str) -> bool {
    let is_part = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.');
    text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(is_part)
}

fn has_any(text: &str, bytes: &[u8]) -> bool {
    text.bytes()
        .any(|byte| !byte.is_ascii_graphic() || bytes.contains(&byte))
}

/// True for what the standard takes for a part of an IPv4 address, in decimal or in hexadecimal digits.
fn is_number(label: &str) -> bool {
    match label.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|digit| digit.is_ascii_hexdigit()),
        None => !label.is_empty() && is_decimal(label),
    }
}

fn is_decimal(text: &str) -> bool {
    text.bytes().all(|digit| digit.is_ascii_digit())
}

/// The parts are those of no URL. It says no more: what serde would say prints every kind of value there is.
#[derive(Debug)]
struct Error;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no serialised URL")
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// The kinds of hosts, in the order in which `url` has them.
#[derive(Clone, Copy)]
enum Kind {
    None,
    Domain,
    Ipv4,
    Ipv6,
}

/// One part, as `url` takes it.
enum Part {
    Text(String),
    Number(u32),
    Absent,
    Host(Kind, String),
}

/// The parts in `url`'s own order.
struct Parts<I>(I);

impl<'de, I: Iterator<Item = Part>> Deserializer<'de> for Parts<I> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, I: Iterator<Item = Part>> SeqAccess<'de> for Parts<I> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|part| seed.deserialize(part)).transpose()
    }
}

impl<'de> Deserializer<'de> for Part {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Text(text) | Self::Host(_, text) => visitor.visit_string(text),
            Self::Number(number) => visitor.visit_u32(number),
            Self::Absent => visitor.visit_none(),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Absent => visitor.visit_none(),
            there @ (Self::Text(_) | Self::Number(_) | Self::Host(..)) => visitor.visit_some(there),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Part {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let number = match self {
            Self::Host(kind, _) => kind as u32,
            Self::Text(_) | Self::Number(_) | Self::Absent => u32::MAX,
        };
        let variant: U32Deserializer<Error> = number.into_deserializer();
        Ok((seed.deserialize(variant)?, self))
    }
}

impl<'de> VariantAccess<'de> for Part {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }
}

#[cfg(test)]
#[cfg(feature = "url-parser")]
mod tests {
    use super::*;
    use crate::testing::test;

    /// `url` shows every part in its own serialisation of them.
    fn parts(url: &Url) -> serde_json::Value {
        url.serialize_internal(serde_json::value::Serializer)
            .expect("JSON holds every part")
    }

    #[test]
    fn every_part_is_where_the_parser_puts_it() {
        for text in [
            "http://example.com/",
            "https://user:secret@example.com:8443/a/b?c=d&e:f@g#h?i",
            "https://user@example.com/",
            "http://:secret@example.com/",
            "http://127.0.0.1:80/",
            "http://[::1]:3000/?",
            "http://b\u{fc}cher.example/\u{e4}?\u{f6}#\u{fc}",
            "http://1.example/",
            "http://www.3com/",
            "http://7f3c2a1b:8080/",
            "http://0xg/",
            "http://1.2.3.4./",
            "http://a_b!$&'()*+,;=~/",
            "other://A%20b:1/",
            "http://example.com?query",
            "http://example.com#fragment",
            "other://1.2.3.4/path",
            "other://host",
            "other:///path",
            "data:text/plain,a:b//c?d#e",
            "blob:https://example.com/0-1",
            "file:///a/b",
            "file://server/share",
            "about:blank",
            "mailto:me@example.com",
        ] {
            let parsed = Url::parse(text).unwrap();
            let taken = serialised(parsed.as_str().to_owned()).unwrap();
            assert_eq!(parts(&taken), parts(&parsed), "{text}");
        }
    }

    #[test]
    fn what_is_no_url_is_none() {
        for text in [
            "",
            "no colon",
            "http://[no address]/",
            "http://a:port/",
            "http://1.2.3.999/",
            "http://1.0x7f/",
            "http://0x/",
            "http://1.2.3.4./",
            "http://a.example:+80/",
            "http://a.example:/",
            "http://A.example/",
            "HTTP://a.example/",
            "http://a%2eexample/",
            "http://b\u{fc}cher.example/",
            "http://a example/",
            "http://me@a.example@b.example/",
            "http://a.example\\@b.example/",
            "http://a.example\\.b.example/",
            "http://[::1/",
            "http://::1]/",
            "http://a.example:1:2/",
            "a?b://c.example/",
            "a#b:",
            "://a.example/",
            "1a://a.example/",
        ] {
            assert!(serialised(text.to_owned()).is_none(), "{text}");
        }
    }
}
