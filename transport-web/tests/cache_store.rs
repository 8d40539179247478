//! The store of cached responses in IndexedDB: what is kept, for how long, and what it survives. In Node, where there is none, nothing is kept.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use js_sys::Reflect;
use support::*;
use urlsession_core::{CacheRecord, CacheRecordId, CacheStore, NewCacheRecord, Runtime};
use urlsession_transport_web::{IndexedDbCacheStore, WebRuntime, indexed_db_cache};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test as test;

const CAPACITY: u64 = 100 << 20;

fn has_indexed_db() -> bool {
    Reflect::has(&js_sys::global(), &"indexedDB".into()).unwrap()
}

/// A name that no other test has.
fn name() -> String {
    format!("test-{:016x}", WebRuntime::new().random())
}

fn record(key: &str, length: Option<u64>) -> NewCacheRecord {
    NewCacheRecord {
        key: key.to_owned(),
        head: Bytes::from(format!("head of {key}")),
        length,
        replaces: Vec::new(),
        stored_at: SystemTime::UNIX_EPOCH + Duration::from_millis(js_sys::Date::now() as u64),
    }
}

fn bytes(length: usize) -> Bytes {
    let byte = |at: usize| (at ^ (at >> 8) ^ (at >> 16)) as u8;
    (0..length).map(byte).collect::<Vec<_>>().into()
}

async fn put_record(
    store: &IndexedDbCacheStore,
    record: NewCacheRecord,
    body: &Bytes,
) -> CacheRecordId {
    let mut writer = store.insert(record).await.unwrap();
    for at in (0..body.len()).step_by(300_000) {
        let chunk = body.slice(at..body.len().min(at + 300_000));
        writer.write(chunk).await.unwrap();
    }
    writer.finish(None).await.unwrap()
}

async fn put(store: &IndexedDbCacheStore, key: &str, body: &Bytes) -> CacheRecordId {
    put_record(store, record(key, Some(body.len() as u64)), body).await
}

async fn body_of(store: &IndexedDbCacheStore, record: &CacheRecord) -> Option<Vec<u8>> {
    match &record.body {
        Some(body) => Some(body.to_vec()),
        None => rest(&mut *store.open(record.id, 0).await?).await.ok(),
    }
}

async fn keys_there(store: &IndexedDbCacheStore, keys: &[&str]) -> Vec<bool> {
    let mut there = Vec::new();
    for key in keys {
        there.push(!store.find(key).await.is_empty());
    }
    there
}

#[test]
async fn records_of_any_size_are_found_whole_by_this_store_and_a_later_one() {
    if !has_indexed_db() {
        return;
    }
    let name = name();
    let store = indexed_db_cache(&name, CAPACITY);
    for length in [0, 1, 65_536, 65_537, 1 << 20, 3_500_000] {
        let (key, body) = (format!("key {length}"), bytes(length));
        let id = put(&store, &key, &body).await;
        for store in [&store, &indexed_db_cache(&name, CAPACITY)] {
            let found = store.find(&key).await;
            assert_eq!(found.len(), 1, "{length}");
            assert_eq!((found[0].id, found[0].length), (id, length as u64));
            assert_eq!(found[0].head, format!("head of {key}"));
            assert!(body_of(store, &found[0]).await.unwrap() == body);
        }
    }
    assert!(store.find("another").await.is_empty());
}

#[test]
async fn a_body_is_read_from_any_offset_and_outlives_its_record() {
    if !has_indexed_db() {
        return;
    }
    let (store, body) = (indexed_db_cache(&name(), CAPACITY), bytes(2_500_000));
    let id = put(&store, "a", &body).await;
    for offset in [0, 1, 1 << 20, 2_499_999, 2_500_000] {
        let mut opened = store.open(id, offset as u64).await.unwrap();
        assert_eq!(opened.remaining(), Some((body.len() - offset) as u64));
        assert!(rest(&mut *opened).await.unwrap() == body[offset..]);
    }
    let mut opened = store.open(id, 0).await.unwrap();
    opened.next_chunk().await.unwrap().unwrap();
    store.remove(vec![id]).await;
    assert!(store.open(id, 0).await.is_none());
    let left = rest(&mut *opened).await.unwrap();
    assert!(left == body[body.len() - left.len()..]);
}

