//! Files in memory, for places without a private file system, and files that the page has of its own. They are Blobs, which the browser
//! keeps outside of this program's memory; all sessions of a page or worker share them.

use std::cell::{Cell, RefCell};

use js_sys::Array;
use urlsession_core::{Error, ErrorCode, Existing, FileRef, FileVersion};
use wasm_bindgen::JsValue;

use super::failed::{because, failed};
use super::name::{self, Name};
use super::sink::Chunk;
use super::writer::Claim;
use crate::js::{Blob, Foreign};
use crate::objects::count;

/// So many bytes of small chunks become a Blob.
const BLOCK: usize = 1024 * 1024;

thread_local! {
    static TABLE: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
    static GENERATION: Cell<u64> = const { Cell::new(0) };
}

struct Entry {
    name: Name,
    blob: Foreign,
    /// Another each time that it is written.
    generation: u64,
}

/// The bytes of a file, and which version they are.
pub(super) fn find(name: &Name) -> Option<(Foreign, FileVersion)> {
    TABLE.with_borrow(|table| {
        let entry = table.iter().find(|entry| entry.name == *name)?;
        let version = FileVersion::new(count(entry.blob.size()));
        Some((
            entry.blob.clone(),
            version.with_identity((0, entry.generation)),
        ))
    })
}

pub(super) fn has(name: &Name) -> bool {
    TABLE.with_borrow(|table| table.iter().any(|entry| entry.name == *name))
}

fn put(name: &Name, blob: Foreign) {
    GENERATION.set(GENERATION.get() + 1);
    let generation = GENERATION.get();
    TABLE.with_borrow_mut(|table| {
        table.retain(|entry| entry.name != *name);
        table.push(Entry {
            name: name.clone(),
            blob,
            generation,
        });
    });
}

pub(super) fn remove(name: &Name) -> Result<(), Error> {
    let was_there = has(name);
    TABLE.with_borrow_mut(|table| table.retain(|entry| entry.name != *name));
    match was_there {
        true => Ok(()),
        false => Err(ErrorCode::FileDoesNotExist.into()),
    }
}

pub(super) fn rename(from: &Name, to: &Name, existing: Existing) -> Result<(), Error> {
    let Some((blob, _)) = find(from) else {
        return Err(ErrorCode::FileDoesNotExist.into());
    };
    if existing == Existing::Refuse && has(to) {
        return Err(because(
            ErrorCode::CannotMoveFile,
            "there is a file already",
        ));
    }
    if from != to {
        put(to, blob);
        let _ = remove(from);
    }
    Ok(())
}

/// A name for what the page has of its own.
pub(super) fn adopt(blob: Foreign) -> FileRef {
    let file = FileRef::new(name::random("urlsession-file-"));
    if let Some(name) = Name::of(&file) {
        put(&name, blob);
    }
    file
}

/// A file being written.
pub(crate) struct MemorySink {
    #[expect(dead_code, reason = "nobody else writes as long as it is there")]
    claim: Claim,
    name: Name,
    parts: Array,
    /// The bytes of the parts but the first, which is what was there.
    gathered: usize,
}

impl MemorySink {
    /// At the offset `at` of the file `name`, what is beyond cut off.
    pub(super) fn open(claim: Claim, name: Name, at: u64) -> Result<Self, JsValue> {
        let parts = Array::new();
        if let Some((blob, _)) = find(&name).filter(|_| at > 0) {
            parts.push(blob.slice(0.0, at as f64)?.as_ref());
        }
        let mut sink = Self {
            claim,
            name,
            parts,
            gathered: 0,
        };
        sink.gather()?;
        Ok(sink)
    }

    fn gather(&mut self) -> Result<(), JsValue> {
        let blob = JsValue::from(Blob::new(&self.parts)?);
        self.parts = Array::of1(&blob);
        self.gathered = 0;
        put(&self.name, blob.into());
        Ok(())
    }

    pub(super) fn write(&mut self, chunk: &Chunk) -> Result<(), Error> {
        self.parts.push(&chunk.array());
        self.gathered += chunk.length();
        match self.gathered < BLOCK {
            true => Ok(()),
            false => self.flush(),
        }
    }

    pub(super) fn flush(&mut self) -> Result<(), Error> {
        // It may have got another name, or be gone: what was written stays so.
        if self.gathered == 0 {
            return Ok(());
        }
        let gathered = self.gather();
        gathered.map_err(|thrown| failed(ErrorCode::CannotWriteToFile, &thrown))
    }
}
