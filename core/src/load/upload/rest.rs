//! The body of an upload from where the server is.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::load::file::open_version;
use crate::load::skipping::Skipping;
use crate::seams::app::App;
use crate::seams::asking::answer;
use crate::words::body::{Body, BodyStream, InMemory, RequestBody};
use crate::words::error::{Error, ErrorCode};
use crate::words::file_version::FileChanged;
use crate::words::opening::OpenedBody;

/// What is still to be sent, opened once and sent in one or several parts.
#[derive(Default)]
pub(super) struct Rest {
    open: Arc<Mutex<Option<Open>>>,
    /// How much is still to come of it from there on, where that is known.
    length: Option<u64>,
}

struct Open {
    body: Box<dyn Body>,
    /// Which byte of the whole comes next.
    at: u64,
    /// What was cut off behind a part.
    cut: Bytes,
    has_ended: bool,
}

impl Rest {
    /// Makes it the body from `offset` on, if it is not already.
    pub(super) async fn open_at<A: App>(
        &mut self,
        app: &A,
        body: &RequestBody,
        offset: u64,
    ) -> Result<(), Error> {
        if self.with(|open| open.at) == Some(offset) {
            return Ok(());
        }
        let opened = open(app, body, offset).await?;
        self.length = opened.length.map(|length| offset + length);
        *self.lock() = Some(Open {
            body: opened.body,
            at: offset,
            cut: Bytes::new(),
            has_ended: false,
        });
        Ok(())
    }

    /// How long the whole is, where that is known.
    pub(super) fn whole(&self) -> Option<u64> {
        self.length
    }

    /// True once the body has given its last byte.
    pub(super) fn has_ended(&self) -> bool {
        self.with(|open| open.has_ended) == Some(true)
    }

    /// Up to which byte it was read.
    pub(super) fn at(&self) -> Option<u64> {
        self.with(|open| open.at)
    }

    /// The next bytes of it, at most so many; exactly `length` where that is known.
    pub(super) fn part(&self, length: Option<u64>, most: Option<u64>) -> BodyStream {
        let open = self.open.clone();
        let part = BodyStream::once(Part { open, left: most });
        match length {
            Some(length) => part.with_length(length),
            None => part,
        }
    }

    fn with<R>(&self, work: impl FnOnce(&Open) -> R) -> Option<R> {
        self.lock().as_ref().map(work)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn open<A: App>(app: &A, body: &RequestBody, offset: u64) -> Result<OpenedBody, Error> {
    let exhausted = || {
        Error::new(ErrorCode::RequestBodyStreamExhausted)
            .because("the body is not to be had from where the server is")
    };
    match body {
        RequestBody::Bytes(bytes) => {
            let rest = usize::try_from(offset).ok().filter(|&at| at <= bytes.len());
            let rest = bytes.slice(rest.ok_or_else(exhausted)?..);
            Ok(OpenedBody {
                length: Some(rest.len() as u64),
                body: Box::new(InMemory::new(rest)),
            })
        }
        RequestBody::File(file) => {
            let files = &app.platform().files;
            let found = files.version(file).await?;
            let version = app.upload(|upload| *upload.version.get_or_insert(found));
            if version != Some(found) {
                return Err(FileChanged.into());
            }
            let body = open_version(&**files, file, found, offset).await?;
            let length = body.remaining();
            Ok(OpenedBody { body, length })
        }
        RequestBody::Stream(stream) => match open_stream(stream, offset).await? {
            Some(opened) => Ok(opened),
            None => ask(app, offset).await?.ok_or_else(exhausted),
        },
        // A body that was not stored.
        RequestBody::Empty => ask(app, offset).await?.ok_or_else(exhausted),
    }
}

async fn open_stream(stream: &BodyStream, offset: u64) -> Result<Option<OpenedBody>, Error> {
    if let Some(opener) = stream.opener().filter(|opener| opener.is_unread()) {
        return opener.open(offset).await.map(Some);
    }
    let whole = stream.length();
    if whole.is_some_and(|whole| whole < offset) {
        return Ok(None);
    }
    Ok(stream.open().map(|body| OpenedBody {
        body: Skipping::of(body, offset),
        length: whole.map(|whole| whole - offset),
    }))
}

/// Asks the app for the body from there on, or else for the whole.
async fn ask<A: App>(app: &A, offset: u64) -> Result<Option<OpenedBody>, Error> {
    let rest = answer(app.need_new_body_stream_from_offset(offset)).await?;
    if let Some(rest) = rest.flatten() {
        return open_stream(&rest, 0).await;
    }
    match answer(app.need_new_body_stream()).await?.flatten() {
        Some(whole) => open_stream(&whole, offset).await,
        None => Ok(None),
    }
}

/// A part of what is to be sent.
struct Part {
    open: Arc<Mutex<Option<Open>>>,
    left: Option<u64>,
}

impl Body for Part {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if self.left == Some(0) {
            return Poll::Ready(None);
        }
        let mut place = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = place.as_mut().filter(|open| !open.has_ended) else {
            return Poll::Ready(None);
        };
        let mut chunk = std::mem::take(&mut open.cut);
        if chunk.is_empty() {
            match ready!(open.body.poll_next_chunk(context)) {
                Some(Ok(next)) => chunk = next,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    open.has_ended = true;
                    return Poll::Ready(None);
                }
            }
        }
        if let Some(left) = &mut self.left {
            let fits = usize::try_from(*left).map_or(chunk.len(), |left| left.min(chunk.len()));
            open.cut = chunk.split_off(fits);
            *left -= fits as u64;
        }
        open.at += chunk.len() as u64;
        Poll::Ready(Some(Ok(chunk)))
    }

    fn remaining(&self) -> Option<u64> {
        None
    }
}