#[test]
async fn variants_come_the_latest_first_and_one_takes_the_place_of_others() {
    if !has_indexed_db() {
        return;
    }
    let store = indexed_db_cache(&name(), CAPACITY);
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.push(put(&store, "a", &bytes(number)).await);
    }
    let found = |store: IndexedDbCacheStore| async move {
        let found = store.find("a").await;
        found.iter().map(|record| record.id).collect::<Vec<_>>()
    };
    assert_eq!(found(store.clone()).await, [ids[2], ids[1], ids[0]]);
    let mut last = record("a", None);
    last.replaces = vec![ids[0], ids[2]];
    let last = put_record(&store, last, &bytes(10)).await;
    assert_eq!(found(store.clone()).await, [last, ids[1]]);
}

#[test]
async fn a_head_is_updated_alone() {
    if !has_indexed_db() {
        return;
    }
    let (store, body) = (indexed_db_cache(&name(), CAPACITY), bytes(200_000));
    let id = put(&store, "a", &body).await;
    let before = store.usage().await;
    let counting = Replaced::by(
        "IDBObjectStore.prototype",
        "put",
        "(() => {
            const put = IDBObjectStore.prototype.put;
            globalThis.storesPut = [];
            return function (...values) { storesPut.push(this.name); return put.apply(this, values); };
        })()",
    );
    store.update(id, "another head".into()).await;
    drop(counting);
    let put = Reflect::get(&js_sys::global(), &"storesPut".into()).unwrap();
    assert!(!js_sys::Array::from(&put).includes(&"bodies".into(), 0));
    let found = store.find("a").await;
    assert_eq!(found[0].head, "another head");
    assert!(body_of(&store, &found[0]).await.unwrap() == body);
    assert_eq!(store.usage().await, before + 12 - 9);
    // Of one that is gone it is nothing.
    store.remove(vec![id]).await;
    store.update(id, "more".into()).await;
    assert!(store.find("a").await.is_empty());
    assert_eq!(store.usage().await, 0);
}

#[test]
async fn what_is_unfinished_or_of_another_length_leaves_nothing() {
    if !has_indexed_db() {
        return;
    }
    let store = indexed_db_cache(&name(), CAPACITY);
    let mut writer = store.insert(record("a", None)).await.unwrap();
    for _ in 0..3 {
        writer.write(bytes(1 << 20)).await.unwrap();
    }
    drop(writer);
    let mut short = store.insert(record("b", Some(5))).await.unwrap();
    short.write(bytes(4)).await.unwrap();
    assert!(short.finish(None).await.is_err());
    let mut long = store.insert(record("c", Some(5))).await.unwrap();
    assert!(long.write(bytes(6)).await.is_err());
    drop(long);
    assert_eq!(keys_there(&store, &["a", "b", "c"]).await, [false; 3]);
    assert_eq!(store.usage().await, 0);
    let mut writer = store.insert(record("d", None)).await.unwrap();
    writer.write(bytes(4)).await.unwrap();
    writer
        .finish(Some("the head at the end".into()))
        .await
        .unwrap();
    assert_eq!(store.find("d").await[0].head, "the head at the end");
}

#[test]
async fn calls_take_effect_in_their_order_whether_or_not_somebody_waits() {
    if !has_indexed_db() {
        return;
    }
    let store = indexed_db_cache(&name(), CAPACITY);
    let mut writer = store.insert(record("a", None)).await.unwrap();
    writer.write(bytes(10)).await.unwrap();
    drop(writer.finish(None));
    assert_eq!(store.find("a").await.len(), 1);
    drop(store.remove_key("a"));
    assert!(store.find("a").await.is_empty());
}

