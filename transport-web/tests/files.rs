//! Files in a browser: in its private file system, by each way to write there, or in memory. Each claim holds in a page, in workers and in Node.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;

use bytes::Bytes;
use js_sys::Function;
use support::*;
use urlsession_core::{
    Configuration, Error, ErrorCode, Existing, FileChanged, FileRef, FileSink, Files, Runtime,
};
use urlsession_transport_web::{WebFiles, WebRuntime, platform};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A file of a folder that no other test has.
fn file(name: &str) -> FileRef {
    let number = WebRuntime::new().random();
    FileRef::new(format!("tests/{number:016x}/{name}"))
}

/// Bytes that differ from place to place.
fn bytes(length: usize) -> Bytes {
    let byte = |at: usize| (at ^ (at >> 8) ^ (at >> 16)) as u8;
    (0..length).map(byte).collect::<Vec<_>>().into()
}

async fn write(sink: &mut dyn FileSink, all: &Bytes, step: usize) {
    let mut at = 0;
    while at < all.len() {
        let end = all.len().min(at + step);
        sink.write(all.slice(at..end)).await.unwrap();
        at = end;
    }
}

async fn made(files: &WebFiles, file: &FileRef, all: &Bytes) {
    let mut sink = files.create(file).await.unwrap();
    write(&mut *sink, all, 100_000).await;
    sink.finish().await.unwrap();
}

async fn content(files: &WebFiles, file: &FileRef) -> Result<Vec<u8>, Error> {
    rest(&mut *files.read(file, 0).await?).await
}

fn code<T>(outcome: Result<T, Error>) -> ErrorCode {
    outcome.err().unwrap().code()
}

#[test]
async fn what_is_written_is_read_back() {
    let (files, all) = (WebFiles::new(), bytes(1_000_003));
    for length in [0, 1, 1_000_003] {
        let (file, all) = (file("a"), all.slice(..length));
        made(&files, &file, &all).await;
        assert_eq!(files.length(&file).await.unwrap(), length as u64);
        assert!(content(&files, &file).await.unwrap() == all);
        let mut tail = files.read(&file, length as u64 / 2).await.unwrap();
        assert_eq!(tail.remaining(), Some((length - length / 2) as u64));
        assert!(rest(&mut *tail).await.unwrap() == all[length / 2..]);
        files.remove(&file).await.unwrap();
    }
}

#[test]
async fn what_is_longer_than_a_piece_is_one_file() {
    let (files, file, all) = (WebFiles::new(), file("a"), bytes(13_000_001));
    let mut sink = files.create_new(&file).await.unwrap();
    write(&mut *sink, &all, 999_999).await;
    sink.sync().await.unwrap();
    assert_eq!(files.length(&file).await.unwrap(), all.len() as u64);
    assert!(content(&files, &file).await.unwrap() == all);
    sink.finish().await.unwrap();
    drop(sink);
    assert!(content(&files, &file).await.unwrap() == all);
    let object = files.object(&file).await.unwrap();
    assert_eq!(
        (object.name(), object.size()),
        ("a".to_owned(), all.len() as f64)
    );
    files.remove(&file).await.unwrap();
    assert_eq!(code(files.length(&file).await), ErrorCode::FileDoesNotExist);
}

/// Whether there are later pieces of the file at this path.
const HAS_PIECES: &str = "async path => {
    let folder = await navigator.storage.getDirectory();
    for (const name of `${path}.segments`.split('/')) {
        folder = await folder.getDirectoryHandle(name).catch(() => undefined);
    }
    return folder !== undefined;
}";

#[test]
async fn a_call_that_is_given_up_does_not_end_the_next() {
    let (files, file, all) = (WebFiles::new(), file("a"), bytes(9_000_000));
    let mut sink = files.create_new(&file).await.unwrap();
    write(&mut *sink, &all, 3_000_000).await;
    drop(sink.sync());
    sink.finish().await.unwrap();
    assert!(content(&files, &file).await.unwrap() == all);
    if has("files_of_the_origin") {
        let has_pieces: Function = script(HAS_PIECES).into();
        let path = file.path().to_str().unwrap().into();
        let told = has_pieces.call1(&JsValue::UNDEFINED, &path).unwrap();
        let told = JsFuture::from(js_sys::Promise::from(told)).await.unwrap();
        assert!(!told.is_truthy(), "finished is one file");
    }
    drop(sink);
    files.remove(&file).await.unwrap();
}

