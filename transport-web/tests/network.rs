//! The way to the network, as a page or worker sees it.
#![cfg(target_arch = "wasm32")]

use js_sys::{Function, Object, Reflect};
use urlsession_core::futures::FutureExt;
use urlsession_core::{
    Configuration, ErrorCode, NetworkKind, NetworkMonitor, NetworkPath, NetworkStatus, Session,
};
use urlsession_transport_web::{WebNetwork, network_monitor, platform};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test as test;

/// `navigator`, as a script's expression has it, until this is dropped.
struct Navigator(Option<Object>);

impl Navigator {
    fn replaced(expression: &str) -> Self {
        let global = js_sys::global();
        let before = Object::get_own_property_descriptor(&global, &"navigator".into());
        let make = format!(
            "const made = () => ({expression}); Object.defineProperty(globalThis, 'navigator', \
             {{ configurable: true, get: made }});"
        );
        run(&make);
        Self(before.dyn_into().ok())
    }
}

impl Drop for Navigator {
    fn drop(&mut self) {
        let global = js_sys::global();
        match &self.0 {
            Some(before) => {
                Object::define_property(&global, &"navigator".into(), before);
            }
            None => {
                let _ = Reflect::delete_property(&global, &"navigator".into());
            }
        }
    }
}

fn run(script: &str) -> JsValue {
    let function = Function::new_no_args(script);
    function.call0(&JsValue::NULL).expect("a sound script")
}

/// True where events can be sent to the global scope: not in Node.
fn has_events() -> bool {
    run("return typeof globalThis.addEventListener === 'function'").is_truthy()
}

fn seen(navigator: &str) -> NetworkPath {
    let _replaced = Navigator::replaced(navigator);
    WebNetwork::new().path()
}

#[test]
fn what_the_browser_tells_is_the_path() {
    assert_eq!(seen("{ onLine: false }"), NetworkPath::unsatisfied());
    assert_eq!(seen("{ onLine: true }").status, NetworkStatus::Satisfied);
    let cellular = seen("{ onLine: true, connection: { type: 'cellular', saveData: true } }");
    let expected = NetworkPath::satisfied(NetworkKind::Cellular).constrained();
    assert_eq!(cellular, expected);
    let wifi = seen("{ onLine: true, connection: { type: 'wifi', saveData: false } }");
    assert_eq!(wifi, NetworkPath::satisfied(NetworkKind::Wifi));
}

#[test]
fn what_it_does_not_tell_is_unknown() {
    for navigator in [
        "undefined",
        "null",
        "({})",
        "{ get onLine() { throw 1; }, get connection() { throw 2; } }",
        "{ onLine: 'yes', connection: 7 }",
        "{ connection: { type: {}, saveData: 'on' } }",
        "{ connection: new Proxy({}, { get() { throw new Error('no'); } }) }",
    ] {
        assert_eq!(seen(navigator), NetworkPath::UNKNOWN, "{navigator}");
    }
}

#[test]
async fn a_task_waits_until_the_browser_is_on_line() {
    if !has_events() {
        return;
    }
    let configuration = {
        let mut configuration = Configuration::default();
        configuration.waits_for_connectivity = true;
        configuration
    };
    let offline = Navigator::replaced("{ onLine: false }");
    let session = Session::new(platform(&configuration), configuration);
    // Nobody has this name: that the attempt fails shows that it was made.
    let mut loading = session.data("http://nobody-has-this-name.invalid/");
    for _ in 0..3 {
        assert!((&mut loading).now_or_never().is_none());
    }
    assert_eq!(session.network_path(), NetworkPath::unsatisfied());
    drop(offline);
    run("globalThis.dispatchEvent(new Event('online'))");
    let error = loading.await.expect_err("nobody has this name");
    assert_eq!(error.code(), ErrorCode::CannotLoadFromNetwork);
}

#[test]
async fn each_change_is_told() {
    if !has_events() {
        return;
    }
    let monitor = network_monitor();
    let before = monitor.settled().await;
    let changed = monitor.changed(before);
    let offline = Navigator::replaced("{ onLine: false }");
    run("globalThis.dispatchEvent(new Event('offline'))");
    assert_eq!(changed.await, NetworkPath::unsatisfied());
    drop(offline);
    run("globalThis.dispatchEvent(new Event('online'))");
    assert_eq!(monitor.changed(NetworkPath::unsatisfied()).await, before);
}
