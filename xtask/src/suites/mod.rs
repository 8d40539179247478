//! The suites, in the order they run: what is cheap and most often wrong comes first.

mod checks;
mod gates;
mod host;
mod npm;
mod page;
mod size;
mod wasm;

use crate::run::{Run, Skip};
use crate::tools::Tools;

/// A named part of the checks.
#[derive(Debug)]
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn(&mut Run<'_>, &mut Tools<'_>) -> Result<(), Skip>,
}

/// Every suite.
pub(crate) const SUITES: &[Suite] = &[
    Suite {
        name: "fmt",
        about: "formatting",
        run: checks::fmt,
    },
    Suite {
        name: "clippy",
        about: "lints, every target of every package on the host",
        run: checks::clippy,
    },
    Suite {
        name: "clippy-wasm",
        about: "lints for wasm32: core, transport-web, conformance, facade",
        run: checks::clippy_wasm,
    },
    Suite {
        name: "clippy-systems",
        about: "lints for macOS and Windows: transport-native without its C code",
        run: checks::clippy_systems,
    },
    Suite {
        name: "features",
        about: "core and transport-native build with no, each and every feature",
        run: checks::features,
    },
    Suite {
        name: "host",
        about: "unit and integration tests, conformance on mock and native",
        run: host::host,
    },
    Suite {
        name: "doctests",
        about: "the examples in the documentation",
        run: host::doctests,
    },
    Suite {
        name: "docs",
        about: "documentation without a warning",
        run: checks::docs,
    },
    Suite {
        name: "simulation",
        about: "200,000 random schedules against the contract",
        run: host::simulation,
    },
    Suite {
        name: "node",
        about: "core's and transport-web's tests and conformance as wasm32 in Node",
        run: wasm::node,
    },
    Suite {
        name: "browser",
        about: "transport-web and conformance in headless Chromium: page, dedicated and service worker",
        run: wasm::browser,
    },
    Suite {
        name: "size",
        about: "modules for browsers within their limits, and opened in one",
        run: size::size,
    },
    Suite {
        name: "npm",
        about: "the npm package as it is shipped: files, types, README, in Node, Chromium, Firefox, WebKit, built by Vite",
        run: npm::npm,
    },
    Suite {
        name: "page",
        about: "the demo page end to end in headless Chromium, with the npm package as it is shipped",
        run: page::page,
    },
    Suite {
        name: "firefox",
        about: "transport-web and conformance in headless Firefox: page, dedicated worker",
        run: wasm::firefox,
    },
    Suite {
        name: "webkit",
        about: "transport-web and conformance in WebKitGTK: page, dedicated worker",
        run: wasm::webkit,
    },
    Suite {
        name: "examples",
        about: "the examples and the demo, against the origin server",
        run: host::examples,
    },
    Suite {
        name: "deny",
        about: "licences, advisories, sources of dependencies",
        run: checks::deny,
    },
    Suite {
        name: "gates",
        about: "instructions, memory and cold start within their limits",
        run: gates::gates,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_suite_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = SUITES.iter().map(|suite| suite.name).collect();
        assert_eq!(names.len(), SUITES.len());
    }
}
