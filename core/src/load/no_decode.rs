//! In place of decoding: bodies come as the platform gives them.

use crate::seams::app::{App, Content};
use crate::seams::protocol::list::Route;
use crate::seams::transport::HopResponse;

/// The answer as it came. The length that a server says of a coded body is not the length of what somebody made of it.
pub(crate) fn decode<A: App>(app: &A, answer: HopResponse, route: Route) -> Content {
    let HopResponse { response, body, .. } = answer;
    let is_decoded = response.is_coded()
        && (route != Route::Transport || !app.platform().transport.capabilities().encoded_bodies);
    let expected = match is_decoded {
        true => None,
        false => body
            .remaining()
            .or_else(|| response.expected_content_length()),
    };
    Content {
        response,
        body,
        expected,
        is_decoded,
    }
}
