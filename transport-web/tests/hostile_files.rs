//! Whatever a page puts in the place of its files, and whatever a browser's own throw: errors of files, no panic, no silence.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use bytes::Bytes;
use futures::FutureExt as _;
use support::*;
use urlsession_core::{Error, Existing, FileRef, FileSink, Files, Runtime};
use urlsession_transport_web::{WebFiles, WebRuntime};
use wasm_bindgen_test::{console_log, wasm_bindgen_test as test};

fn file(name: &str) -> FileRef {
    let number = WebRuntime::new().random();
    FileRef::new(format!("hostile/{number:016x}/{name}"))
}

async fn written(sink: &mut dyn FileSink) -> Result<(), Error> {
    for _ in 0..3 {
        sink.write(Bytes::from(vec![7; 3_000_000])).await?;
    }
    sink.sync().await?;
    sink.finish().await
}

/// Everything that files can be asked for. What it comes to is the caller's matter: that it comes to something is the claim.
async fn use_all(files: &WebFiles) -> Vec<Result<(), Error>> {
    let (one, other) = (file("a"), file("b"));
    let mut outcomes = Vec::new();
    for sink in [
        files.create(&one).await,
        files.create_new(&one).await,
        files.append(&one, 1).await,
        files.temporary().await.map(|(_, sink)| sink),
    ] {
        outcomes.push(match sink {
            Ok(mut sink) => {
                let written = written(&mut *sink).await;
                sink.move_to(1);
                written
            }
            Err(error) => Err(error),
        });
    }
    outcomes.push(files.version(&one).await.map(|_| ()));
    outcomes.push(files.length(&one).await.map(|_| ()));
    outcomes.push(files.object(&one).await.map(|_| ()));
    outcomes.push(match files.read(&one, 0).await {
        Ok(mut body) => rest(&mut *body).await.map(|_| ()),
        Err(error) => Err(error),
    });
    outcomes.push(files.rename(&one, &other, Existing::Refuse).await);
    outcomes.push(files.rename(&other, &one, Existing::Replace).await);
    outcomes.push(files.remove(&one).await);
    outcomes
}

/// What may stand in the place of the root folder.
const ROOTS: [&str; 7] = [
    "undefined",
    "42",
    "({})",
    "new Proxy({}, { get() { throw 'no' } })",
    "({ getDirectoryHandle() { return 7 }, getFileHandle() { return null } })",
    "({ async getDirectoryHandle() { return this }, async getFileHandle() { return 'a handle' }, async removeEntry() { throw null } })",
    "({ async getDirectoryHandle() { return this }, async removeEntry() {}, async getFileHandle() { return {
        getFile: async () => ({ size: NaN, lastModified: -1, slice: () => ({ arrayBuffer: async () => new Proxy(new ArrayBuffer(8), {}) }) }),
        createSyncAccessHandle: async () => ({ truncate() {}, write: () => 'many', flush() {}, close() { throw 1 } }),
        createWritable: async () => ({ write: async () => { throw undefined }, truncate() {}, seek() {}, close: () => Promise.reject(3) }),
        move: () => ({ then: 'soon' }),
    } } })",
];

#[test]
async fn a_root_that_is_none_gives_errors() {
    if !has("files_of_the_origin") {
        console_log!("SKIPPED: no private file system, and no root of one");
        return;
    }
    for root in ROOTS {
        let directory = Replaced::by(
            "Object.getPrototypeOf(navigator.storage)",
            "getDirectory",
            &format!("async () => ({root})"),
        );
        let outcomes = use_all(&WebFiles::new()).await;
        drop(directory);
        assert!(outcomes.iter().any(Result::is_err), "{root}: {outcomes:?}");
    }
}

#[test]
async fn without_a_private_file_system_files_are_in_memory() {
    if !has("files_of_the_origin") {
        return are_in_memory(|| ()).await;
    }
    let refuses = "() => { throw new DOMException('private', 'SecurityError') }";
    let rejects = "async () => { throw new DOMException('private', 'SecurityError') }";
    for refusal in [refuses, rejects] {
        let owner = "Object.getPrototypeOf(navigator.storage)";
        let directory = Replaced::by(owner, "getDirectory", refusal);
        are_in_memory(|| drop(directory)).await;
    }
}

/// Files are written, and are there, whatever comes `meanwhile`; but not for the private file system.
async fn are_in_memory(meanwhile: impl FnOnce()) {
    let files = WebFiles::new();
    let file = file("a");
    let mut sink = files.create(&file).await.unwrap();
    written(&mut *sink).await.unwrap();
    meanwhile();
    assert_eq!(files.length(&file).await.unwrap(), 9_000_000);
    files.remove(&file).await.unwrap();
}

