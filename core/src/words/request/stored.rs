//! The stored form of a request.

use std::time::Duration;

use http::{HeaderMap, Method};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use url::Url;

use crate::words::body::{FileRef, RequestBody};
use crate::words::cache::CachePolicy;
use crate::words::network::Forbidden;
use crate::words::request::Request;
use crate::words::service_type::NetworkServiceType;
use crate::words::wire;

#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(with = "wire::method")]
    method: Method,
    #[serde(default)]
    network_service_type: Option<NetworkServiceType>,
    url: Url,
    #[serde(with = "wire::headers")]
    headers: HeaderMap,
    body: StoredBody,
    timeout_interval: Option<Duration>,
    #[serde(default)]
    expects_continue: Option<bool>,
    #[serde(default)]
    resumable_upload: Option<bool>,
    #[serde(default)]
    cache_policy: Option<CachePolicy>,
    #[serde(default = "allowed")]
    allows_cellular_access: bool,
    #[serde(default = "allowed")]
    allows_expensive_network_access: bool,
    #[serde(default = "allowed")]
    allows_constrained_network_access: bool,
    #[serde(default = "allowed")]
    decodes_content: bool,
}

const fn allowed() -> bool {
    true
}

#[derive(Serialize, Deserialize)]
enum StoredBody {
    Empty,
    Bytes(Vec<u8>),
    File(FileRef),
}

impl Serialize for Request {
    /// A stream has no stored form: such a request is refused.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let body = match self.body() {
            RequestBody::Empty => StoredBody::Empty,
            RequestBody::Bytes(bytes) => StoredBody::Bytes(bytes.to_vec()),
            RequestBody::File(file) => StoredBody::File(file.clone()),
            RequestBody::Stream(_) => {
                return Err(serde::ser::Error::custom("a body stream cannot be stored"));
            }
        };
        Stored {
            method: self.method().clone(),
            network_service_type: self.network_service_type(),
            url: self.url().clone(),
            headers: self.headers().clone(),
            body,
            timeout_interval: self.timeout_interval(),
            allows_cellular_access: self.allows_cellular_access(),
            allows_expensive_network_access: self.allows_expensive_network_access(),
            allows_constrained_network_access: self.allows_constrained_network_access(),
            decodes_content: self.decodes_content(),
            expects_continue: self.expects_continue(),
            resumable_upload: self.resumable_upload(),
            cache_policy: self.cache_policy(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Request {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(from)?;
        let body = match stored.body {
            StoredBody::Empty => RequestBody::Empty,
            StoredBody::Bytes(bytes) => RequestBody::Bytes(bytes.into()),
            StoredBody::File(file) => RequestBody::File(file),
        };
        let mut request = Self::new(stored.method, stored.url).map_err(de::Error::custom)?;
        let parts = request.parts();
        (parts.headers, parts.body) = (stored.headers.into(), body);
        parts.network_service_type = stored.network_service_type;
        parts.timeout_interval = stored.timeout_interval;
        parts.forbidden = Forbidden::default()
            .set(Forbidden::CELLULAR, stored.allows_cellular_access)
            .set(Forbidden::EXPENSIVE, stored.allows_expensive_network_access)
            .set(
                Forbidden::CONSTRAINED,
                stored.allows_constrained_network_access,
            );
        parts.decodes_content = stored.decodes_content;
        parts.expects_continue = stored.expects_continue;
        parts.resumable_upload = stored.resumable_upload;
        parts.cache_policy = stored.cache_policy;
        Ok(request)
    }
}
