//! A chunk's array, for whoever hands it on.
#![cfg(all(target_arch = "wasm32", feature = "arrays"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use bytes::Bytes;
use support::*;
use urlsession_transport_web::array_of;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test as test;

const URL: &str = "http://a.example/x?y";

/// Two chunks, which the page keeps.
const TWO_CHUNKS: &str = "async () => {
    globalThis.chunks = [new Uint8Array([1, 2]), new Uint8Array([3, 4])];
    return new Response(new ReadableStream({
        start(c) { for (const chunk of chunks) c.enqueue(chunk); c.close(); },
    }));
}";

#[test]
async fn the_array_of_the_last_chunk_is_had_once_and_by_its_own_bytes_alone() {
    let _fetch = fetch_is(TWO_CHUNKS);
    let mut answer = exchange(get(URL)).await.unwrap();
    let first = answer.body.next_chunk().await.unwrap().unwrap();
    assert!(array_of(&Bytes::from_static(&[1, 2])).is_none(), "a copy");
    assert!(array_of(&first.slice(..1)).is_none(), "a part");
    let array = array_of(&first).expect("the chunk that came last");
    assert_eq!(js_sys::eval("chunks[0]").unwrap(), JsValue::from(array));
    assert!(array_of(&first).is_none(), "a second time");

    let second = answer.body.next_chunk().await.unwrap().unwrap();
    assert!(array_of(&first).is_none(), "another came");
    drop(answer);
    assert!(array_of(&second).is_none(), "the body is gone");
}

#[test]
async fn another_bodys_chunk_takes_its_place() {
    let _fetch = fetch_is(TWO_CHUNKS);
    let mut one = exchange(get(URL)).await.unwrap();
    let mut other = exchange(get(URL)).await.unwrap();
    let early = one.body.next_chunk().await.unwrap().unwrap();
    let late = other.body.next_chunk().await.unwrap().unwrap();
    assert!(array_of(&early).is_none());
    assert_eq!(array_of(&late).unwrap().to_vec(), [1, 2]);
}