#[test]
async fn writing_goes_on_anywhere_within_a_file() {
    let (files, file, all) = (WebFiles::new(), file("a"), bytes(10_000_000));
    let mut sink = files.create_new(&file).await.unwrap();
    write(&mut *sink, &all.slice(..9_000_000), 333_333).await;
    sink.sync().await.unwrap();
    drop(sink);
    // In a later piece, in the first, at the ends of both, at the start.
    for offset in [9_000_000, 8_999_999, 5_000_000, 4_194_304, 4_000_000, 1, 0] {
        let mut sink = files.append(&file, offset as u64).await.unwrap();
        assert_eq!(files.length(&file).await.unwrap(), offset as u64);
        write(&mut *sink, &all.slice(offset..), 333_333).await;
        sink.finish().await.unwrap();
        assert!(
            content(&files, &file).await.unwrap() == all,
            "from {offset}"
        );
    }
    files.remove(&file).await.unwrap();
}

/// `full/a`, begun by a page: one piece, and another behind it.
const PIECES: &str = "(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('full', { create: true });
    const put = async (folder, name) => {
        const file = await folder.getFileHandle(name, { create: true });
        const handle = await file.createSyncAccessHandle();
        handle.write(new Uint8Array(5).fill(7));
        handle.close();
    };
    await put(folder, 'a');
    await put(await folder.getDirectoryHandle('a.segments', { create: true }), '5');
})()";

#[test]
async fn pieces_stay_where_a_full_disk_does_not_take_them_as_one() {
    if script("globalThis.FileSystemSyncAccessHandle").is_undefined() {
        return;
    }
    JsFuture::from(js_sys::Promise::from(script(PIECES)))
        .await
        .unwrap();
    let (files, file) = (WebFiles::new(), FileRef::new("full/a"));
    let full = Replaced::by("FileSystemSyncAccessHandle.prototype", "write", "() => 1");
    let refused = code(files.append(&file, 10).await);
    let other = FileRef::new("full/b");
    let unmoved = code(files.rename(&file, &other, Existing::Replace).await);
    drop(full);
    assert_eq!(
        (refused, unmoved),
        (ErrorCode::CannotOpenFile, ErrorCode::CannotMoveFile)
    );
    assert_eq!(content(&files, &file).await.unwrap(), [7; 10]);
    files.remove(&file).await.unwrap();
}

#[test]
async fn a_file_that_is_shorter_is_not_gone_on_with() {
    let (files, file) = (WebFiles::new(), file("a"));
    assert_eq!(
        code(files.append(&file, 0).await),
        ErrorCode::FileDoesNotExist
    );
    made(&files, &file, &bytes(10)).await;
    assert_eq!(
        code(files.append(&file, 11).await),
        ErrorCode::CannotOpenFile
    );
    assert_eq!(files.length(&file).await.unwrap(), 10);
}

#[test]
async fn a_file_has_one_writer() {
    let (files, others, file) = (WebFiles::new(), WebFiles::new(), file("a"));
    let mut sink = files.create_new(&file).await.unwrap();
    write(&mut *sink, &bytes(10), 10).await;
    sink.sync().await.unwrap();
    assert_eq!(
        code(others.append(&file, 10).await),
        ErrorCode::CannotOpenFile
    );
    assert_eq!(
        code(others.create(&file).await),
        ErrorCode::CannotCreateFile
    );
    assert_eq!(
        code(others.create_new(&file).await),
        ErrorCode::CannotCreateFile
    );
    sink.finish().await.unwrap();
    drop(sink);
    let mut sink = others.append(&file, 10).await.unwrap();
    write(&mut *sink, &bytes(10), 10).await;
    sink.finish().await.unwrap();
    assert_eq!(files.length(&file).await.unwrap(), 20);
}

#[test]
async fn a_new_file_takes_no_name_that_is_taken() {
    let (files, file) = (WebFiles::new(), file("a"));
    made(&files, &file, &bytes(10)).await;
    assert_eq!(
        code(files.create_new(&file).await),
        ErrorCode::CannotCreateFile
    );
    assert_eq!(files.length(&file).await.unwrap(), 10);
    made(&files, &file, &bytes(3)).await;
    assert_eq!(files.length(&file).await.unwrap(), 3);
    made(&files, &file, &bytes(0)).await;
    assert_eq!(files.length(&file).await.unwrap(), 0);
}

#[test]
async fn temporary_files_are_found_by_name() {
    let files = WebFiles::new();
    let (file, mut sink) = files.temporary().await.unwrap();
    write(&mut *sink, &bytes(5), 5).await;
    sink.finish().await.unwrap();
    let name = file.path().file_name().unwrap().to_str().unwrap();
    assert_eq!(files.temporary_at(name), Some(file.clone()));
    for name in [
        "",
        "a",
        "../a",
        "urlsession-",
        "urlsession-0123456789abcdef0123456789abcdeg",
    ] {
        assert_eq!(files.temporary_at(name), None, "{name}");
    }
    files.remove(&file).await.unwrap();
}