/// Members that fail, each alone, as those of a disk that is broken or full.
const MEMBERS: [(&str, &[&str]); 5] = [
    (
        "FileSystemDirectoryHandle",
        &["getDirectoryHandle", "getFileHandle", "removeEntry"],
    ),
    (
        "FileSystemFileHandle",
        &[
            "getFile",
            "move",
            "createWritable",
            "createSyncAccessHandle",
        ],
    ),
    (
        "FileSystemSyncAccessHandle",
        &["write", "flush", "truncate", "close"],
    ),
    (
        "FileSystemWritableFileStream",
        &["write", "seek", "truncate"],
    ),
    ("Blob", &["slice", "arrayBuffer"]),
];

#[test]
async fn each_member_that_fails_is_an_error_and_the_next_use_is_sound() {
    for (class, members) in MEMBERS {
        if script(&format!("globalThis.{class}?.prototype")).is_undefined() {
            continue;
        }
        let owner = format!("{class}.prototype");
        for member in members {
            if script(&format!("{owner}.{member}")).is_undefined() {
                continue;
            }
            for how in [
                "function () { throw new DOMException('broken', 'InvalidStateError') }",
                "function () { return Promise.reject() }",
            ] {
                let broken = Replaced::by(&owner, member, how);
                use_all(&WebFiles::new()).await;
                drop(broken);
                let files = WebFiles::new();
                let file = file("a");
                let mut sink = files.create(&file).await.unwrap();
                written(&mut *sink).await.unwrap();
                drop(sink);
                assert_eq!(
                    files.length(&file).await.unwrap(),
                    9_000_000,
                    "{class}.{member}"
                );
                files.remove(&file).await.unwrap();
            }
        }
    }
}

#[test]
async fn locks_that_are_none_lock_nobody_out() {
    if is_node() {
        console_log!("SKIPPED: no navigator to put locks into");
        return;
    }
    for locks in [
        "undefined",
        "({})",
        "({ request() { throw 'no' } })",
        "({ async request() {} })",
        "({ request: () => 3 })",
        "({ request: async (name, options, granted) => { granted({}); granted(null); throw 1 } })",
    ] {
        let value = format!("{{ configurable: true, value: {locks} }}");
        script(&format!(
            "Object.defineProperty(navigator, 'locks', {value})"
        ));
        let (files, file) = (WebFiles::new(), file("a"));
        let mut sink = files.create(&file).await.unwrap();
        written(&mut *sink).await.unwrap();
        drop(sink);
        files.remove(&file).await.unwrap();
        script("delete navigator.locks");
    }
}

/// Members on the way to an open file, of which each browser calls its own.
const ON_THE_WAY: [(&str, &str); 6] = [
    ("FileSystemDirectoryHandle", "getDirectoryHandle"),
    ("FileSystemDirectoryHandle", "getFileHandle"),
    ("FileSystemFileHandle", "createSyncAccessHandle"),
    ("FileSystemFileHandle", "createWritable"),
    ("FileSystemSyncAccessHandle", "truncate"),
    ("LockManager", "request"),
];

/// A member that does what `real` does, if at all, and says so when it is told to.
const SLOW: [&str; 2] = [
    "real => function () {
        globalThis.isAsked = true;
        return new Promise(() => {});
    }",
    "real => function (...rest) {
        const made = real.apply(this, rest);
        globalThis.isAsked = true;
        return new Promise(resolve => { globalThis.answer = () => resolve(made); });
    }",
];

#[test]
async fn an_opening_that_is_given_up_leaves_nothing_locked() {
    if !has("files_of_the_origin") {
        console_log!("SKIPPED: no private file system to be slow");
        return;
    }
    let rejections = Rejections::watch();
    let before = rejections.seen().await.len();
    for (class, member) in ON_THE_WAY {
        let owner = format!("{class}.prototype");
        if script(&format!("globalThis.{class}?.prototype.{member}")).is_undefined() {
            continue;
        }
        // A page calls no synchronous handle's members, a worker no stream's.
        let is_pages = script("globalThis.FileSystemSyncAccessHandle").is_undefined();
        if member == "createWritable" && !is_pages {
            continue;
        }
        for slow in SLOW {
            let (files, file) = (WebFiles::new(), file("a"));
            written(&mut *files.create(&file).await.unwrap())
                .await
                .unwrap();
            script("(globalThis.isAsked = false, globalThis.answer = () => {})");
            let slow = format!("({slow})({owner}.{member})");
            let slow = Replaced::by(&owner, member, &slow);
            let mut opening = files.append(&file, 1);
            while !script("globalThis.isAsked").is_truthy() {
                assert!((&mut opening).now_or_never().is_none(), "{class}.{member}");
                sleep(1).await;
            }
            drop(opening);
            drop(slow);
            script("globalThis.answer()");
            let mut sink = files.append(&file, 1).await.unwrap();
            sink.write(Bytes::from_static(b"7")).await.unwrap();
            sink.finish().await.unwrap();
            drop(sink);
            assert_eq!(files.length(&file).await.unwrap(), 2, "{class}.{member}");
            files.remove(&file).await.unwrap();
        }
    }
    assert_eq!(rejections.seen().await[before..], [""; 0]);
}
