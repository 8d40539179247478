//! A client that drives the transport directly, one hop at a time.
#![allow(dead_code, reason = "each test file uses its part")]

use std::net::Ipv4Addr;
use std::sync::Arc;

use urlsession_core::http::{HeaderMap, Method};
use urlsession_core::{
    Affinity, Bytes, Configuration, ConnectionId, Error, ErrorCode, ExchangeEvents, HopBody,
    HopRequest, HopResponse, Multiplexing, Platform, Target,
};
use urlsession_transport_native::NativePlatform;

/// A platform, and short ways to use it.
pub(crate) struct Client {
    pub(crate) platform: Platform,
}

/// A whole response.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) connection: ConnectionId,
}

impl Got {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

impl Client {
    /// One with the default configuration, in the caller's runtime.
    pub(crate) fn new() -> Self {
        Self::with(&Configuration::default(), |platform| platform)
    }

    pub(crate) fn with(
        configuration: &Configuration,
        set: impl FnOnce(NativePlatform) -> NativePlatform,
    ) -> Self {
        let builder = NativePlatform::builder(configuration);
        // The servers listen on IPv4 alone, and another test's may have the same port on IPv6.
        let builder = builder.resolve("localhost", (Ipv4Addr::LOCALHOST, 0).into());
        Self {
            platform: set(builder).build(),
        }
    }

    /// One that speaks HTTP/2 without TLS.
    pub(crate) fn http2() -> Self {
        let mut configuration = Configuration::default();
        configuration.assumes_http2_capable = true;
        Self::with(&configuration, |platform| platform)
    }

    /// One that trusts these roots (DER) as well.
    pub(crate) fn trusting(root: &[u8]) -> Self {
        let mut configuration = Configuration::default();
        configuration.tls_additional_roots.push(root.to_vec());
        Self::with(&configuration, |platform| platform)
    }

    pub(crate) fn multiplexing(&self, url: &str) -> Multiplexing {
        self.platform
            .transport
            .multiplexing(Target::parse(url).unwrap().origin())
    }

    /// Waits for the head of the response.
    pub(crate) fn send(
        &self,
        request: HopRequest,
    ) -> impl Future<Output = Result<HopResponse, Error>> + Send + 'static {
        let events = ExchangeEvents::detached(Arc::clone(&self.platform.runtime));
        self.platform.transport.exchange(request, events)
    }

    pub(crate) async fn whole(&self, request: HopRequest) -> Result<Got, Error> {
        gather(self.send(request).await?).await
    }

    pub(crate) async fn get(&self, url: &str) -> Result<Got, Error> {
        self.whole(hop(Method::GET, url, HopBody::Empty)).await
    }

    pub(crate) async fn post(&self, url: &str, body: impl Into<Bytes>) -> Result<Got, Error> {
        self.whole(hop(Method::POST, url, HopBody::Bytes(body.into())))
            .await
    }

    pub(crate) async fn error_of(&self, url: &str) -> ErrorCode {
        self.get(url).await.unwrap_err().code()
    }
}

pub(crate) fn hop(method: Method, url: &str, body: HopBody) -> HopRequest {
    HopRequest {
        method,
        target: Arc::new(Target::parse(url).unwrap()),
        headers: Default::default(),
        body,
        affinity: Affinity::Any,
        hints: Default::default(),
        properties: Default::default(),
    }
}

pub(crate) fn get(url: &str) -> HopRequest {
    hop(Method::GET, url, HopBody::Empty)
}

pub(crate) async fn gather(mut response: HopResponse) -> Result<Got, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.body.next_chunk().await? {
        assert!(!chunk.is_empty(), "a chunk is never empty");
        body.extend_from_slice(&chunk);
    }
    Ok(Got {
        status: response.response.status().as_u16(),
        headers: response.response.headers().clone(),
        body: body.into(),
        connection: response.connection.unwrap(),
    })
}

pub(crate) async fn gather_of(
    client: &Client,
    url: &str,
    affinity: Affinity,
) -> Result<Got, Error> {
    client
        .whole(HopRequest {
            affinity,
            ..get(url)
        })
        .await
}
