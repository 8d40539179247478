//! A [`Url`] of text that is serialised as the URL standard has it (section 4.5): nothing is parsed but where each part begins.

use std::fmt;

use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use url::{Host, Url};

use crate::words::parsing::places::Places;

/// Takes `text` as it is; `None` when it is longer than URLs can be, or not serialised: where it could be read in two ways there is no URL,
/// and never another host than the text's own.
pub(super) fn serialised(text: String) -> Option<Url> {
    let at = Places::of(&text)?;
    let number = |place: usize| u32::try_from(place).map(Part::Number).ok();
    let optional = |place: Option<usize>| place.map_or(Some(Part::Absent), number);
    let host = Part::of_host(at.host_of(&text).ok()?);
    let parts = [
        Part::Text(text),
        number(at.scheme_end)?,
        number(at.username_end)?,
        number(at.host.start)?,
        number(at.host.end)?,
        host,
        at.port
            .map_or(Part::Absent, |port| Part::Number(port.into())),
        number(at.path)?,
        optional(at.query)?,
        optional(at.fragment)?,
    ];
    Url::deserialize_internal(Parts(parts.into_iter())).ok()
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

/// One part, as `url` takes it.
enum Part {
    Text(String),
    Number(u32),
    Absent,
    NoHost,
    Domain,
    Ipv4([u8; 4]),
    Ipv6([u8; 16]),
}

impl Part {
    fn of_host(host: Option<Host<&str>>) -> Self {
        match host {
            None => Self::NoHost,
            Some(Host::Domain(_)) => Self::Domain,
            Some(Host::Ipv4(address)) => Self::Ipv4(address.octets()),
            Some(Host::Ipv6(address)) => Self::Ipv6(address.octets()),
        }
    }

    /// The number of a host's kind, in `url`'s order.
    fn kind(&self) -> u32 {
        match self {
            Self::NoHost => 0,
            Self::Domain => 1,
            Self::Ipv4(_) => 2,
            Self::Ipv6(_) => 3,
            Self::Text(_) | Self::Number(_) | Self::Absent => u32::MAX,
        }
    }
}

/// Some of them in their order.
struct Parts<I>(I);

impl<'de, I: Iterator<Item = P>, P: Deserializer<'de, Error = Error>> Deserializer<'de>
    for Parts<I>
{
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, I: Iterator<Item = P>, P: Deserializer<'de, Error = Error>> SeqAccess<'de> for Parts<I> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        match self.0.next() {
            Some(part) => seed.deserialize(part).map(Some),
            None => Ok(None),
        }
    }
}

impl<'de> Deserializer<'de> for Part {
    type Error = Error;

    /// Addresses come in bytes.
    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Text(text) => visitor.visit_string(text),
            Self::Number(number) => visitor.visit_u32(number),
            Self::Absent | Self::NoHost | Self::Domain | Self::Ipv4(_) | Self::Ipv6(_) => {
                Err(Error)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match matches!(self, Self::Number(_)) {
            true => visitor.visit_some(self),
            false => visitor.visit_none(),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        let octets = match &self {
            Self::Ipv4(octets) => &octets[..],
            Self::Ipv6(octets) => octets,
            Self::Text(_) | Self::Number(_) | Self::Absent | Self::NoHost | Self::Domain => {
                return Err(Error);
            }
        };
        visitor.visit_seq(Parts(octets.iter().map(|&octet| octet.into_deserializer())))
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
        seq tuple_struct map struct identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Part {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let variant: U32Deserializer<Error> = self.kind().into_deserializer();
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

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Err(Error)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        Err(Error)
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
