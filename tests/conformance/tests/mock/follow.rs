//! A platform that follows redirects by itself, as a browser does (Fetch, HTTP-redirect fetch).

use urlsession_core::http::{Method, header};
use urlsession_core::mock::Reply;
use urlsession_core::{Bytes, ErrorCode};

use crate::routes::{Asked, Sent, Site, pause};

/// The reply at the end of all redirects, as if it had come from there.
pub(crate) fn to_the_end(site: &Site, mut asked: Asked) -> Reply {
    let mut waited = std::time::Duration::ZERO;
    for _ in 0..=20 {
        let reply = site.reach(&asked);
        waited += pause(&asked).unwrap_or_default();
        let leads_to = site
            .leads_to(&asked)
            .filter(|(status, _)| is_redirect(*status));
        let Some((status, location)) = leads_to else {
            let from = asked.url.as_str();
            return match waited.is_zero() {
                true => reply.from_url(from),
                false => reply.from_url(from).after(waited),
            };
        };
        let Ok(url) = asked.url.join(&String::from_utf8_lossy(&location)) else {
            break;
        };
        if !matches!(url.scheme(), "http" | "https") {
            break;
        }
        let becomes_get = match status {
            301 | 302 => asked.method == Method::POST,
            303 => !matches!(asked.method, Method::GET | Method::HEAD),
            _ => false,
        };
        if becomes_get {
            asked.method = Method::GET;
            asked.body = Sent::Known(Bytes::new());
            for name in [header::CONTENT_TYPE, header::CONTENT_LANGUAGE] {
                asked.headers.remove(name);
            }
        }
        asked.url = url;
    }
    Reply::error(ErrorCode::CannotLoadFromNetwork)
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}
