//! Files: in the origin's private file system, or in memory where there is none.
//!
//! What a [`FileRef`] names is below the root of that file system, which only this origin sees: `downloads/a.bin` and `/downloads/a.bin` are the
//! same file. Folders are made as files in them are. How a file is written is found out at the first use:
//!
//! * in a dedicated worker by a synchronous handle: what was confirmed as durable outlives the worker;
//! * elsewhere piece by piece, each on disk once it is closed, joined when the file is finished: a download that goes on after its page
//!   has died lacks at most what was not closed, and a finished one is one file;
//! * in memory, in Node and wherever the browser has no such file system: files end with the page.

mod failed;
mod js;
mod lock;
mod memory;
mod name;
mod page_sink;
mod pieces;
mod sink;
mod worker_sink;
mod writer;

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use js_sys::{Array, Reflect};
use urlsession_core::{
    Body, BoxFuture, Error, ErrorCode, Existing, FileChanged, FileRef, FileSink, FileVersion,
    Files, OpenFile,
};
use wasm_bindgen::prelude::*;

use self::failed::{because, failed, not_read};
use self::lock::opened;
use self::memory::MemorySink;
use self::name::Name;
use self::page_sink::{PageSink, busy, cut};
use self::pieces::{Pieces, Place, join, join_by};
#[cfg(feature = "download")]
pub(crate) use self::sink::WebSink;
#[cfg(not(feature = "download"))]
use self::sink::WebSink;
use self::worker_sink::WorkerSink;
use self::writer::{Claim, let_go};
use crate::blob_body::{BlobBody, Check};
use crate::js::Foreign;
use crate::objects::{object, settled};

/// The files of this page or worker.
#[derive(Clone, Default)]
pub struct WebFiles {
    ground: Rc<RefCell<Option<Ground>>>,
}

/// Where files are, and how they are written.
#[derive(Clone)]
enum Ground {
    /// In the private file system with this root, by synchronous handles.
    Worker(Foreign),
    /// The same, by streams that are there once they are closed.
    Page(Foreign),
    Memory,
}

/// How a file is opened to be written.
#[derive(Clone, Copy, PartialEq)]
enum Opening {
    /// Whatever was there is gone.
    Anew,
    /// There was none.
    New,
    /// From this offset on.
    At(u64),
}

impl Opening {
    fn code(self) -> ErrorCode {
        match self {
            Self::Anew | Self::New => ErrorCode::CannotCreateFile,
            Self::At(_) => ErrorCode::CannotOpenFile,
        }
    }

    fn offset(self) -> u64 {
        match self {
            Self::Anew | Self::New => 0,
            Self::At(offset) => offset,
        }
    }
}

impl WebFiles {
    /// The files of this page or worker.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A name for a file that the page has of its own (a user's choice, a drop), so that it can be sent, read, or moved to another name. It is not
    /// copied; it is known until it is removed, or the page ends.
    #[must_use]
    pub fn adopt(&self, file: web_sys::File) -> FileRef {
        memory::adopt(JsValue::from(file).into())
    }

    /// The browser's own `File` for `file`: of a finished download, without reading it. In the private file system it can be read as long as the file
    /// is there under its name.
    ///
    /// # Errors
    /// As [`Files::read`].
    pub async fn object(&self, file: &FileRef) -> Result<web_sys::File, Error> {
        let name = named(file)?;
        let (blob, _) = self.look(&name).await?;
        let thrown = |thrown| not_read(&thrown);
        if let Some(file) = blob.dyn_ref::<web_sys::File>() {
            return Ok(file.clone());
        }
        web_sys::File::new_with_blob_sequence(&Array::of1(&blob), name.split().1).map_err(thrown)
    }

    /// The bytes of `file` in the state `version`, as the browser sends them.
    pub(crate) async fn blob(
        &self,
        file: &FileRef,
        version: FileVersion,
    ) -> Result<JsValue, Error> {
        let (blob, found) = self.look(&named(file)?).await?;
        if found != version {
            return Err(FileChanged.into());
        }
        // A part has no media type: none is made up.
        let part = blob.slice(0.0, version.length() as f64);
        Ok(part.map_err(|thrown| not_read(&thrown))?.into())
    }

    async fn ground(&self) -> Ground {
        if let Some(ground) = &*self.ground.borrow() {
            return ground.clone();
        }
        let ground = private_file_system().await.unwrap_or(Ground::Memory);
        *self.ground.borrow_mut() = Some(ground.clone());
        ground
    }

