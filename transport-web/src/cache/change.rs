//! A transaction that writes: all of it counts, or nothing.

use js_sys::{Array, Date, Reflect};
use wasm_bindgen::prelude::*;

use super::database::{BODIES, RECORDS, TOTALS, USES, parts_of};
use super::js::{answer, list, over};
use crate::js::Foreign;
use crate::objects::{count, record};

/// So many of the least recently used are looked at together.
const BATCH: f64 = 16.0;
/// The key of the bytes that all records take.
const SIZE: &str = "size";

pub(super) struct Change {
    transaction: Foreign,
    pub(super) records: Foreign,
    pub(super) bodies: Foreign,
    uses: Foreign,
    totals: Foreign,
    /// The bytes of all heads, bodies and keys.
    size: u64,
    is_over: bool,
}

impl Change {
    pub(super) async fn begin(transaction: Foreign) -> Result<Self, JsValue> {
        let totals = transaction.object_store(TOTALS)?;
        let size = answer(totals.get(&SIZE.into())).await;
        Ok(Self {
            records: transaction.object_store(RECORDS)?,
            bodies: transaction.object_store(BODIES)?,
            uses: transaction.object_store(USES)?,
            totals,
            transaction,
            size: count(size),
            is_over: false,
        })
    }

    /// What these records take is taken; the records are still to be put.
    pub(super) async fn take(&mut self, id: f64, size: u64) -> Result<(), JsValue> {
        self.size += size;
        self.note_use(id, size).await
    }

    async fn note_use(&self, id: f64, size: u64) -> Result<(), JsValue> {
        let row = record([
            ("id", id.into()),
            ("used", Date::now().into()),
            ("size", (size as f64).into()),
        ]);
        answer(self.uses.put(&row)).await?;
        Ok(())
    }

    /// The size of a record, of its head, body and key; `None` where there is none.
    pub(super) async fn size_of(&self, id: f64) -> Result<Option<u64>, JsValue> {
        let row = answer(self.uses.get(&id.into())).await?;
        if row.is_undefined() {
            return Ok(None);
        }
        Ok(Some(count(Reflect::get(&row, &"size".into()))))
    }

    /// A record was used.
    pub(super) async fn touch(&self, id: f64) -> Result<(), JsValue> {
        match self.size_of(id).await? {
            Some(size) => self.note_use(id, size).await,
            None => Ok(()),
        }
    }

    /// A record takes so many bytes more or less.
    pub(super) async fn resize(&mut self, id: f64, from: u64, to: u64) -> Result<(), JsValue> {
        let before = self.size_of(id).await?.unwrap_or(0);
        let size = before.saturating_sub(from) + to;
        self.size = self.size.saturating_sub(before) + size;
        self.note_use(id, size).await
    }

    pub(super) async fn remove(&mut self, id: f64) -> Result<(), JsValue> {
        if let Some(size) = self.size_of(id).await? {
            self.size = self.size.saturating_sub(size);
            answer(self.records.delete(&id.into())).await?;
            answer(self.bodies.delete(&parts_of(id)?)).await?;
            answer(self.uses.delete(&id.into())).await?;
        }
        Ok(())
    }

    /// Removes all whose ids a request gives.
    pub(super) async fn remove_all(
        &mut self,
        ids: Result<Foreign, JsValue>,
    ) -> Result<(), JsValue> {
        let ids: Array = list(ids).await?;
        for id in ids.iter().filter_map(|id| id.as_f64()) {
            self.remove(id).await?;
        }
        Ok(())
    }

    /// Every record's id.
    pub(super) fn all(&self) -> Result<Foreign, JsValue> {
        self.uses.get_all_keys(&JsValue::UNDEFINED)
    }

    /// Removes the least recently used until all fits `capacity`.
    async fn evict(&mut self, capacity: u64) -> Result<(), JsValue> {
        while self.size > capacity {
            let used = self.uses.index("used")?;
            let rows = list(used.get_all(&JsValue::UNDEFINED, &BATCH.into())).await?;
            if rows.length() == 0 {
                self.size = 0;
            }
            for row in rows.iter() {
                if self.size > capacity
                    && let Some(id) = Reflect::get(&row, &"id".into())?.as_f64()
                {
                    self.remove(id).await?;
                }
            }
        }
        Ok(())
    }

    /// Makes all of it count.
    pub(super) async fn end(mut self, capacity: u64) -> Result<(), JsValue> {
        self.evict(capacity).await?;
        let size = (self.size as f64).into();
        self.totals.put_at(&size, &SIZE.into())?;
        self.is_over = true;
        over(&self.transaction).await?;
        Ok(())
    }
}

impl Drop for Change {
    /// What was broken off in the middle never was.
    fn drop(&mut self) {
        if !self.is_over {
            let _ = self.transaction.abort();
        }
    }
}

/// The bytes of all records, as a transaction that reads sees them.
pub(super) async fn size(transaction: &Foreign) -> Result<u64, JsValue> {
    let totals = transaction.object_store(TOTALS)?;
    Ok(count(answer(totals.get(&SIZE.into())).await))
}
