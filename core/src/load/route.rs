//! Sends a hop on its way: to the protocol that serves it, or to the transport.

use crate::load::protocol;
use crate::load::reach::{is_clear, reach};
use crate::load::send::{Hop, send};
use crate::seams::app::App;
use crate::seams::protocol::list::Route;
use crate::seams::transport::HopResponse;
use crate::words::error::{Error, ErrorCode};
use crate::words::request::Request;

/// The answer to a hop.
pub(crate) struct Answer {
    pub(crate) exchange: HopResponse,
    /// Where a protocol says that it leads; a transport's answer says it in its fields.
    pub(crate) leads_to: Option<Request>,
}

impl From<HopResponse> for Answer {
    fn from(exchange: HopResponse) -> Self {
        let leads_to = None;
        Self { exchange, leads_to }
    }
}

/// Makes the hop and gives its answer.
pub(crate) async fn route<A: App>(app: &A, hop: &Hop) -> Result<Answer, Error> {
    match hop.route {
        Route::Transport if is_clear(app, hop) => send(app, hop).await.map(Answer::from),
        Route::Transport => Box::pin(reach(app, hop)).await.map(Answer::from),
        Route::Protocol(number) => {
            Box::pin(protocol::load(app, hop, app.protocols().get(number))).await
        }
        Route::Nowhere => Err(Error::new(ErrorCode::UnsupportedUrl).with_cause(format!(
            "nobody serves the scheme {}",
            hop.request.url().scheme()
        ))),
    }
}
