//! Sends a hop on its way: to the protocol that serves it, or to the transport.

#[cfg(feature = "cache")]
use crate::load::cache::Proposal;
#[cfg(feature = "protocols")]
use crate::load::protocol;
#[cfg(feature = "connectivity")]
use crate::load::reach::{check_path, is_choosy, is_clear, reach};
use crate::load::send::{Hop, send};
use crate::seams::app::App;
use crate::seams::protocol::list::Route;
use crate::seams::transport::HopResponse;
#[cfg(any(feature = "connectivity", feature = "protocols"))]
use crate::words::apart::apart;
use crate::words::error::{Error, ErrorCode};
use crate::words::request::Request;

/// The answer to a hop.
pub(crate) struct Answer {
    pub(crate) exchange: HopResponse,
    /// Where a protocol says that it leads; a transport's answer says it in its fields.
    pub(crate) leads_to: Option<Request>,
    /// What the cache would keep of it, where the app is asked about that once its body has come.
    #[cfg(feature = "cache")]
    pub(crate) keep: Option<Box<Proposal>>,
}

impl From<HopResponse> for Answer {
    fn from(exchange: HopResponse) -> Self {
        Self {
            exchange,
            leads_to: None,
            #[cfg(feature = "cache")]
            keep: None,
        }
    }
}

/// Makes the hop and gives its answer.
pub(crate) async fn route<A: App>(app: &A, hop: &Hop) -> Result<Answer, Error> {
    match hop.route {
        #[cfg(feature = "connectivity")]
        Route::Transport if is_choosy(app, hop) => apart(reach(app, hop)).await.map(Answer::from),
        Route::Transport => {
            #[cfg(feature = "connectivity")]
            if !is_clear(app, hop) {
                check_path(app, hop).await?;
            }
            send(app, hop).await.map(Answer::from)
        }
        #[cfg(feature = "protocols")]
        Route::Protocol(number) => {
            apart(protocol::load(app, hop, app.protocols().get(number))).await
        }
        Route::Nowhere => {
            Err(Error::new(ErrorCode::UnsupportedUrl).because("nobody serves its scheme"))
        }
    }
}
