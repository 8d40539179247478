//! What JavaScript says to a question, as core takes it.

use js_sys::Promise;
use js_sys::futures::{JsFuture, future_to_promise};
use urlsession_core::{Answer, BoxFuture};
use wasm_bindgen::prelude::*;

use crate::host::Told;

/// The answer in what the host gave: at once, or by a promise. What `decode` cannot read is no answer.
pub(crate) fn answer<T: 'static>(
    told: Told,
    decode: impl FnOnce(&JsValue) -> Option<T> + 'static,
) -> Answer<T> {
    let Ok(Some(value)) = told else {
        return Answer::Unhandled;
    };
    match value.dyn_into::<Promise>() {
        Ok(promise) => {
            let settled = JsFuture::from(promise);
            Answer::Later(Box::pin(async move { decode(&settled.await.ok()?) }))
        }
        Err(value) => decode(&value).map_or(Answer::Unhandled, Answer::Now),
    }
}

/// The answer to a notice: it waits for a promise, and that is all.
pub(crate) fn notice(told: Told) -> Answer<()> {
    answer(told, |_| None)
}

/// A promise of what `work` comes to.
pub(crate) fn promise(work: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> Promise {
    // One kind of future, whatever the work is: each would have code of its own.
    let work: BoxFuture<'static, _> = Box::pin(work);
    future_to_promise(work)
}

/// Waits for what the host gave, as far as there is something to wait for.
pub(crate) async fn settled(told: Told) -> Result<JsValue, JsValue> {
    match told?.unwrap_or(JsValue::UNDEFINED).dyn_into::<Promise>() {
        Ok(promise) => JsFuture::from(promise).await,
        Err(value) => Ok(value),
    }
}