#[test]
async fn what_is_removed_is_what_was_named() {
    if !has_indexed_db() {
        return;
    }
    let store = indexed_db_cache(&name(), CAPACITY);
    let keys = ["http://a/1", "http://a/2", "http://ab/1", "http://b/"];
    for key in keys {
        put(&store, key, &bytes(100_000)).await;
    }
    store.remove_key(keys[0]).await;
    assert_eq!(keys_there(&store, &keys).await, [false, true, true, true]);
    store.remove_prefix("http://a/").await;
    assert_eq!(keys_there(&store, &keys).await, [false, false, true, true]);
    let mut old = record("old", None);
    old.stored_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    put_record(&store, old, &bytes(1)).await;
    store
        .remove_since(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_001))
        .await;
    assert_eq!(
        keys_there(&store, &[keys[2], keys[3], "old"]).await,
        [false, false, true]
    );
    store.remove_all().await;
    assert_eq!(
        (keys_there(&store, &["old"]).await, store.usage().await),
        (vec![false], 0)
    );
}

#[test]
async fn the_least_recently_used_goes_first() {
    if !has_indexed_db() {
        return;
    }
    let name = name();
    let store = indexed_db_cache(&name, 3_000_000);
    let keys: Vec<_> = (0..21).map(|number| format!("key {number:02}")).collect();
    for key in &keys[..20] {
        put(&store, key, &bytes(149_000)).await;
        sleep(2).await;
    }
    store.find(&keys[0]).await;
    store.flush().await;
    let later = indexed_db_cache(&name, 3_000_000);
    sleep(2).await;
    put(&later, &keys[20], &bytes(149_000)).await;
    let there = keys_there(&later, &[&keys[0], &keys[1], &keys[2], &keys[20]]).await;
    assert_eq!(there, [true, false, true, true]);
    later.set_capacity(500_000).await;
    assert!(later.usage().await <= 500_000);
    assert!(later.insert(record("large", Some(25_001))).await.is_none());
}

/// The value of a promise that an expression gives.
async fn promised(expression: &str) -> JsValue {
    JsFuture::from(js_sys::Promise::from(script(expression)))
        .await
        .unwrap()
}

#[test]
async fn a_database_of_another_version_or_shape_begins_anew() {
    if !has_indexed_db() {
        return;
    }
    for (version, stores) in [(7, "'records'"), (1, "'strange'")] {
        let name = name();
        promised(&format!(
            "new Promise((done, failed) => {{
                const request = indexedDB.open('urlsession-cache:{name}', {version});
                request.onupgradeneeded = () => request.result.createObjectStore({stores});
                request.onsuccess = () => {{ request.result.close(); done(); }};
                request.onerror = failed;
            }})"
        ))
        .await;
        let store = indexed_db_cache(&name, CAPACITY);
        put(&store, "a", &bytes(10)).await;
        assert_eq!(store.find("a").await.len(), 1);
    }
}

#[test]
async fn another_tab_may_have_the_database_gone() {
    if !has_indexed_db() {
        return;
    }
    let name = name();
    let store = indexed_db_cache(&name, CAPACITY);
    put(&store, "a", &bytes(10)).await;
    promised(&format!(
        "new Promise((done, failed) => {{
            const request = indexedDB.deleteDatabase('urlsession-cache:{name}');
            request.onsuccess = done;
            request.onerror = request.onblocked = failed;
        }})"
    ))
    .await;
    assert!(store.find("a").await.is_empty());
    put(&store, "a", &bytes(10)).await;
    assert_eq!(store.find("a").await.len(), 1);
}

