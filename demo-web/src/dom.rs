//! The few things that the page asks of its document.

use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, Event};

pub(crate) fn document() -> Result<Document, JsValue> {
    let window = web_sys::window().ok_or("no window")?;
    window.document().ok_or_else(|| "no document".into())
}

/// The element with this id, of the kind that is asked for.
pub(crate) fn by_id<T: JsCast>(id: &str) -> Result<T, JsValue> {
    let found = document()?
        .get_element_by_id(id)
        .and_then(|found| found.dyn_into().ok());
    found.ok_or_else(|| format!("no element #{id}").into())
}

/// The element in `root` that `data-part` names, of the kind that is asked for.
pub(crate) fn part<T: JsCast>(root: &Element, name: &str) -> Result<T, JsValue> {
    let found = root.query_selector(&format!("[data-part={name}]"))?;
    let found = found.and_then(|found| found.dyn_into().ok());
    found.ok_or_else(|| format!("no part {name}").into())
}

/// Calls `handle` at each event of this kind, as long as the page lives. What it fails with is the browser's to report.
pub(crate) fn listen(
    element: &Element,
    kind: &str,
    handle: impl Fn(Event) -> Result<(), JsValue> + 'static,
) -> Result<(), JsValue> {
    let handle = Closure::<dyn Fn(Event) -> Result<(), JsValue>>::new(handle).into_js_value();
    element.add_event_listener_with_callback(kind, handle.unchecked_ref())
}

/// The element that was clicked, or that holds it, with this attribute; and the attribute's value.
pub(crate) fn clicked(event: &Event, attribute: &str) -> Option<(Element, String)> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let element = target.closest(&format!("[{attribute}]")).ok()??;
    let value = element.get_attribute(attribute)?;
    Some((element, value))
}
