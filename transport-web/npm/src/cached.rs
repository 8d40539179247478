//! Cached responses, as the other part takes and gives them.

use js_sys::{Array, Uint8Array};
use urlsession_core::{CacheStoragePolicy, CachedResponse, UserInfo};
use wasm_bindgen::prelude::*;

use crate::wire;

/// A list: its head, its bytes, what the app keeps with it (names and values in turn), the number of its storage policy.
pub(crate) fn list(cached: &CachedResponse) -> JsValue {
    let info = Array::new();
    for (name, value) in cached.user_info.iter() {
        info.push(&name.into());
        info.push(&value.into());
    }
    let head = wire::of_response(&cached.response);
    let data = Uint8Array::from(&*cached.data);
    let storage = cached.storage_policy.raw();
    Array::of4(&head.into(), &data, &info, &storage.into()).into()
}

/// The cached response in a list; `None` when it is none.
pub(crate) fn of_list(value: &JsValue) -> Option<CachedResponse> {
    let list = value.dyn_ref::<Array>()?;
    let response = wire::response(&list.get(0).as_string()?).ok()?;
    let data = list.get(1).dyn_ref::<Uint8Array>()?.to_vec();
    let mut info = UserInfo::new();
    let pairs = list.get(2);
    let pairs = pairs.dyn_ref::<Array>()?;
    for at in (0..pairs.length()).step_by(2) {
        info.insert(pairs.get(at).as_string()?, pairs.get(at + 1).as_string()?);
    }
    let mut made = CachedResponse::new(response, data).with_storage_policy(
        match list.get(3).as_f64()? as u8 {
            0 => CacheStoragePolicy::Allowed,
            1 => CacheStoragePolicy::AllowedInMemoryOnly,
            _ => CacheStoragePolicy::NotAllowed,
        },
    );
    made.user_info = info;
    Some(made)
}
