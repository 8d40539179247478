//! A file being written where a page, or a worker without synchronous handles, writes: piece by piece, each on disk once it is closed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use urlsession_core::{Error, ErrorCode};
use wasm_bindgen::JsValue;

use super::failed::{because, failed};
use super::js::creating;
use super::pieces::{self, Pieces, Place};
use super::sink::Chunk;
use super::writer::{Claim, Writer};
use crate::js::Foreign;
use crate::objects::{object, option, settled};

/// A piece that is as long is closed: 4 MiB.
const SEGMENT: u64 = 4 * 1024 * 1024;

/// Writes at the end.
pub(crate) struct PageSink {
    claim: Claim,
    course: Rc<Course>,
    /// Not handed on yet.
    queue: RefCell<Vec<Chunk>>,
}

/// Where the writing stands.
struct Course {
    writer: Rc<Writer>,
    place: Place,
    /// The last piece.
    piece: RefCell<Foreign>,
    start: Cell<u64>,
    length: Cell<u64>,
}

impl PageSink {
    /// At the end of what is at `place`.
    pub(super) fn new(claim: Claim, place: Place, pieces: &Pieces) -> Self {
        let last = pieces.last();
        let course = Course {
            writer: Rc::clone(claim.writer()),
            place,
            piece: RefCell::new(last.handle.clone()),
            start: Cell::new(last.start),
            length: Cell::new(last.length),
        };
        Self {
            claim,
            course: Rc::new(course),
            queue: RefCell::default(),
        }
    }

    /// Takes `chunk`; ready when what came before it is handed on.
    pub(super) async fn write(&mut self, chunk: Chunk) -> Result<(), Error> {
        self.queue.borrow_mut().push(chunk);
        self.hand_on().await
    }

    async fn hand_on(&self) -> Result<(), Error> {
        self.claim.writer().idle().await?;
        let queue = self.queue.take();
        if !queue.is_empty() {
            let course = Rc::clone(&self.course);
            self.run(async move { course.write_all(queue).await });
        }
        Ok(())
    }

    fn run(&self, work: impl Future<Output = Result<(), JsValue>> + 'static) {
        self.claim.writer().begin(async move {
            let done = work.await;
            done.map_err(|thrown| failed(ErrorCode::CannotWriteToFile, &thrown))
        });
    }

    /// Closes the piece that is open, so that it is on disk.
    pub(super) async fn sync(&self) -> Result<(), Error> {
        self.hand_on().await?;
        self.claim.writer().idle().await?;
        let course = Rc::clone(&self.course);
        self.run(async move { course.close_piece().await });
        self.claim.writer().idle().await
    }

    /// Makes one file of the pieces.
    pub(super) async fn finish(&self) -> Result<(), Error> {
        self.sync().await?;
        let course = Rc::clone(&self.course);
        self.run(async move { pieces::join(&course.place).await });
        self.claim.writer().idle().await
    }
}

impl Course {
    async fn write_all(&self, chunks: Vec<Chunk>) -> Result<(), JsValue> {
        for chunk in chunks {
            let piece = match self.writer.object() {
                Some(piece) => piece,
                None => self.open_piece().await?,
            };
            settled(piece.write(&chunk.array())).await?;
            self.length.set(self.length.get() + chunk.length() as u64);
            if self.length.get() >= SEGMENT {
                self.close_piece().await?;
            }
        }
        Ok(())
    }

    async fn open_piece(&self) -> Result<Foreign, JsValue> {
        if self.length.get() >= SEGMENT {
            self.begin_piece().await?;
        }
        let (handle, length) = (self.piece.borrow().clone(), self.length.get());
        let piece = handle.create_writable(&option("keepExistingData", length > 0));
        let piece = object(piece).await?;
        self.writer.set_object(piece.clone());
        if length > 0 {
            settled(piece.seek(length as f64)).await?;
        }
        Ok(piece)
    }

    async fn begin_piece(&self) -> Result<(), JsValue> {
        let segments = self.place.segments(true).await?;
        let start = self.start.get() + self.length.get();
        let handle = segments.get_file_handle(&start.to_string(), &creating(true));
        *self.piece.borrow_mut() = object(handle).await?;
        self.start.set(start);
        self.length.set(0);
        Ok(())
    }

    async fn close_piece(&self) -> Result<(), JsValue> {
        match self.writer.take_object() {
            Some(piece) => settled(piece.close()).await.map(|_| ()),
            None => Ok(()),
        }
    }
}

/// Cuts the file at `place` off at `end`.
pub(super) async fn cut(place: &Place, pieces: &mut Pieces, end: u64) -> Result<(), JsValue> {
    while let Some(last) = pieces.later.pop_if(|last| last.start >= end) {
        let segments = place.segments(false).await?;
        settled(segments.remove_entry(&last.start.to_string(), &JsValue::UNDEFINED)).await?;
    }
    let last = pieces.later.last_mut().unwrap_or(&mut pieces.first);
    let length = end.saturating_sub(last.start);
    if length < last.length {
        let options = option("keepExistingData", true);
        let piece = object(last.handle.create_writable(&options)).await?;
        settled(piece.truncate(length as f64)).await?;
        settled(piece.close()).await?;
        last.length = length;
    }
    Ok(())
}

pub(super) fn busy(code: ErrorCode) -> Error {
    because(code, "somebody else writes to the file")
}
