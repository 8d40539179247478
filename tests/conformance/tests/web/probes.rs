//! The features of engines, tried out.

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// A function for each feature, by its name.
pub(crate) struct Probes(Object);

impl Probes {
    /// The probes, at the origin server of this line.
    pub(crate) fn new(origin: &str) -> Self {
        let make = Function::new_with_args("sites", include_str!("probes.js"));
        let sites = js_sys::JSON::parse(origin).expect("the server's line");
        for url in Object::entries(sites.unchecked_ref()) {
            let url: js_sys::Array = url.unchecked_into();
            let base = url.get(1).as_string().unwrap_or_default();
            let base = base.trim_end_matches('/').into();
            Reflect::set(&sites, &url.get(0), &base).expect("a plain object");
        }
        let probes = make.call1(&JsValue::NULL, &sites).expect("probes.js runs");
        Self(probes.unchecked_into())
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let names = Object::keys(&self.0);
        names.iter().filter_map(|name| name.as_string()).collect()
    }

    /// Whether the feature is there; else what was thrown, if anything was.
    pub(crate) async fn has(&self, feature: &str) -> Result<bool, String> {
        let probe: Function = Reflect::get(&self.0, &feature.into())
            .expect("a plain object")
            .dyn_into()
            .expect("each row has its probe");
        let promise: Promise = probe.call0(&JsValue::NULL).map_err(text)?.unchecked_into();
        let answer = JsFuture::from(promise).await.map_err(text)?;
        Ok(answer.is_truthy())
    }
}

fn text(thrown: JsValue) -> String {
    String::from(Object::from(thrown).to_string())
}
