//! The scripted server reads a request's body.

use bytes::{Buf, Bytes};

use super::exchange::Open;
use super::files::MockFiles;
use super::reply::Reading;
use crate::seams::exchange::ExchangeEvents;
use crate::seams::transport::HopBody;
use crate::words::body::{Body, InMemory};
use crate::words::error::Error;

/// Reads `body` as the script says, and notes and reports what was read.
pub(super) async fn read(
    body: HopBody,
    reading: Reading,
    open: &Open,
    events: Option<&ExchangeEvents>,
) -> Result<(), Error> {
    if reading.at_most == 0 {
        return Ok(());
    }
    let Some(mut body) = open_body(body, open.files()).await? else {
        return Ok(());
    };
    let mut left = reading.at_most;
    while left > 0 {
        let Some(mut chunk) = body.next_chunk().await? else {
            open.read_trailers(body.trailers().filter(|_| !body.trailer_names().is_empty()));
            return Ok(());
        };
        chunk.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        left -= chunk.len() as u64;
        take(chunk, reading, open, events).await;
    }
    Ok(())
}

async fn take(mut chunk: Bytes, reading: Reading, open: &Open, events: Option<&ExchangeEvents>) {
    while chunk.has_remaining() {
        let mut count = chunk.len();
        if let Some((at_a_time, pause)) = reading.pace {
            open.sleep(pause).await;
            count = count.min(at_a_time);
        }
        let piece = chunk.split_to(count);
        open.read(&piece);
        if let Some(events) = events {
            events.sent(piece.len() as u64);
        }
    }
}

async fn open_body(body: HopBody, files: &MockFiles) -> Result<Option<Box<dyn Body>>, Error> {
    Ok(match body {
        HopBody::Empty => None,
        HopBody::Bytes(bytes) => Some(Box::new(InMemory::new(bytes))),
        HopBody::File(file, version) => Some(files.open_version(&file, *version)?),
        HopBody::Stream(body, _) => Some(body),
    })
}
