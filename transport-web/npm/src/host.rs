//! The other part as this one sees it: one object, which is told of every event by its number. Each throw is caught, though none is meant.
//!
//! What comes of it is an answer ([`answer`](crate::answer)): nothing where the app has none, a value, or a promise of either.

use std::cell::OnceCell;

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// `Host` of `ts/host.ts`.
    pub type Host;

    #[wasm_bindgen(method, catch, js_name = tell)]
    fn told(
        this: &Host,
        event: u8,
        number: u32,
        first: f64,
        second: f64,
        third: f64,
        value: JsValue,
        other: JsValue,
    ) -> Result<bool, JsValue>;

    #[wasm_bindgen(method)]
    fn answer(this: &Host) -> JsValue;

    #[wasm_bindgen(method, js_name = numbers)]
    fn list(this: &Host, _: f64, _: f64, _: f64, _: f64, _: f64) -> JsValue;
}

thread_local! {
    /// There is one for all sessions.
    static HOST: OnceCell<Host> = const { OnceCell::new() };
}

/// The host from now on, unless there is one.
pub(crate) fn enter(host: Host) {
    let _ = HOST.with(|it| it.set(host));
}

/// The events, by their places in the list of `ts/hub.ts`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    Response,
    Data,
    Redirection,
    Retry,
    Body,
    Waiting,
    Sent,
    Became,
    Resumed,
    Written,
    File,
    Metrics,
    Cache,
    CanInit,
    Load,
    Pull,
    Stop,
    Complete,
    Invalid,
}

/// What the host gave: nothing, a value, or what it threw.
pub(crate) type Told = Result<Option<JsValue>, JsValue>;

/// Tells of what happens to the task, session or load of a number.
pub(crate) fn tell(event: Event, number: u32, counts: [f64; 3], values: [JsValue; 2]) -> Told {
    let ([first, second, third], [value, other]) = (counts, values);
    HOST.with(|host| {
        let Some(host) = host.get() else {
            return Ok(None);
        };
        let has_answer = host.told(event as u8, number, first, second, third, value, other)?;
        Ok(has_answer.then(|| host.answer()))
    })
}

/// The same of what has no values.
pub(crate) fn tell_counts(event: Event, number: u32, counts: [f64; 3]) -> Told {
    tell(event, number, counts, [JsValue::UNDEFINED; 2])
}

/// The same of what has a value, and no counts.
pub(crate) fn tell_value(event: Event, number: u32, value: JsValue) -> Told {
    tell(event, number, NO_COUNTS, [value, JsValue::UNDEFINED])
}

/// In place of counts.
pub(crate) const NO_COUNTS: [f64; 3] = [0.0; 3];

/// A list of numbers.
pub(crate) fn numbers([a, b, c, d, e]: [f64; 5]) -> JsValue {
    HOST.with(|host| {
        let host = host.get();
        host.map_or(JsValue::UNDEFINED, |host| host.list(a, b, c, d, e))
    })
}
