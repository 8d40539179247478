//! What JavaScript says to a question, as core takes it.

use js_sys::Promise;
use urlsession_core::Answer;
use urlsession_transport_web::promise_of;
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
            let settled = urlsession_transport_web::settled(&promise);
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
    promise_of(Box::pin(work)).unchecked_into()
}

/// Waits for what the host gave, as far as there is something to wait for.
pub(crate) async fn settled(told: Told) -> Result<JsValue, JsValue> {
    match told?.unwrap_or(JsValue::UNDEFINED).dyn_into::<Promise>() {
        Ok(promise) => urlsession_transport_web::settled(&promise).await,
        Err(value) => Ok(value),
    }
}
