//! A record being written.

use std::rc::Rc;

use bytes::Bytes;
use urlsession_core::{BoxFuture, CacheRecordId, CacheWriter, Error, ErrorCode, NewCacheRecord};

use super::js;
use super::store::{Shared, list, milliseconds};
use crate::promised::Promised;
use crate::script_error::ScriptError;

pub(super) struct Entry {
    shared: Rc<Shared>,
    entry: js::Entry,
    new: NewCacheRecord,
    length: u64,
    is_finished: bool,
}

impl Entry {
    pub(super) fn new(shared: Rc<Shared>, new: NewCacheRecord) -> Self {
        let entry = js::insert(&shared.store);
        Self {
            shared,
            entry,
            new,
            length: 0,
            is_finished: false,
        }
    }

    fn begin_write(&mut self, chunk: &Bytes) -> Option<Promised> {
        self.length += chunk.len() as u64;
        let is_too_long = self.new.length.is_some_and(|length| self.length > length);
        if is_too_long || !self.shared.has_place_for(self.length) {
            return None;
        }
        Some(Promised::begun(|wake, number| {
            js::write(&self.entry, chunk, wake, number)
        }))
    }

    /// Makes it whole.
    fn begin_finish(&mut self, head: Option<Bytes>) -> Option<Promised> {
        let new = &self.new;
        let head = head.as_ref().unwrap_or(&new.head);
        let size = (head.len() + new.key.len()) as u64 + self.length;
        let is_of_another_length = new.length.is_some_and(|length| length != self.length);
        if is_of_another_length || !self.shared.has_place_for(size) {
            return None;
        }
        self.is_finished = true;
        Some(Promised::begun(|wake, number| {
            js::finish(
                &self.entry,
                &new.key,
                head,
                self.length as f64,
                size as f64,
                milliseconds(new.stored_at),
                &list(&new.replaces),
                wake,
                number,
            )
        }))
    }
}

impl CacheWriter for Entry {
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(done(self.begin_write(&chunk)))
    }

    fn finish(
        mut self: Box<Self>,
        head: Option<Bytes>,
    ) -> BoxFuture<'static, Result<CacheRecordId, Error>> {
        let id = CacheRecordId(js::id_of(&self.entry) as i64);
        let finished = done(self.begin_finish(head));
        Box::pin(async move { finished.await.map(|()| id) })
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if !self.is_finished {
            js::forget(&self.entry);
        }
    }
}

/// What has come of it; `None` is a body of another length than it may have.
async fn done(begun: Option<Promised>) -> Result<(), Error> {
    let lost = Error::new(ErrorCode::CannotWriteToFile);
    match begun {
        None => Err(lost.because("the body is too long, or not whole")),
        Some(begun) => match begun.outcome().await {
            Ok(_) => Ok(()),
            Err(thrown) => Err(lost.with_cause(ScriptError::of(&thrown))),
        },
    }
}
