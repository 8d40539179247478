//! Undoes the codings of the answer's body, where platform and request let it.

mod body;
mod chain;

use std::sync::Arc;

use http::{StatusCode, header};

use self::body::{DecodedBody, RefusedBody};
use self::chain::Chain;
use crate::policy::coding::{Bounds, codings};
use crate::seams::app::{App, Content};
use crate::seams::decoder::Decoder;
use crate::seams::protocol::list::Route;
use crate::seams::transport::HopResponse;
use crate::words::body::Body;
use crate::words::response::Response;

/// The answer with its body decoded.
///
/// A part of a coded body (206) cannot be decoded by itself, and a body under a coding that nobody here knows comes as it was sent. A protocol
/// gives content, whatever its fields say: it may have them from a session that decoded already.
pub(crate) fn decode<A: App>(app: &A, answer: HopResponse, route: Route) -> Content {
    // A look at each name: few fields are looked through in less than a look-up takes, and every answer is asked.
    let mut names = answer.response.headers().keys();
    if !names.any(|name| name == header::CONTENT_ENCODING) {
        return as_it_came(answer);
    }
    let is_coded = app.platform().transport.capabilities().encoded_bodies;
    if !is_coded || route != Route::Transport {
        return decoded_elsewhere(answer);
    }
    match app.platform().decoder.clone() {
        Some(decoder)
            if app.decodes() && answer.response.status() != StatusCode::PARTIAL_CONTENT =>
        {
            undo(app, answer, decoder)
        }
        Some(_) | None => as_it_came(answer),
    }
}

fn undo<A: App>(app: &A, answer: HopResponse, decoder: Arc<dyn Decoder>) -> Content {
    let HopResponse { response, body, .. } = answer;
    let codings = match codings(response.headers()) {
        Ok(codings) => codings.unwrap_or_default(),
        Err(refusal) => return decoded(response, RefusedBody::new(body, refusal)),
    };
    let known = decoder.codings();
    let knows = |coding: &String| known.iter().any(|known| known == coding);
    if codings.is_empty() || !codings.iter().all(knows) {
        return known_length(response, body);
    }
    let chain = Chain::new(codings, decoder, Bounds::of(app.configuration()));
    decoded(response, DecodedBody::new(body, chain))
}

fn as_it_came(answer: HopResponse) -> Content {
    known_length(answer.response, answer.body)
}

/// The length that a server says of a coded body is not the length of what somebody made of it.
fn decoded_elsewhere(answer: HopResponse) -> Content {
    match codings(answer.response.headers()) {
        Ok(Some(codings)) if codings.is_empty() => as_it_came(answer),
        Ok(_) | Err(_) => Content {
            response: answer.response,
            body: answer.body,
            expected: None,
            is_decoded: true,
        },
    }
}

fn known_length(response: Response, body: Box<dyn Body>) -> Content {
    let expected = body
        .remaining()
        .or_else(|| response.expected_content_length());
    Content {
        response,
        body,
        expected,
        is_decoded: false,
    }
}

fn decoded(response: Response, body: impl Body) -> Content {
    Content {
        response,
        body: Box::new(body),
        expected: None,
        is_decoded: true,
    }
}
