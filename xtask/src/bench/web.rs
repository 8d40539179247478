//! `cargo xtask bench --web`: ours beside what else a page has, in one page, by the CPU time of its main thread.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::tools::Tools;
use crate::web::module::Module;
use crate::web::size::{self, Size};
use crate::web::{Build, WebTools, in_the_open, package};
use crate::workspace::Workspace;

/// The workspace of the clients.
const MANIFEST: &str = "benches/web/Cargo.toml";

/// The clients that are modules, by the name of their package after `web-`.
const CLIENTS: [&str; 5] = ["ours", "raw", "gloo", "ehttp", "reqwest"];
/// What every other is compared with: a page's own script.
const SCRIPT: &str = "js";
/// The npm package.
const PACKAGE: &str = "npm";
/// Those that the limits are for.
const OURS: [&str; 2] = ["ours", PACKAGE];

/// What is measured, how much of it in a round, and what ours may cost.
struct Scenario {
    name: &'static str,
    about: &'static str,
    unit: &'static str,
    amount: u32,
    limit: Limit,
}

/// What ours may cost.
enum Limit {
    /// So many microseconds more than a script.
    More(f64),
    /// So many times what a script costs.
    Times(f64),
    None,
}

const SCENARIOS: [Scenario; 4] = [
    Scenario {
        name: "mock_get",
        about: "GET of 1 KiB, `fetch` replaced: the library's own cost",
        unit: "request",
        amount: 1000,
        limit: Limit::More(60.0),
    },
    Scenario {
        name: "real_get",
        about: "GET of 1 KiB over HTTP/1.1 on this machine",
        unit: "request",
        amount: 200,
        limit: Limit::Times(1.25),
    },
    Scenario {
        name: "real_download",
        about: "a body of 50 MiB, streamed",
        unit: "MiB",
        amount: 50,
        limit: Limit::Times(1.15),
    },
    Scenario {
        name: "mock_download",
        about: "the same from a stream in the page: the copies' own cost",
        unit: "MiB",
        amount: 50,
        limit: Limit::None,
    },
];

/// Builds everything, runs every scenario `rounds` times interleaved, at `scale` of its amount, and prints tables.
pub(super) fn web(workspace: &Workspace, rounds: usize, scale: f64) -> Result<(), String> {
    let mut tools = Tools::new(workspace);
    let web = WebTools::find(&mut tools).map_err(|skip| skip.0)?;
    let chromium = tools.chromium().map_err(|skip| skip.0)?;
    let folder = workspace.target.join("bench").join("web");
    let mut sizes = Vec::new();
    for client in CLIENTS {
        println!("building {client}");
        build(workspace, &web, client, None, &folder)?;
        if client != "ours" {
            let app = build(workspace, &web, client, Some("app"), &folder)?;
            sizes.push((client, weigh(workspace, &web, &app)?));
        }
    }
    println!("building {PACKAGE}");
    let execute = &mut in_the_open;
    let npm = package::build(workspace, &web, Build::Optimised, execute)?;
    let app = size::app(workspace, &web, &[], execute)?;
    sizes.insert(0, ("ours", size::app_size(workspace, &web, &app)?));
    sizes.push((PACKAGE, size::first_size(workspace, &web, &npm)?));

    println!("\nload of the machine before: {}", load());
    let page = workspace.root.join("benches/web/page");
    let names: Vec<&str> = CLIENTS.iter().copied().chain([PACKAGE]).collect();
    let scenarios = SCENARIOS.iter().map(|scenario| {
        let amount = (f64::from(scenario.amount) * scale).ceil();
        // As much before as in a round: engines compile what runs often a second time, and better.
        json!({ "scenario": scenario.name, "amount": amount, "warm": amount })
    });
    let options = json!({
        "chromium": chromium, "page": page, "clients": folder.join("bench"), "npm": npm,
        "names": names, "rounds": rounds, "scenarios": scenarios.collect::<Vec<_>>(),
    });
    let mut drive = Command::new(&web.node);
    drive.arg(workspace.root.join("benches/web/drive.mjs"));
    let line = crate::workspace::stdout_of(drive.arg(options.to_string()))?;
    let results: BTreeMap<String, BTreeMap<String, Vec<f64>>> =
        serde_json::from_str::<Value>(&line)
            .map(|value| by_scenario(&value))
            .map_err(|error| format!("{error} in {line}"))?;
    for scenario in &SCENARIOS {
        print!("{}", table(scenario, &results[scenario.name], &names));
    }
    println!("load of the machine after: {}", load());
    print!("{}", sizes_table(&sizes));
    Ok(())
}

