//! `serde` forms of the `http` crate's types: names and numbers, as they stand on the wire.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Header fields as a list of name and value, in order, each value as bytes where it is no text.
pub(crate) mod headers {
    use super::{
        Deserialize, Deserializer, HeaderMap, HeaderName, HeaderValue, Serialize, Serializer, de,
    };

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Value {
        Text(String),
        Bytes(Vec<u8>),
    }

    pub(crate) fn serialize<S: Serializer>(
        map: &HeaderMap,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map.iter().map(|(name, value)| {
            let value = match value.to_str() {
                Ok(text) => Value::Text(text.to_owned()),
                Err(_) => Value::Bytes(value.as_bytes().to_vec()),
            };
            (name.as_str(), value)
        }))
    }

    pub(crate) fn deserialize<'de, F: From<HeaderMap>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<F, D::Error> {
        let fields = Vec::<(String, Value)>::deserialize(from)?;
        let mut map = HeaderMap::with_capacity(fields.len());
        for (name, value) in fields {
            let name = HeaderName::try_from(name).map_err(de::Error::custom)?;
            let value = match value {
                Value::Text(text) => HeaderValue::try_from(text),
                Value::Bytes(bytes) => HeaderValue::try_from(bytes),
            };
            map.append(name, value.map_err(de::Error::custom)?);
        }
        Ok(map.into())
    }
}

/// Names of header fields, as a list of texts.
pub(crate) mod names {
    use super::{Deserialize, Deserializer, HeaderName, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(names: &[HeaderName], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(names.iter().map(HeaderName::as_str))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<HeaderName>, D::Error> {
        let names = Vec::<String>::deserialize(from)?;
        names
            .into_iter()
            .map(|name| HeaderName::try_from(name).map_err(de::Error::custom))
            .collect()
    }
}

/// The method by its name.
pub(crate) mod method {
    use super::{Deserialize, Deserializer, Serializer, de};
    use http::Method;

    pub(crate) fn serialize<S: Serializer>(
        method: &Method,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(method.as_str())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Method, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// Methods by their names.
pub(crate) mod methods {
    use super::{Deserialize, Deserializer, Serializer, de};
    use http::Method;

    pub(crate) fn serialize<S: Serializer>(methods: &[Method], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(methods.iter().map(Method::as_str))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Method>, D::Error> {
        let names = Vec::<String>::deserialize(from)?.into_iter();
        names
            .map(|name| name.parse().map_err(de::Error::custom))
            .collect()
    }
}

/// Statuses as numbers.
pub(crate) mod statuses {
    use super::{Deserialize, Deserializer, Serializer, de};
    use http::StatusCode;

    pub(crate) fn serialize<S: Serializer>(
        statuses: &[StatusCode],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(statuses.iter().map(StatusCode::as_u16))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<StatusCode>, D::Error> {
        let numbers = Vec::<u16>::deserialize(from)?.into_iter();
        numbers
            .map(|number| StatusCode::from_u16(number).map_err(de::Error::custom))
            .collect()
    }
}
