//! Downloads whose worker or page dies in the middle, and which another goes on with: byte by byte the same file.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use js_sys::{Function, Reflect};
use support::*;
use urlsession_core::{
    Configuration, DownloadOptions, FileRef, Files, ResumeData, Runtime, Session,
};
use urlsession_transport_web::{WebFiles, WebRuntime, platform};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The server sends them in some three seconds; a journal is written after two.
const LENGTH: u64 = 16_000_000;

/// Loads this module in another page or worker, has it load `url` to `path`, and tells how that ended, or ends the page or worker.
const START: &str = r#"(kind, url, path) => {
    const root = (location.origin === 'null' ? parent.location : location).origin;
    const script = `
        import init, { load } from '${root}/wasm-bindgen-test.js';
        await init('${root}/wasm-bindgen-test_bg.wasm');
        const told = await load('${url}', '${path}').catch(String);
        new BroadcastChannel('${path}').postMessage(told);
    `;
    const channel = new BroadcastChannel(path);
    const done = new Promise(resolve => channel.onmessage = event => resolve(event.data));
    if (kind === 'worker') {
        const source = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
        const worker = new Worker(source, { type: 'module' });
        worker.onerror = event => channel.onmessage({ data: 'worker: ' + event.message });
        return { done, stop: () => { worker.terminate(); channel.close(); } };
    }
    const frame = document.createElement('iframe');
    frame.srcdoc = `<script type="module">${script}<\/script>`;
    document.body.append(frame);
    return { done, stop: () => { frame.remove(); channel.close(); } };
}"#;

fn session() -> Session {
    let configuration = Configuration::default();
    Session::builder(platform(&configuration), configuration).build()
}

/// Called in another page or worker: what is there is gone on with.
#[wasm_bindgen]
pub async fn load(url: String, path: String) -> Result<String, JsValue> {
    let session = session();
    let outcome = match ResumeData::for_destination(&session, &path).await {
        Some(data) => session.download(data).await,
        None => {
            let options = DownloadOptions::new().to(&path);
            session.download((&url, options)).await
        }
    };
    match outcome {
        Ok((_, response)) => Ok(response.status().as_str().to_owned()),
        Err(error) => Err(format!("{error:?}").into()),
    }
}

struct Elsewhere(JsValue);

impl Elsewhere {
    fn start(kind: &str, url: &str, path: &str) -> Self {
        let start: Function = script(START).into();
        let started = start.call3(&JsValue::UNDEFINED, &kind.into(), &url.into(), &path.into());
        Self(started.unwrap())
    }

    async fn done(&self) -> String {
        let done = Reflect::get(&self.0, &"done".into()).unwrap();
        let told = JsFuture::from(js_sys::Promise::from(done)).await.unwrap();
        told.as_string().unwrap()
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let stop: Function = Reflect::get(&self.0, &"stop".into()).unwrap().into();
        stop.call0(&self.0).unwrap();
    }
}

fn is_there(name: &str) -> bool {
    Reflect::has(&js_sys::global(), &name.into()).unwrap()
}

async fn sha256(bytes: &[u8]) -> Vec<u8> {
    let digest: Function = script("bytes => crypto.subtle.digest('SHA-256', bytes)").into();
    let promise = digest
        .call1(&JsValue::UNDEFINED, &js_sys::Uint8Array::from(bytes))
        .unwrap();
    let digest = JsFuture::from(js_sys::Promise::from(promise))
        .await
        .unwrap();
    js_sys::Uint8Array::new(&digest).to_vec()
}

/// Begun by one page or worker, gone on with by another of these kinds.
async fn is_whole_in_the_end(first: &str, second: &str) {
    let Some(origin) = origin("http") else { return };
    let path = format!("lost/{:016x}/a.bin", WebRuntime::new().random());
    let url = format!("{origin}/bytes/{LENGTH}?rate=5000000&path={path}");
    let (session, files) = (session(), WebFiles::new());
    let lost = Elsewhere::start(first, &url, &path);
    if !has("files_of_the_origin") {
        // Files are in memory and end with their page or worker: the next begins anew.
        drop(lost);
        assert_eq!(Elsewhere::start(second, &url, &path).done().await, "200");
        assert!(files.length(&FileRef::new(&path)).await.is_err());
        return;
    }
    let received = loop {
        let found = ResumeData::for_destination(&session, &path).await;
        if let Some(data) = found.filter(|data| data.received() > 1_000_000) {
            break data.received();
        }
        sleep(20).await;
    };
    assert!(received < LENGTH, "{received}");
    drop(lost);
    let next = Elsewhere::start(second, &url, &path);
    assert_eq!(next.done().await, "206");
    let mut body = files.read(&FileRef::new(&path), 0).await.unwrap();
    let written = sha256(&rest(&mut *body).await.unwrap()).await;
    let (sent, _) = session
        .data(format!("{origin}/bytes/{LENGTH}"))
        .await
        .unwrap();
    assert_eq!(written, sha256(&sent).await);
    let part = FileRef::new(format!("{path}.part"));
    assert!(files.length(&part).await.is_err());
    files.remove(&FileRef::new(&path)).await.unwrap();
}

#[test]
async fn a_worker_goes_on_where_one_was_terminated() {
    if is_there("Worker") && !is_node() {
        is_whole_in_the_end("worker", "worker").await;
    }
}

#[test]
async fn a_page_goes_on_where_one_was_closed() {
    if is_there("document") {
        is_whole_in_the_end("page", "page").await;
    }
}

#[test]
async fn a_worker_goes_on_where_a_page_was_closed() {
    if is_there("document") {
        is_whole_in_the_end("page", "worker").await;
    }
}

#[test]
async fn a_page_goes_on_where_a_worker_was_terminated() {
    if is_there("document") {
        is_whole_in_the_end("worker", "page").await;
    }
}
