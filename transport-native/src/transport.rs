//! The transport itself: core's seam over the exchanges.

use std::sync::Arc;

use urlsession_core::{
    BoxFuture, Capabilities, Error, ExchangeEvents, HopRequest, HopResponse, Multiplexing, Origin,
    Transport,
};

use crate::connect::Dialer;
use crate::exchange;
use crate::marking;
use crate::network;
use crate::pool::Pool;

/// HTTP over sockets: HTTP/1.1 by hyper and HTTP/2 by h2, on a pool of its own, TLS by rustls.
#[derive(Debug)]
pub struct NativeTransport {
    pool: Arc<Pool>,
    dialer: Arc<Dialer>,
}

impl NativeTransport {
    pub(crate) fn new(pool: Arc<Pool>, dialer: Arc<Dialer>) -> Self {
        Self { pool, dialer }
    }
}

impl Transport for NativeTransport {
    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::all();
        capabilities.tls_configuration = cfg!(feature = "tls");
        capabilities.service_type = marking::IS_POSSIBLE;
        capabilities.network_cost = network::TELLS_COST;
        capabilities
    }

    fn multiplexing(&self, origin: &Origin) -> Multiplexing {
        if !origin.is_secure() {
            return self.dialer.carries_in_the_clear();
        }
        self.pool.carries(origin).unwrap_or(Multiplexing::Unknown)
    }

    fn exchange(
        &self,
        request: HopRequest,
        events: ExchangeEvents,
    ) -> BoxFuture<'static, Result<HopResponse, Error>> {
        let (pool, dialer) = (Arc::clone(&self.pool), Arc::clone(&self.dialer));
        Box::pin(exchange::run(pool, dialer, request, events))
    }

    fn reset(&self) {
        self.pool.reset();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::Method;
    use urlsession_core::{Affinity, Configuration, HopBody, Target};

    use super::*;

    /// What is larger than this costs glibc's allocator several hundred instructions more.
    const SMALL: usize = 1032;

    #[test]
    fn the_future_of_an_exchange_is_small() {
        let platform = crate::platform_on_own_thread(&Configuration::default());
        let request = HopRequest {
            method: Method::GET,
            target: Arc::new(Target::parse("http://a.example/").unwrap()),
            headers: Default::default(),
            body: HopBody::Empty,
            affinity: Affinity::Any,
            hints: Default::default(),
            properties: Default::default(),
        };
        let events = ExchangeEvents::detached(platform.runtime.clone());
        let exchange = platform.transport.exchange(request, events);
        let size = size_of_val(&*exchange);
        assert!(size <= SMALL, "{size} bytes");
    }
}
