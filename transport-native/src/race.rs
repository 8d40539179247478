//! Happy eyeballs (RFC 8305): one address after the other, without waiting for the slow ones.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::{Either, select};
use futures::stream::FuturesUnordered;
use tokio::net::TcpStream;
use urlsession_core::{Error, ErrorCode, NetworkServiceType};

use crate::errors::{self, Fault};
use crate::marking;

/// How long an attempt has before the next one starts beside it (RFC 8305 section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// The first connection that any of `addresses`, in this order, accepts.
pub(crate) async fn connect(
    addresses: &[SocketAddr],
    service: NetworkServiceType,
) -> Result<TcpStream, Error> {
    let mut attempts = FuturesUnordered::new();
    let mut worst: Option<Error> = None;
    let mut waiting = addresses.iter();
    loop {
        match waiting.next() {
            Some(address) => attempts.push(attempt(*address, service)),
            None if attempts.is_empty() => return Err(worst.unwrap_or(Fault::NoAddress.into())),
            None => (),
        }
        let ended = attempts.next();
        let ended = if waiting.len() == 0 {
            ended.await
        } else {
            match select(ended, Box::pin(tokio::time::sleep(ATTEMPT_DELAY))).await {
                Either::Left((ended, _)) => ended,
                Either::Right(_) => continue,
            }
        };
        match ended {
            Some(Ok(stream)) => return Ok(stream),
            Some(Err(error)) => worst = Some(worse(worst, errors::of_connect(error))),
            None => (),
        }
    }
}

/// No network is what is said only when every address says so.
fn worse(before: Option<Error>, now: Error) -> Error {
    match before {
        Some(before) if now.code() == ErrorCode::NotConnectedToInternet => before,
        _ => now,
    }
}

async fn attempt(address: SocketAddr, service: NetworkServiceType) -> io::Result<TcpStream> {
    let stream = marking::connect(address, service).await?;
    // It fails on a connection that has ended already; reading tells that better.
    drop(stream.set_nodelay(true));
    Ok(stream)
}