    /// A file's bytes and their version.
    async fn look(&self, name: &Name) -> Result<(Foreign, FileVersion), Error> {
        if let Some(found) = memory::find(name) {
            return Ok(found);
        }
        let (Ground::Worker(root) | Ground::Page(root)) = self.ground().await else {
            return Err(ErrorCode::FileDoesNotExist.into());
        };
        let pieces = async {
            let pieces = Pieces::of(&Place::of(&root, name, false).await?).await?;
            let version = pieces.version();
            Ok((pieces.blob()?, version))
        };
        pieces.await.map_err(|thrown: JsValue| not_read(&thrown))
    }

    async fn open(&self, name: Name, opening: Opening) -> Result<WebSink, Error> {
        let code = opening.code();
        let claim = Claim::of(&name).await.ok_or_else(|| busy(code))?;
        let ground = match memory::has(&name) {
            true => Ground::Memory,
            false => self.ground().await,
        };
        let thrown = |thrown: JsValue| failed(code, &thrown);
        match ground {
            Ground::Memory => {
                let length = memory::find(&name).map(|(_, version)| version.length());
                check(opening, length)?;
                MemorySink::open(claim, name, opening.offset())
                    .map(WebSink::Memory)
                    .map_err(thrown)
            }
            Ground::Page(root) => {
                let (place, mut pieces) = prepare(&root, &name, opening).await?;
                let cut = cut(&place, &mut pieces, opening.offset()).await;
                cut.map_err(thrown)?;
                Ok(WebSink::Page(PageSink::new(claim, place, &pieces)))
            }
            Ground::Worker(root) => {
                let (place, pieces) = prepare(&root, &name, opening).await?;
                let handle = opened(|| pieces.first.handle.create_sync_access_handle()).await;
                let handle = handle.map_err(thrown)?;
                claim.writer().set_object(handle.clone());
                let joined = join_by(&handle, &pieces, &place).await;
                joined.map_err(thrown)?;
                let cut = settled(handle.truncate(opening.offset() as f64)).await;
                cut.map_err(thrown)?;
                let at = opening.offset();
                Ok(WebSink::Worker(WorkerSink { claim, at }))
            }
        }
    }

    async fn opened(self, file: FileRef, opening: Opening) -> Result<Box<dyn FileSink>, Error> {
        let name = Name::of(&file).ok_or_else(|| because(opening.code(), NO_NAME))?;
        Ok(Box::new(self.open(name, opening).await?))
    }

    async fn renamed(self, from: Name, to: Name, existing: Existing) -> Result<(), Error> {
        let_go(&from).await;
        let ground = self.ground().await;
        let (Ground::Worker(root) | Ground::Page(root)) = &ground else {
            return memory::rename(&from, &to, existing);
        };
        if memory::has(&from) {
            return memory::rename(&from, &to, existing);
        }
        let moved = async {
            let from = Place::of(root, &from, false).await?;
            let file = from.handle(false).await?;
            let to = Place::of(root, &to, true).await?;
            if existing == Existing::Refuse && to.handle(false).await.is_ok() {
                return Ok(false);
            }
            make_one(&ground, &from).await?;
            settled(file.move_to(&to.folder, &to.name)).await?;
            to.remove_segments().await;
            Ok(true)
        };
        let moved = moved.await;
        match moved.map_err(|thrown: JsValue| failed(ErrorCode::CannotMoveFile, &thrown))? {
            true => Ok(()),
            false => Err(because(
                ErrorCode::CannotMoveFile,
                "there is a file already",
            )),
        }
    }

    async fn removed(self, name: Name) -> Result<(), Error> {
        let_go(&name).await;
        if memory::has(&name) {
            return memory::remove(&name);
        }
        let (Ground::Worker(root) | Ground::Page(root)) = self.ground().await else {
            return memory::remove(&name);
        };
        let removed = async {
            let place = Place::of(&root, &name, false).await?;
            place.handle(false).await?;
            place.remove_segments().await;
            place.remove().await
        };
        let removed = removed.await;
        removed.map_err(|thrown| failed(ErrorCode::CannotRemoveFile, &thrown))?;
        Ok(())
    }
}

/// Why a path is refused.
const NO_NAME: &str = "the path names no file below the root";

fn named(file: &FileRef) -> Result<Name, Error> {
    Name::of(file).ok_or_else(|| because(ErrorCode::FileDoesNotExist, NO_NAME))
}

/// The private file system, where files in it can be written and moved.
async fn private_file_system() -> Option<Ground> {
    let global: Foreign = js_sys::global().unchecked_into();
    let prototype = global.file_handle_class().ok()?.prototype().ok()?;
    let can = |name: &str| {
        let method = Reflect::get(&prototype, &name.into());
        method.is_ok_and(|method| method.is_function())
    };
    if !can("move") {
        return None;
    }
    let directory = global.navigator().ok()?.storage().ok()?.get_directory();
    let root = object(directory).await.ok()?;
    if can("createSyncAccessHandle") {
        return Some(Ground::Worker(root));
    }
    can("createWritable").then_some(Ground::Page(root))
}

