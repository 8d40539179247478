//! In place of what uploads part by part: nothing goes on with an upload that was broken off.

use crate::load::route::Answer;
use crate::seams::app::App;
use crate::seams::protocol::list::Route;
use crate::words::error::{Error, ErrorCode};
use crate::words::request::Request;

/// Only resume data lead here: an upload that begins offers a server nothing where no interim response is seen.
pub(crate) async fn upload<A: App>(_: &A, request: Request) -> Result<(Answer, Route), Error> {
    let error = Error::new(ErrorCode::UnsupportedUrl);
    Err(error
        .because("the feature `informational` is off: no upload goes on")
        .with_place(request.place()))
}
