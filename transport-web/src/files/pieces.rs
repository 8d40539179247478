//! A file as it lies in the private file system: `name`, and what follows it in `name.segments`, each piece by the offset where it begins.
//!
//! Where a page can only write files that appear whole once they are closed, a long one is written as pieces that are closed again and
//! again, so that what was closed outlives the page. A piece counts only if it begins where the one before it ends: what is left over of
//! a joining that was cut short begins elsewhere.

use js_sys::Array;
use urlsession_core::FileVersion;
use wasm_bindgen::JsValue;

use super::js::creating;
use super::name::Name;
use crate::js::{Blob, Foreign};
use crate::objects::{bytes_in, count, object, option, settled};

/// Ends the name of the folder of a file's later pieces.
const SEGMENTS: &str = ".segments";

/// Why less was written than there is.
pub(super) const NO_ROOM: &str = "there is no room for more";

/// A file's folder, and its name there.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) folder: Foreign,
    pub(super) name: String,
}

impl Place {
    /// Where `name` is below `root`; the folders on the way made if `creates` says so.
    pub(super) async fn of(root: &Foreign, name: &Name, creates: bool) -> Result<Self, JsValue> {
        let (path, name) = name.split();
        let mut folder = root.clone();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            folder = object(folder.get_directory_handle(part, &creating(creates))).await?;
        }
        Ok(Self {
            folder,
            name: name.to_owned(),
        })
    }

    /// The file's handle.
    pub(super) async fn handle(&self, creates: bool) -> Result<Foreign, JsValue> {
        object(self.folder.get_file_handle(&self.name, &creating(creates))).await
    }

    fn segments_name(&self) -> String {
        [&self.name, SEGMENTS].concat()
    }

    /// The folder of later pieces.
    pub(super) async fn segments(&self, creates: bool) -> Result<Foreign, JsValue> {
        let name = self.segments_name();
        object(self.folder.get_directory_handle(&name, &creating(creates))).await
    }

    /// Removes later pieces, if there are any.
    pub(super) async fn remove_segments(&self) {
        let options = option("recursive", true);
        // As a rule there are none.
        let _ = settled(self.folder.remove_entry(&self.segments_name(), &options)).await;
    }

    pub(super) async fn remove(&self) -> Result<JsValue, JsValue> {
        settled(self.folder.remove_entry(&self.name, &JsValue::UNDEFINED)).await
    }
}

/// One piece, as it is on disk.
pub(super) struct Piece {
    pub(super) handle: Foreign,
    /// The browser's `File`.
    pub(super) file: Foreign,
    pub(super) start: u64,
    pub(super) length: u64,
}

impl Piece {
    async fn of(handle: Foreign, start: u64) -> Result<Self, JsValue> {
        let file = object(handle.get_file()).await?;
        let length = count(file.size());
        Ok(Self {
            handle,
            file,
            start,
            length,
        })
    }
}

/// All pieces of a file, in order; never none.
pub(super) struct Pieces {
    pub(super) first: Piece,
    pub(super) later: Vec<Piece>,
}

impl Pieces {
    pub(super) async fn of(place: &Place) -> Result<Self, JsValue> {
        let first = Piece::of(place.handle(false).await?, 0).await?;
        let (mut later, mut end) = (Vec::new(), first.length);
        if let Ok(segments) = place.segments(false).await {
            while let Ok(handle) =
                object(segments.get_file_handle(&end.to_string(), &JsValue::UNDEFINED)).await
            {
                let piece = Piece::of(handle, end).await?;
                if piece.length == 0 {
                    break;
                }
                end += piece.length;
                later.push(piece);
            }
        }
        Ok(Self { first, later })
    }

    /// Of an empty file.
    pub(super) fn none(handle: Foreign) -> Self {
        let first = Piece {
            file: handle.clone(),
            handle,
            start: 0,
            length: 0,
        };
        Self {
            first,
            later: Vec::new(),
        }
    }

    pub(super) fn last(&self) -> &Piece {
        self.later.last().unwrap_or(&self.first)
    }

    pub(super) fn length(&self) -> u64 {
        self.last().start + self.last().length
    }

    pub(super) fn version(&self) -> FileVersion {
        let modified = count(self.last().file.last_modified());
        let modified = std::time::Duration::from_millis(modified);
        FileVersion::new(self.length()).with_modified(std::time::SystemTime::UNIX_EPOCH + modified)
    }

    /// The whole as one, of which nothing is read yet.
    pub(super) fn blob(self) -> Result<Foreign, JsValue> {
        if self.later.is_empty() {
            return Ok(self.first.file);
        }
        let parts = Array::of1(&self.first.file);
        for piece in &self.later {
            parts.push(&piece.file);
        }
        Ok(JsValue::from(Blob::new(&parts)?).into())
    }
}

/// Makes one file of all pieces of the one at `place`, in one step. The browser moves the bytes.
pub(super) async fn join(place: &Place) -> Result<(), JsValue> {
    let pieces = Pieces::of(place).await?;
    if pieces.later.is_empty() {
        return Ok(());
    }
    let whole = pieces
        .first
        .handle
        .create_writable(&option("keepExistingData", true));
    let whole = object(whole).await?;
    settled(whole.seek(pieces.first.length as f64)).await?;
    for piece in &pieces.later {
        settled(whole.write(&piece.file)).await?;
    }
    settled(whole.close()).await?;
    place.remove_segments().await;
    Ok(())
}

/// The same by a synchronous handle to the first, for a file that a page has begun.
pub(super) async fn join_by(
    handle: &Foreign,
    pieces: &Pieces,
    place: &Place,
) -> Result<(), JsValue> {
    for piece in &pieces.later {
        let buffer = settled(piece.file.array_buffer()).await?;
        let bytes = bytes_in(&buffer).ok_or(JsValue::UNDEFINED)?;
        let written = handle.write_bytes(&bytes, &option("at", piece.start as f64));
        // What is not whole is not joined: the pieces stay.
        if count(Ok(written?)) != bytes.len() as u64 {
            return Err(JsValue::from(NO_ROOM));
        }
    }
    if !pieces.later.is_empty() {
        handle.flush()?;
        place.remove_segments().await;
    }
    Ok(())
}
