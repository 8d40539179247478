//! The protocols that every session has.

mod data;
mod file;

use std::sync::Arc;

use http::Method;

use crate::seams::platform::Platform;
use crate::seams::protocol::UrlProtocol;
use crate::words::error::{Error, ErrorCode};
use crate::words::request::Request;

/// Those of a session on `platform`, asked after the app's own.
pub(crate) fn protocols(platform: &Platform) -> Vec<Arc<dyn UrlProtocol>> {
    let mut protocols: Vec<Arc<dyn UrlProtocol>> = vec![Arc::new(data::DataProtocol)];
    if platform.transport.capabilities().file_urls {
        protocols.push(Arc::new(file::FileProtocol(platform.files.clone())));
    }
    protocols
}

/// What is there to be read can be read, and nothing else: true for a GET, false for a HEAD.
fn wants_content(request: &Request) -> Result<bool, Error> {
    match *request.method() {
        Method::GET => Ok(true),
        Method::HEAD => Ok(false),
        _ => Err(Error::new(ErrorCode::UnsupportedUrl).because("neither GET nor HEAD")),
    }
}