/// One client as a module; the folder with its files.
fn build(
    workspace: &Workspace,
    web: &WebTools,
    client: &str,
    feature: Option<&str>,
    folder: &Path,
) -> Result<PathBuf, String> {
    let module = Module {
        manifest: MANIFEST,
        package: &format!("web-{client}"),
        features: feature,
        name: "client",
        folder: folder.join(feature.unwrap_or("bench")).join(client),
        trims: false,
    };
    module.build(workspace, web, Build::Optimised, &mut in_the_open)?;
    Ok(module.folder)
}

fn weigh(workspace: &Workspace, web: &WebTools, folder: &Path) -> Result<Size, String> {
    let minified = folder.join("client.min.js");
    in_the_open(&mut size::minify(web, &folder.join("client.js"), &minified))?;
    size::measure(workspace, web, &[folder.join("client_bg.wasm"), minified])
}

/// Scenario, client, the milliseconds of each round.
fn by_scenario(results: &Value) -> BTreeMap<String, BTreeMap<String, Vec<f64>>> {
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let rounds = |value: &Value| {
        let rounds = value.as_array().into_iter().flatten();
        rounds.filter_map(Value::as_f64).collect()
    };
    let clients = |value: &Value| {
        let clients = members(value).into_iter();
        clients.map(|(name, it)| (name, rounds(&it))).collect()
    };
    members(results)
        .into_iter()
        .map(|(name, it)| (name, clients(&it)))
        .collect()
}

/// A client a line: the median of its rounds, beside a script's, and the least and most of them.
fn table(scenario: &Scenario, clients: &BTreeMap<String, Vec<f64>>, names: &[&str]) -> String {
    let Scenario { about, unit, .. } = scenario;
    let mut text = format!(
        "\n{about}\n\n| client | µs a {unit} | more than a script | times a script | least to most |  |\n|---|---|---|---|---|---|\n"
    );
    let script = median(&clients[SCRIPT]).unwrap_or(f64::NAN);
    for name in [SCRIPT].iter().chain(names) {
        let rounds = &clients[*name];
        let Some(middle) = median(rounds) else {
            text.push_str(&format!("| {name} | does not | | | | |\n"));
            continue;
        };
        let ends = (rounds.iter().copied()).fold((f64::MAX, 0.0), |(least, most), round| {
            (round.min(least), round.max(most))
        });
        let verdict = match OURS.contains(name) {
            true => scenario
                .limit
                .verdict((middle - script) * 1000.0, middle / script),
            false => String::new(),
        };
        text.push_str(&format!(
            "| {name} | {:.0} | {:+.0} | {:.2} | {:.0} to {:.0} | {verdict} |\n",
            middle * 1000.0,
            (middle - script) * 1000.0,
            middle / script,
            ends.0 * 1000.0,
            ends.1 * 1000.0,
        ));
    }
    text
}

impl Limit {
    fn verdict(&self, more: f64, times: f64) -> String {
        let (within, limit) = match self {
            Self::More(limit) => (more <= *limit, format!("+{limit}")),
            Self::Times(limit) => (times <= *limit, format!("{limit} times")),
            Self::None => return String::new(),
        };
        let word = if within { "within" } else { "OVER" };
        format!("{word} {limit}")
    }
}

fn sizes_table(sizes: &[(&str, Size)]) -> String {
    let mut text = "\nModule and minified glue of the smallest app that shows what a GET brings; `npm` is the whole package.\n\n\
         | client | bytes | gzip | brotli |\n|---|---|---|---|\n"
        .to_owned();
    for (client, size) in sizes {
        let Size { raw, gzip, brotli } = size;
        text.push_str(&format!("| {client} | {raw} | {gzip} | {brotli} |\n"));
    }
    text
}

fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Programs that ran or waited to, in the last 1, 5 and 15 minutes.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().take(3).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_is_compared_with_a_script_and_held_to_the_limit() {
        let results = json!({ "mock_get": { "js": [0.02, 0.03, 0.01], "ours": [0.09, 0.07, 0.12], "raw": [0.2], "ehttp": [] } });
        let clients = &by_scenario(&results)["mock_get"];
        let text = table(&SCENARIOS[0], clients, &["ours", "raw", "ehttp"]);
        assert!(
            text.contains("| ours | 90 | +70 | 4.50 | 70 to 120 | OVER +60 |"),
            "{text}"
        );
        assert!(
            text.contains("| raw | 200 | +180 | 10.00 | 200 to 200 |  |"),
            "{text}"
        );
        assert!(text.contains("| ehttp | does not |"), "{text}");
    }

    #[test]
    fn a_ratio_is_within_its_limit_up_to_it() {
        let limit = Limit::Times(1.25);
        assert_eq!(limit.verdict(0.0, 1.25), "within 1.25 times");
        assert_eq!(limit.verdict(0.0, 1.26), "OVER 1.25 times");
    }
}
