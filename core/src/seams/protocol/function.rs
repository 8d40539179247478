//! Protocols made of functions.

use std::fmt;

use crate::seams::protocol::client::ProtocolClient;
use crate::seams::protocol::{ProtocolEvents, UrlProtocol};
use crate::words::bounds::{MaybeSend, MaybeSync};
use crate::words::error::Error;
use crate::words::request::Request;

/// A [`UrlProtocol`] made of two functions: which requests are its own, and an async one that loads one of them.
///
/// ```
/// use urlsession_core::{ProtocolFn, Response};
///
/// let greeting = ProtocolFn::scheme("hello", async |request, mut client| {
///     let response = Response::of_content(request.url().clone(), "text/plain;charset=utf-8", None)?;
///     client.did_receive_response(response).await?;
///     client.did_load(format!("Hello, {}!", request.url().path())).await
/// });
/// # drop(greeting);
/// ```
pub struct ProtocolFn<C, L> {
    can_init: C,
    load: L,
}

impl ProtocolFn<(), ()> {
    /// For the requests of which `can_init` is true.
    pub fn new<C, L, F>(can_init: C, load: L) -> ProtocolFn<C, L>
    where
        C: Fn(&Request) -> bool + MaybeSend + MaybeSync + 'static,
        L: Fn(Request, ProtocolClient) -> F + MaybeSend + MaybeSync + 'static,
        F: Future<Output = Result<(), Error>> + MaybeSend + 'static,
    {
        ProtocolFn { can_init, load }
    }

    /// For the URLs of `scheme`, lower-case.
    pub fn scheme<L, F>(
        scheme: &'static str,
        load: L,
    ) -> ProtocolFn<impl Fn(&Request) -> bool + MaybeSend + MaybeSync + 'static, L>
    where
        L: Fn(Request, ProtocolClient) -> F + MaybeSend + MaybeSync + 'static,
        F: Future<Output = Result<(), Error>> + MaybeSend + 'static,
    {
        Self::new(
            move |request: &Request| request.url().scheme() == scheme,
            load,
        )
    }
}

impl<C, L, F> UrlProtocol for ProtocolFn<C, L>
where
    C: Fn(&Request) -> bool + MaybeSend + MaybeSync + 'static,
    L: Fn(Request, ProtocolClient) -> F + MaybeSend + MaybeSync + 'static,
    F: Future<Output = Result<(), Error>> + MaybeSend + 'static,
{
    fn can_init(&self, request: &Request) -> bool {
        (self.can_init)(request)
    }

    fn start_loading(&self, request: Request) -> ProtocolEvents {
        ProtocolEvents::driven(|client| (self.load)(request, client))
    }
}

impl<C, L> fmt::Debug for ProtocolFn<C, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProtocolFn")
    }
}