/// Whether a file that has so many bytes, if it is there, can be opened so.
fn check(opening: Opening, length: Option<u64>) -> Result<(), Error> {
    match (opening, length) {
        (Opening::Anew, _) | (Opening::New, None) => Ok(()),
        (Opening::New, Some(_)) => Err(because(opening.code(), "there is a file already")),
        (Opening::At(_), None) => Err(ErrorCode::FileDoesNotExist.into()),
        (Opening::At(at), Some(length)) if length < at => {
            Err(because(opening.code(), "the file is shorter"))
        }
        (Opening::At(_), Some(_)) => Ok(()),
    }
}

/// The file's place and pieces; made if it is to be new.
async fn prepare(root: &Foreign, name: &Name, opening: Opening) -> Result<(Place, Pieces), Error> {
    let thrown = |thrown: JsValue| failed(opening.code(), &thrown);
    let creates = !matches!(opening, Opening::At(_));
    let place = Place::of(root, name, creates).await.map_err(thrown)?;
    let there = match place.handle(false).await {
        Ok(_) => Some(Pieces::of(&place).await.map_err(thrown)?),
        Err(_) => None,
    };
    check(opening, there.as_ref().map(Pieces::length))?;
    if !matches!(opening, Opening::At(_)) {
        place.remove_segments().await;
    }
    let pieces = match there {
        Some(mut there) => {
            if !matches!(opening, Opening::At(_)) {
                there.later.clear();
            }
            there
        }
        None => Pieces::none(place.handle(true).await.map_err(thrown)?),
    };
    Ok((place, pieces))
}

/// Makes one file of a file's pieces.
async fn make_one(ground: &Ground, place: &Place) -> Result<(), JsValue> {
    let Ground::Worker(_) = ground else {
        return join(place).await;
    };
    let pieces = Pieces::of(place).await?;
    if pieces.later.is_empty() {
        return Ok(());
    }
    let handle = object(pieces.first.handle.create_sync_access_handle()).await?;
    let joined = join_by(&handle, &pieces, place).await;
    handle.close()?;
    joined
}

impl Files for WebFiles {
    fn read(
        &self,
        file: &FileRef,
        offset: u64,
    ) -> BoxFuture<'static, Result<Box<dyn Body>, Error>> {
        let (files, name) = (self.clone(), named(file));
        Box::pin(async move {
            let name = name?;
            let (blob, version) = files.look(&name).await?;
            let check: Check = Box::pin(async move {
                match files.look(&name).await {
                    Ok((_, found)) if found == version => Ok(()),
                    Ok(_) | Err(_) => Err(FileChanged.into()),
                }
            });
            let body = BlobBody::new(blob, offset, version.length(), Some(check));
            Ok(Box::new(body) as Box<dyn Body>)
        })
    }

    fn version(&self, file: &FileRef) -> BoxFuture<'static, Result<FileVersion, Error>> {
        let (files, name) = (self.clone(), named(file));
        Box::pin(async move { Ok(files.look(&name?).await?.1) })
    }

    fn create(&self, file: &FileRef) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        Box::pin(self.clone().opened(file.clone(), Opening::Anew))
    }

    fn create_new(&self, file: &FileRef) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        Box::pin(self.clone().opened(file.clone(), Opening::New))
    }

    fn temporary(&self) -> BoxFuture<'static, Result<OpenFile, Error>> {
        let (files, file) = (self.clone(), name::temporary());
        Box::pin(async move {
            let sink = files.opened(file.clone(), Opening::New).await?;
            Ok((file, sink))
        })
    }

    fn temporary_at(&self, name: &str) -> Option<FileRef> {
        name::temporary_at(name)
    }

    fn append(
        &self,
        file: &FileRef,
        offset: u64,
    ) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        Box::pin(self.clone().opened(file.clone(), Opening::At(offset)))
    }

    fn length(&self, file: &FileRef) -> BoxFuture<'static, Result<u64, Error>> {
        let version = self.version(file);
        Box::pin(async { Ok(version.await?.length()) })
    }

    fn rename(
        &self,
        from: &FileRef,
        to: &FileRef,
        existing: Existing,
    ) -> BoxFuture<'static, Result<(), Error>> {
        let (files, from, to) = (self.clone(), named(from), Name::of(to));
        Box::pin(async move {
            let to = to.ok_or_else(|| because(ErrorCode::CannotMoveFile, NO_NAME))?;
            files.renamed(from?, to, existing).await
        })
    }

    fn remove(&self, file: &FileRef) -> BoxFuture<'static, Result<(), Error>> {
        let (files, name) = (self.clone(), named(file));
        Box::pin(async move { files.removed(name?).await })
    }
}

impl fmt::Debug for WebFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebFiles").finish_non_exhaustive()
    }
}
