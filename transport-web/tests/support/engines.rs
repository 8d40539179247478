//! What engines can do, as `transport-web/engines.json` has it, and where this program runs.

use std::collections::BTreeMap;
use std::fmt;

use js_sys::Reflect;
use serde_json::{Map, Value};
use wasm_bindgen::JsValue;

const TABLE: &str = include_str!("../../engines.json");

/// The table of engines: rows of what is so where.
pub(crate) struct Engines(Map<String, Value>);

impl Engines {
    pub(crate) fn read() -> Self {
        match serde_json::from_str(TABLE) {
            Ok(Value::Object(table)) => Self(table),
            other => panic!("engines.json is no table: {other:?}"),
        }
    }

    /// The rows of a section: what is so in `place`, by name.
    pub(crate) fn rows(&self, section: &str, place: &Place) -> BTreeMap<&str, bool> {
        let rows = self.section(section).iter();
        rows.map(|(name, row)| (name.as_str(), has(row, place)))
            .collect()
    }

    /// The names of the cases that a lack excuses.
    pub(crate) fn excused_cases(&self) -> impl Iterator<Item = &str> {
        self.section("cases").keys().map(String::as_str)
    }

    /// The feature for lack of which a case cannot hold in `place`.
    pub(crate) fn excuse(&self, case: &str, place: &Place) -> Option<&str> {
        let feature = self.section("cases").get(case)?.get("without")?.as_str()?;
        (!self.has(feature, place)).then_some(feature)
    }

    /// Whether a feature is there in `place`.
    pub(crate) fn has(&self, feature: &str, place: &Place) -> bool {
        let row = self.section("features").get(feature);
        let row = row.unwrap_or_else(|| panic!("there is no feature {feature}"));
        has(row, place)
    }

    fn section(&self, name: &str) -> &Map<String, Value> {
        let section = self.0.get(name).and_then(Value::as_object);
        section.unwrap_or_else(|| panic!("engines.json has no {name}"))
    }
}

/// Whether a row's list names the place or its engine.
fn has(row: &Value, place: &Place) -> bool {
    let named = row.get("has").and_then(Value::as_array);
    let named = named.unwrap_or_else(|| panic!("a row says not where: {row}"));
    named
        .iter()
        .any(|name| name == place.engine || *name == place.to_string())
}

/// An engine, and the kind of its script.
pub(crate) struct Place {
    engine: &'static str,
    /// Empty in Node, which has one kind.
    kind: &'static str,
}

impl Place {
    /// Where this program runs.
    pub(crate) fn here() -> Self {
        Self {
            engine: engine(),
            kind: kind(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(format!("{} {}", self.engine, self.kind).trim_end())
    }
}

fn engine() -> &'static str {
    let navigator = member(&js_sys::global(), "navigator");
    let agent = member(&navigator, "userAgent")
        .as_string()
        .unwrap_or_default();
    // Chromium says that it is like WebKit.
    let tokens = [
        ("Firefox/", "firefox"),
        ("Chrome/", "chromium"),
        ("AppleWebKit/", "webkit"),
    ];
    let named = tokens.iter().find(|(token, _)| agent.contains(token));
    named.map_or("node", |(_, engine)| engine)
}

fn kind() -> &'static str {
    match js_sys::global().constructor().name() {
        name if name == "Window" => "page",
        name if name == "DedicatedWorkerGlobalScope" => "dedicated worker",
        name if name == "SharedWorkerGlobalScope" => "shared worker",
        name if name == "ServiceWorkerGlobalScope" => "service worker",
        _ => "",
    }
}

fn member(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap_or(JsValue::UNDEFINED)
}