#[test]
async fn a_file_moves_in_one_step_even_while_it_is_open() {
    let (files, from, to) = (WebFiles::new(), file("a"), file("b"));
    let all = bytes(5_000_000);
    let mut sink = files.create_new(&from).await.unwrap();
    write(&mut *sink, &all, 1_000_000).await;
    sink.sync().await.unwrap();
    files.rename(&from, &to, Existing::Refuse).await.unwrap();
    drop(sink);
    assert_eq!(code(files.length(&from).await), ErrorCode::FileDoesNotExist);
    assert!(content(&files, &to).await.unwrap() == all);

    made(&files, &from, &bytes(7)).await;
    let refused = files.rename(&from, &to, Existing::Refuse).await;
    assert_eq!(code(refused), ErrorCode::CannotMoveFile);
    assert_eq!(files.length(&to).await.unwrap(), all.len() as u64);
    files.rename(&from, &to, Existing::Replace).await.unwrap();
    assert_eq!(files.length(&to).await.unwrap(), 7);
    let gone = files.rename(&from, &to, Existing::Replace).await;
    assert_eq!(code(gone), ErrorCode::FileDoesNotExist);
}

#[test]
async fn a_file_is_removed_even_while_it_is_open() {
    let (files, file) = (WebFiles::new(), file("a"));
    let mut sink = files.create_new(&file).await.unwrap();
    write(&mut *sink, &bytes(5_000_000), 1_000_000).await;
    files.remove(&file).await.unwrap();
    drop(sink);
    assert_eq!(code(files.length(&file).await), ErrorCode::FileDoesNotExist);
    assert_eq!(code(files.remove(&file).await), ErrorCode::FileDoesNotExist);
    // Nothing of it is left where another gets its name.
    made(&files, &file, &bytes(3)).await;
    assert_eq!(files.length(&file).await.unwrap(), 3);
}

#[test]
async fn a_path_that_leads_out_names_no_file() {
    let files = WebFiles::new();
    for path in ["", "/", "..", "a/../../b", "."] {
        let file = FileRef::new(path);
        assert_eq!(
            code(files.length(&file).await),
            ErrorCode::FileDoesNotExist,
            "{path}"
        );
        assert_eq!(
            code(files.create(&file).await),
            ErrorCode::CannotCreateFile,
            "{path}"
        );
        assert_eq!(
            code(files.remove(&file).await),
            ErrorCode::FileDoesNotExist,
            "{path}"
        );
    }
    let file = file("a");
    made(&files, &file, &bytes(4)).await;
    let same = FileRef::new(format!("//{}", file.path().display()));
    assert_eq!(files.length(&same).await.unwrap(), 4);
}

#[test]
async fn a_file_that_changes_does_not_end_as_it_began() {
    let (files, file) = (WebFiles::new(), file("a"));
    made(&files, &file, &bytes(600_000)).await;
    let mut body = files.read(&file, 0).await.unwrap();
    body.next_chunk().await.unwrap().unwrap();
    // Times of files are in milliseconds.
    sleep(5).await;
    made(&files, &file, &bytes(600_001)).await;
    let failed = rest(&mut *body).await.unwrap_err();
    let cause = std::error::Error::source(&failed).unwrap();
    assert!(cause.is::<FileChanged>(), "{failed:?}");
}

#[test]
async fn a_file_of_the_pages_own_is_one_without_a_copy() {
    let files = WebFiles::new();
    let object = script("new File(['hello'], 'greeting.txt', { type: 'text/plain' })");
    let file = files.adopt(object.into());
    assert_eq!(content(&files, &file).await.unwrap(), b"hello");
    assert_eq!(files.object(&file).await.unwrap().name(), "greeting.txt");
    files.remove(&file).await.unwrap();
    assert_eq!(code(files.length(&file).await), ErrorCode::FileDoesNotExist);
}

#[test]
async fn parts_are_written_in_any_order_or_not_at_all() {
    let (files, file, all) = (WebFiles::new(), file("a"), bytes(3_000_000));
    let mut sink = files.create_new(&file).await.unwrap();
    if sink.move_to(2_000_000) {
        sink.write(all.slice(2_000_000..)).await.unwrap();
        assert!(sink.move_to(0));
    }
    sink.write(all.slice(..2_000_000)).await.unwrap();
    let length = match sink.move_to(3_000_000) {
        true => 3_000_000,
        false => 2_000_000,
    };
    sink.finish().await.unwrap();
    assert!(content(&files, &file).await.unwrap() == all[..length]);
}

#[test]
fn a_platform_has_them() {
    let platform = platform(&Configuration::default());
    let able = platform.transport.capabilities();
    assert!(able.file_download && able.file_upload);
    let _: Arc<dyn Files> = platform.files;
}
