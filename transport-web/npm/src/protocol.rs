//! Protocols of the app's own.

use std::cell::Cell;

use js_sys::Uint8Array;
use urlsession_core::{
    Error, ProtocolClient, ProtocolEvents, Request, RequestBody, UrlProtocol, join_url,
};
use wasm_bindgen::prelude::*;

use crate::answer::settled;
use crate::host::{Event, NO_COUNTS, Told, tell, tell_counts};
use crate::{failure, wire};

thread_local! {
    static LAST_LOAD: Cell<u32> = const { Cell::new(0) };
}

/// The protocol of a number in its session's list.
pub(crate) struct HostProtocol {
    pub(crate) session: u32,
    pub(crate) number: u32,
}

impl UrlProtocol for HostProtocol {
    fn can_init(&self, request: &Request) -> bool {
        let text = wire::of_request(request);
        let counts = [self.number.into(), 0.0, 0.0];
        let told = tell(
            Event::CanInit,
            self.session,
            counts,
            [text.into(), JsValue::UNDEFINED],
        );
        matches!(told, Ok(Some(told)) if told.is_truthy())
    }

    fn start_loading(&self, request: Request) -> ProtocolEvents {
        let number = LAST_LOAD.get().wrapping_add(1);
        LAST_LOAD.set(number);
        let load = Load { number };
        let begun = tell(
            Event::Load,
            self.session,
            [self.number.into(), number.into(), 0.0],
            [wire::of_request(&request).into(), body(&request)],
        );
        ProtocolEvents::driven(move |client| load.run(begun, request, client))
    }
}

/// A load under way; dropped, it is stopped.
struct Load {
    number: u32,
}

impl Load {
    /// Hands on the head of the response, then chunk after chunk.
    async fn run(
        self,
        begun: Told,
        request: Request,
        mut client: ProtocolClient,
    ) -> Result<(), Error> {
        let failed = |thrown: JsValue| failure::of_script(thrown).with_url(request.url());
        let head = settled(begun).await.map_err(failed)?;
        let head = head.as_string().unwrap_or_default();
        let response = wire::response(&head).map_err(|error| error.with_url(request.url()))?;
        match redirection(&request, &response) {
            Some(to) => client.was_redirected(to, response).await?,
            None => client.did_receive_response(response).await?,
        }
        loop {
            let next = tell_counts(Event::Pull, self.number, NO_COUNTS);
            let chunk = settled(next).await.map_err(failed)?;
            match chunk.dyn_ref::<Uint8Array>() {
                Some(chunk) => client.did_load(chunk.to_vec()).await?,
                None => return Ok(()),
            }
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // A throw of the app's at its end is the app's.
        let _ = tell_counts(Event::Stop, self.number, NO_COUNTS);
    }
}

/// Where a response leads on to.
fn redirection(request: &Request, response: &urlsession_core::Response) -> Option<Request> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let to = join_url(request.url(), &response.value("location")?).ok()?;
    let keeps = matches!(response.status().as_u16(), 307 | 308);
    let method = match keeps || matches!(request.method().as_str(), "GET" | "HEAD") {
        true => request.method().clone(),
        false => http::Method::GET,
    };
    let mut next = Request::new(method, to).ok()?;
    // What another origin may see of it is not known here.
    let origin = |request: &Request| request.target().map(|target| target.origin().id());
    if origin(&next).is_some() && origin(&next) == origin(request) {
        *next.headers_mut() = request.headers().clone();
    }
    Some(match keeps {
        true => next.with_body(request.body().clone()),
        false => next,
    })
}

/// What the request carries, as the app gave it.
fn body(request: &Request) -> JsValue {
    match request.body() {
        RequestBody::Bytes(bytes) => Uint8Array::from(&**bytes).into(),
        RequestBody::Stream(stream) => {
            let native = stream.open().and_then(|mut body| body.take_native());
            match native.and_then(|native| native.downcast::<web_sys::Blob>().ok()) {
                Some(blob) => JsValue::from(*blob),
                None => JsValue::UNDEFINED,
            }
        }
        RequestBody::Empty | RequestBody::File(_) => JsValue::UNDEFINED,
    }
}
