//! JSON in requests and answers, by `serde_json`.

use std::fmt;

use bytes::Bytes;
use http::{HeaderValue, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::session::Session;
use crate::words::body::RequestBody;
use crate::words::bounds::{BoxFuture, MaybeSend};
use crate::words::error::{Error, ErrorCode};
use crate::words::request::{IntoRequest, Request};
use crate::words::response::Response;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

impl Request {
    /// The same request with `value` as its body, in JSON (RFC 8259), and `Content-Type: application/json` unless it has one.
    ///
    /// ```
    /// use urlsession_core::{Request, RequestBody};
    ///
    /// let request = Request::post("https://a.example/points")?.with_json(&[1, 2])?;
    /// assert_eq!(request.body(), &RequestBody::from("[1,2]"));
    /// assert_eq!(request.headers()["content-type"], "application/json");
    /// # Ok::<(), urlsession_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorCode::Unknown`] when the value has no form in JSON, with the reason of `serde_json` as the cause.
    pub fn with_json<T: Serialize + ?Sized>(self, value: &T) -> Result<Self, Error> {
        let text = serde_json::to_vec(value)
            .map_err(|cause| Error::new(ErrorCode::Unknown).with_cause(cause))?;
        let mut request = self.with_body(RequestBody::from(text));
        let headers = request.headers_mut();
        headers.entry(header::CONTENT_TYPE).or_insert(JSON);
        Ok(request)
    }
}

impl Session {
    /// Loads a request and reads the answer as JSON (RFC 8259). Asks for `application/json` unless the request has a field Accept.
    ///
    /// Unlike in [`data`](Self::data), here another status than 2xx is an error: its document is hardly a `T`.
    ///
    /// # Errors
    /// Why the transfer failed; [`ErrorCode::BadServerResponse`] for a status other than 2xx, with [`UnexpectedStatus`] as the cause;
    /// [`ErrorCode::CannotParseResponse`] when the body is no `T`, with the reason of `serde_json` as the cause.
    pub fn json<T: DeserializeOwned + MaybeSend + 'static>(
        &self,
        request: impl IntoRequest,
    ) -> BoxFuture<'static, Result<(T, Response), Error>> {
        let request = request.into_request().map(asking_for_json);
        let data = self.data(request);
        Box::pin(async move {
            let (body, response) = data.await?;
            Ok((parsed(body, &response)?, response))
        })
    }
}

fn asking_for_json(mut request: Request) -> Request {
    if !request.headers().contains_key(header::ACCEPT) {
        request.headers_mut().insert(header::ACCEPT, JSON);
    }
    request
}

fn parsed<T: DeserializeOwned>(body: Bytes, response: &Response) -> Result<T, Error> {
    let failed = |code| Error::new(code).with_url(response.url());
    if !response.status().is_success() {
        let response = response.clone();
        return Err(
            failed(ErrorCode::BadServerResponse).with_cause(UnexpectedStatus { response, body })
        );
    }
    serde_json::from_slice(&body)
        .map_err(|cause| failed(ErrorCode::CannotParseResponse).with_cause(cause))
}

/// The cause of [`ErrorCode::BadServerResponse`] where a 2xx was needed: what the server answered instead.
#[derive(Clone, thiserror::Error)]
#[error("the server answered {}", response.status())]
pub struct UnexpectedStatus {
    /// The head of the answer.
    pub response: Response,
    /// Its body.
    pub body: Bytes,
}

impl fmt::Debug for UnexpectedStatus {
    /// Of the body only the length.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnexpectedStatus")
            .field("response", &self.response)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}