#[test]
async fn a_body_that_has_lost_a_part_is_not_there() {
    if !has_indexed_db() {
        return;
    }
    let name = name();
    let store = indexed_db_cache(&name, CAPACITY);
    let id = put(&store, "a", &bytes(3_000_000)).await;
    let small = put(&store, "b", &bytes(10)).await;
    promised(&format!(
        "new Promise((done, failed) => {{
            const request = indexedDB.open('urlsession-cache:{name}', 1);
            request.onerror = failed;
            request.onsuccess = () => {{
                const database = request.result;
                const change = database.transaction('bodies', 'readwrite');
                change.objectStore('bodies').delete([{}, 1]);
                change.objectStore('bodies').delete([{}, 0]);
                change.oncomplete = () => {{ database.close(); done(); }};
            }};
        }})",
        id.0, small.0
    ))
    .await;
    assert!(store.open(id, 0).await.is_none());
    assert!(store.open(small, 0).await.is_none());
}

/// Opens the database as every version of the store has made it, does `work` in a transaction (`change`), and gives what is in `told` then.
async fn in_database(name: &str, work: &str) -> JsValue {
    promised(&format!(
        "new Promise((done, failed) => {{
            const request = indexedDB.open('urlsession-cache:{name}', 1);
            request.onerror = request.onblocked = failed;
            request.onupgradeneeded = () => {{
                const database = request.result;
                const records = database.createObjectStore('records', {{ keyPath: 'id' }});
                records.createIndex('key', 'key');
                records.createIndex('stored', 'stored');
                database.createObjectStore('bodies');
                database.createObjectStore('uses', {{ keyPath: 'id' }}).createIndex('used', 'used');
                database.createObjectStore('totals');
            }};
            request.onsuccess = () => {{
                const database = request.result;
                const change = database.transaction(['records', 'bodies', 'uses', 'totals'], 'readwrite');
                const [records, bodies, uses, totals] = ['records', 'bodies', 'uses', 'totals'].map((name) => change.objectStore(name));
                let told;
                {work}
                change.onabort = failed;
                change.oncomplete = () => {{ database.close(); done(told); }};
            }};
        }})"
    ))
    .await
}

#[test]
async fn what_an_earlier_version_has_written_is_there() {
    if !has_indexed_db() {
        return;
    }
    let name = name();
    let id = 1_700_000_000_000_i64 * 4096 + 7;
    let records = format!(
        "const row = (id, length) => ({{ id, key: 'a', head: new Uint8Array([1, 2, 3]), length, stored: 1700000000000 }});
        records.put(row({id}, 3));
        bodies.put(new Uint8Array([4, 5, 6]), [{id}, 0]);
        uses.put({{ id: {id}, used: 1700000000000, size: 7 }});
        records.put(row({id} + 4096, 70000));
        bodies.put(new Uint8Array(60000), [{id} + 4096, 0]);
        bodies.put(new Uint8Array(10000), [{id} + 4096, 1]);
        uses.put({{ id: {id} + 4096, used: 1700000000001, size: 70004 }});
        totals.put(70011, 'size');"
    );
    in_database(&name, &records).await;
    let store = indexed_db_cache(&name, CAPACITY);
    assert_eq!(store.usage().await, 70_011);
    let found = store.find("a").await;
    let ids: Vec<_> = found.iter().map(|record| record.id.0).collect();
    assert_eq!(ids, [id + 4096, id]);
    assert_eq!(body_of(&store, &found[0]).await.unwrap(), [0; 70_000]);
    assert_eq!(body_of(&store, &found[1]).await.unwrap(), [4, 5, 6]);
    assert_eq!(found[1].head, [1, 2, 3][..]);
    store.remove(vec![found[0].id]).await;
    assert_eq!(store.usage().await, 7);
    store.remove_all().await;
    let told = in_database(
        &name,
        "bodies.count().onsuccess = ({ target }) => { told = target.result };",
    )
    .await;
    assert_eq!((told.as_f64(), store.usage().await), (Some(0.0), 0));
}

