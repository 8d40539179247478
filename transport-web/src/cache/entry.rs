//! A record being written.

use std::rc::Rc;

use bytes::Bytes;
use js_sys::{Array, Uint8Array};
use urlsession_core::{BoxFuture, CacheRecordId, CacheWriter, Error, ErrorCode, NewCacheRecord};
use wasm_bindgen::prelude::*;

use super::database::within;
use super::js::answer;
use super::store::Shared;
use crate::js::Blob;
use crate::objects::record;
use crate::script_error::ScriptError;
use crate::spawned::spawned;

/// A body that is not longer is one part, of bytes, which is read with its head.
pub(super) const SMALL: u64 = 64 * 1024;
/// So many bytes of a longer one are a part, which the browser keeps as a Blob.
const PART: usize = 1024 * 1024;

pub(super) struct Entry {
    shared: Rc<Shared>,
    id: f64,
    new: NewCacheRecord,
    length: u64,
    gathered: Vec<Bytes>,
    gathered_length: usize,
    parts: u32,
    is_finished: bool,
}

impl Entry {
    pub(super) fn new(shared: Rc<Shared>, id: f64, new: NewCacheRecord) -> Self {
        Self {
            shared,
            id,
            new,
            length: 0,
            gathered: Vec::new(),
            gathered_length: 0,
            parts: 0,
            is_finished: false,
        }
    }

    /// What was gathered, as bytes.
    fn bytes(&mut self) -> Uint8Array {
        let chunks = std::mem::take(&mut self.gathered);
        self.gathered_length = 0;
        match &chunks[..] {
            [chunk] => Uint8Array::from(&**chunk),
            chunks => Uint8Array::from(&*chunks.concat()),
        }
    }

    fn key(&self) -> JsValue {
        Array::of2(&self.id.into(), &self.parts.into()).into()
    }

    /// Writes what was gathered as a part: a Blob, where the browser stores them (not in every private window).
    async fn write_part(&mut self) -> Result<(), JsValue> {
        let (bytes, key) = (self.bytes(), self.key());
        self.parts += 1;
        let shared = Rc::clone(&self.shared);
        spawned(async move {
            if shared.takes_blobs.get() {
                let blob = Blob::new(&Array::of1(&bytes))?.into();
                match shared.put_part(&blob, &key).await {
                    Ok(()) => return Ok(()),
                    Err(_) => shared.takes_blobs.set(false),
                }
            }
            shared.put_part(&bytes, &key).await
        })
        .await
    }

    async fn take(&mut self, chunk: Bytes) -> Result<(), Error> {
        self.length += chunk.len() as u64;
        let is_too_long = self.new.length.is_some_and(|length| self.length > length);
        if is_too_long || !self.shared.has_place_for(self.length) {
            return Err(lost("the body is too long"));
        }
        self.gathered_length += chunk.len();
        self.gathered.push(chunk);
        match self.gathered_length < PART {
            true => Ok(()),
            false => in_time(self.write_part()).await,
        }
    }

    /// Makes it whole, in one transaction.
    async fn put(&mut self, head: Bytes) -> Result<(), JsValue> {
        let size = (head.len() + self.new.key.len()) as u64 + self.length;
        if self.new.length.is_some_and(|length| length != self.length)
            || !self.shared.has_place_for(size)
        {
            return Err(JsValue::UNDEFINED);
        }
        let row = record([
            ("id", self.id.into()),
            ("key", self.new.key.as_str().into()),
            ("head", Uint8Array::from(&*head).into()),
            ("length", (self.length as f64).into()),
            (
                "stored",
                super::store::milliseconds(self.new.stored_at).into(),
            ),
        ]);
        if self.length > SMALL && self.gathered_length > 0 {
            self.write_part().await?;
        }
        let last = match self.gathered_length {
            0 => None,
            _ => Some((self.bytes(), self.key())),
        };
        let mut change = self.shared.change(false).await?;
        for &CacheRecordId(id) in &self.new.replaces {
            change.remove(id as f64).await?;
        }
        if let Some((part, key)) = last {
            answer(change.bodies.put_at(&part, &key)).await?;
        }
        answer(change.records.add(&row)).await?;
        change.take(self.id, size).await?;
        self.shared.end(change).await
    }
}

impl CacheWriter for Entry {
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.take(chunk))
    }

    fn finish(
        mut self: Box<Self>,
        head: Option<Bytes>,
    ) -> BoxFuture<'static, Result<CacheRecordId, Error>> {
        let id = CacheRecordId(self.id as i64);
        let put = spawned(async move {
            let head = head.unwrap_or_else(|| self.new.head.clone());
            let put = self.put(head).await;
            self.is_finished = put.is_ok();
            put
        });
        Box::pin(async move { in_time(put).await.map(|()| id) })
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if !self.is_finished && self.parts > 0 {
            let (shared, id) = (Rc::clone(&self.shared), self.id);
            drop(spawned(async move { shared.forget_parts(id).await }));
        }
    }
}

/// What `work` comes to: the load waits for it, so it may not take for ever.
async fn in_time(work: impl Future<Output = Result<(), JsValue>>) -> Result<(), Error> {
    match within(work).await {
        Some(done) => done.map_err(|thrown| failed(&thrown)),
        None => Err(lost("the browser does not answer")),
    }
}

fn lost(why: &'static str) -> Error {
    Error::new(ErrorCode::CannotWriteToFile).because(why)
}

fn failed(thrown: &JsValue) -> Error {
    Error::new(ErrorCode::CannotWriteToFile).with_cause(ScriptError::of(thrown))
}
