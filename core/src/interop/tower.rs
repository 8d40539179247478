//! A session as a service of `tower`: layers of that world stand before it.

use std::task::{Context, Poll};

use http::header;
use tower_service::Service;

use crate::interop::http_body::IntoRequestBody;
use crate::session::Session;
use crate::task::bytes::BodyBytes;
use crate::words::bounds::BoxFuture;
use crate::words::error::Error;
use crate::words::request::Request;
use crate::words::response::Response;

macro_rules! service {
    ($($(#[$doc:meta])* $session:ty,)*) => {$(
        $(#[$doc])*
        impl<B: IntoRequestBody> Service<http::Request<B>> for $session {
            type Response = http::Response<BodyBytes>;
            type Error = Error;
            type Future = BoxFuture<'static, Result<Self::Response, Error>>;

            fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
                Poll::Ready(Ok(()))
            }

            fn call(&mut self, request: http::Request<B>) -> Self::Future {
                let request = request.map(IntoRequestBody::into_request_body);
                answer(self.bytes(Request::try_from(request)))
            }
        }
    )*};
}

service! {
    /// Always ready: what must wait, waits in the session's queue. The answer's body is read as it is asked for; its extensions hold our
    /// [`Response`](crate::Response). Of a body that was decoded, the fields Content-Encoding and Content-Length are only there. What is no request is an error of the call.
    Session,
    /// The same by reference: a session needs no exclusive access.
    &Session,
}

type Loading = BoxFuture<'static, Result<(BodyBytes, Response), Error>>;

fn answer(bytes: Loading) -> BoxFuture<'static, Result<http::Response<BodyBytes>, Error>> {
    Box::pin(async move {
        let (body, response) = bytes.await?;
        let mut answer = http::Response::from(&response).map(|()| body);
        if answer.body().task().is_content_decoded() {
            for of_what_was_sent in [header::CONTENT_ENCODING, header::CONTENT_LENGTH] {
                answer.headers_mut().remove(of_what_was_sent);
            }
        }
        answer.extensions_mut().insert(response);
        Ok(answer)
    })
}