#[test]
async fn parts_that_a_closed_tab_has_left_go_after_a_day() {
    if !has_indexed_db() {
        return;
    }
    let name = name();
    let parts = "const id = (age) => (Date.now() - age) * 4096;
        bodies.put(new Uint8Array(1), [id(25 * 3600000), 0]);
        bodies.put(new Uint8Array(1), [id(25 * 3600000) - 1, 1]);
        bodies.put(new Uint8Array(1), [id(23 * 3600000), 0]);
        bodies.put(new Uint8Array(1), 'somebody else');
        bodies.put(new Uint8Array(1), ['somebody else']);";
    in_database(&name, parts).await;
    let store = indexed_db_cache(&name, CAPACITY);
    let id = put(&store, "a", &bytes(10)).await;
    let left = "bodies.getAllKeys().onsuccess = ({ target }) => { told = target.result.filter(Array.isArray).map(([id]) => id).filter(Number.isFinite) };";
    let left = js_sys::Array::from(&in_database(&name, left).await);
    assert_eq!(left.length(), 2);
    assert_eq!(left.get(1).as_f64(), Some(id.0 as f64));
}

#[test]
async fn a_database_that_another_tab_holds_in_another_version_is_left_to_it() {
    if !has_indexed_db() {
        return;
    }
    let name = name();
    promised(&format!(
        "new Promise((done, failed) => {{
            const request = indexedDB.open('urlsession-cache:{name}', 7);
            request.onsuccess = () => done(globalThis.heldDatabase = request.result);
            request.onerror = failed;
        }})"
    ))
    .await;
    keeps_nothing(&indexed_db_cache(&name, CAPACITY)).await;
    script("heldDatabase.close()");
}

#[test]
async fn a_change_that_is_aborted_at_its_end_never_was() {
    if !has_indexed_db() {
        return;
    }
    let store = indexed_db_cache(&name(), CAPACITY);
    let kept = put(&store, "a", &bytes(10)).await;
    let before = store.usage().await;
    let full = Replaced::by(
        "IDBObjectStore.prototype",
        "put",
        "(() => {
            const put = IDBObjectStore.prototype.put;
            return function (...values) {
                const request = put.apply(this, values);
                if (this.name === 'totals') this.transaction.abort();
                return request;
            };
        })()",
    );
    let mut new = record("a", None);
    new.replaces = vec![kept];
    let writer = store.insert(new).await.unwrap();
    assert!(writer.finish(None).await.is_err());
    store.remove(vec![kept]).await;
    store.update(kept, "another head".into()).await;
    drop(full);
    let found = store.find("a").await;
    assert_eq!((found.len(), found[0].id), (1, kept));
    assert_eq!(found[0].head, "head of a");
    assert_eq!(store.usage().await, before);
}

#[test]
async fn two_tabs_write_at_once() {
    if !has_indexed_db() {
        return;
    }
    let name = name();
    let stores = [0, 1].map(|_| indexed_db_cache(&name, CAPACITY));
    let body = bytes(100_000);
    let writes = (0..20).map(|number| {
        let (store, body) = (&stores[number % 2], &body);
        async move { put(store, &format!("key {number}"), body).await }
    });
    let ids = futures::future::join_all(writes).await;
    assert_eq!(ids.len(), 20);
    for number in 0..20 {
        let found = stores[(number + 1) % 2]
            .find(&format!("key {number}"))
            .await;
        assert_eq!(found.len(), 1);
    }
}

async fn keeps_nothing(store: &IndexedDbCacheStore) {
    let mut writer = store.insert(record("a", None)).await.unwrap();
    let written = writer.write(bytes(2 << 20)).await;
    assert!(written.is_err() || writer.finish(None).await.is_err());
    assert!(store.find("a").await.is_empty());
    assert!(store.open(CacheRecordId(1), 0).await.is_none());
    store.update(CacheRecordId(1), "head".into()).await;
    store.remove_all().await;
    store.flush().await;
    assert_eq!(store.usage().await, 0);
}

/// What a page may have in the place of its database, or what a browser may give that does not work.
const HOSTILE: [&str; 9] = [
    "undefined",
    "null",
    "42",
    "({})",
    "({ open() { throw new DOMException('no', 'SecurityError') } })",
    "({ open() { return null }, deleteDatabase() { return 3 } })",
    "new Proxy({}, { get() { throw 'no' } })",
    "({ open() { const r = { error: new Error('no') }; setTimeout(() => r.onerror({ type: 'error' })); return r },
        deleteDatabase() { const r = {}; setTimeout(() => r.onblocked({ type: 'blocked' })); return r } })",
    "({ open() { const result = { close() {}, objectStoreNames: { contains: () => true }, transaction: () => ({ objectStore: () => 7, abort() { throw 1 } }) };
        const r = { result }; setTimeout(() => r.onsuccess({ type: 'success' })); return r }, deleteDatabase() { return {} } })",
];

/// Something in the place of the global `indexedDB`, until this is dropped. Only in a page is that a property of the global object's own.
struct InItsPlace(JsValue);

impl InItsPlace {
    fn stands(value: &str) -> Self {
        Self(script(&format!(
            "(() => {{
                const before = Object.getOwnPropertyDescriptor(globalThis, 'indexedDB');
                Object.defineProperty(globalThis, 'indexedDB', {{ configurable: true, value: {value} }});
                return () => {{
                    delete globalThis.indexedDB;
                    if (before) Object.defineProperty(globalThis, 'indexedDB', before);
                }};
            }})()"
        )))
    }
}

impl Drop for InItsPlace {
    fn drop(&mut self) {
        let restore: &js_sys::Function = self.0.unchecked_ref();
        restore.call0(&JsValue::UNDEFINED).unwrap();
    }
}

#[test]
async fn whatever_stands_in_the_databases_place_nothing_is_kept_and_nothing_fails() {
    for hostile in HOSTILE {
        let _stands = InItsPlace::stands(hostile);
        keeps_nothing(&indexed_db_cache(&name(), CAPACITY)).await;
    }
}

#[test]
async fn a_database_that_never_answers_is_given_up() {
    let _stands = InItsPlace::stands("{ open: () => ({}) }");
    let store = indexed_db_cache(&name(), CAPACITY);
    assert!(store.find("a").await.is_empty());
    // From then on at once.
    for _ in 0..20 {
        assert!(store.find("a").await.is_empty());
    }
}

#[test]
async fn a_write_that_the_browser_never_answers_costs_the_record_alone() {
    if !has_indexed_db() {
        return;
    }
    let store = indexed_db_cache(&name(), CAPACITY);
    let kept = put(&store, "a", &bytes(10)).await;
    let silent = Replaced::by("IDBObjectStore.prototype", "put", "() => ({})");
    let mut part = store.insert(record("b", None)).await.unwrap();
    assert!(part.write(bytes(2 << 20)).await.is_err());
    let whole = store.insert(record("c", None)).await.unwrap();
    assert!(whole.finish(None).await.is_err());
    drop(silent);
    drop(part);
    assert_eq!(
        store.find("a").await.first().map(|found| found.id),
        Some(kept)
    );
}

#[test]
async fn a_write_that_the_browser_aborts_costs_the_record_alone() {
    if !has_indexed_db() {
        return;
    }
    let store = indexed_db_cache(&name(), CAPACITY);
    let kept = put(&store, "a", &bytes(10)).await;
    let full = Replaced::by(
        "IDBObjectStore.prototype",
        "add",
        "function () { this.transaction.abort(); throw new DOMException('full', 'QuotaExceededError') }",
    );
    let mut new = record("a", None);
    new.replaces = vec![kept];
    let mut writer = store.insert(new).await.unwrap();
    writer.write(bytes(10)).await.unwrap();
    assert!(writer.finish(None).await.is_err());
    drop(full);
    let found = store.find("a").await;
    assert_eq!(
        found.iter().map(|record| record.id).collect::<Vec<_>>(),
        [kept]
    );
}
