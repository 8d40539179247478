//! What is checked without running the project's code.

use crate::run::{Run, Skip};
use crate::tools::{SYSTEMS, Tools, WASM};

/// Packages whose every feature is checked alone, with none, and all together.
const FEATURE_MATRIX: [&str; 2] = ["urlsession-core", "urlsession-transport-native"];

/// The workspaces beside the product's.
const OTHER_WORKSPACES: [&str; 3] = [
    "benches/Cargo.toml",
    "benches/web/Cargo.toml",
    "fuzz/Cargo.toml",
];

pub(super) fn fmt(run: &mut Run<'_>, _: &mut Tools<'_>) -> Result<(), Skip> {
    run.check(&mut run.cargo("fmt --all --check -- --color never"));
    for workspace in OTHER_WORKSPACES {
        let words = format!("fmt --all --check --manifest-path {workspace} -- --color never");
        run.check(&mut run.cargo(&words));
    }
    Ok(())
}

pub(super) fn clippy(run: &mut Run<'_>, _: &mut Tools<'_>) -> Result<(), Skip> {
    run.check(&mut run.cargo("clippy --workspace --all-targets --all-features -- -D warnings"));
    Ok(())
}

pub(super) fn clippy_wasm(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    tools.target(WASM)?;
    // The facade's tests start servers: they are for the host.
    for packages in [
        "--all-targets -p urlsession-core -p urlsession-transport-web -p urlsession-conformance",
        "-p urlsession --lib --example portable -p urlsession-web-get",
    ] {
        let words = format!("clippy --target {WASM} --all-features {packages} -- -D warnings");
        run.check(&mut run.cargo(&words));
    }
    Ok(())
}

pub(super) fn clippy_systems(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    for target in SYSTEMS {
        match tools.target(target) {
            // Without the features that compile C, which would need that system's own headers.
            Ok(()) => run.check(&mut run.cargo(&format!(
                "clippy --target {target} -p urlsession-transport-native --no-default-features \
                 --features blocking,http2,json,network-monitor -- -D warnings"
            ))),
            Err(Skip(reason)) => run.skip(reason),
        }
    }
    Ok(())
}

pub(super) fn features(run: &mut Run<'_>, _: &mut Tools<'_>) -> Result<(), Skip> {
    for package in FEATURE_MATRIX {
        let each = run.workspace.features(package).into_iter();
        let mut selections = vec![
            "--no-default-features".to_owned(),
            "--all-features".to_owned(),
        ];
        selections
            .extend(each.map(|feature| format!("--no-default-features --features {feature}")));
        for selection in selections {
            run.check(&mut run.cargo(&format!("check -p {package} {selection}")));
        }
    }
    // What takes the place of tasks is there only without them.
    let alone = "--no-default-features --features request-target,url-parser";
    run.check(&mut run.cargo(&format!("test -p urlsession-core --lib {alone} no_tasks")));
    Ok(())
}

pub(super) fn docs(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    let doc = |run: &mut Run<'_>, selection: &str| {
        let mut cargo = run.cargo(&format!("doc --no-deps --all-features {selection}"));
        run.check(cargo.env("RUSTDOCFLAGS", "-D warnings"));
    };
    // What is for browsers alone is documented as it is there.
    let web = "urlsession-transport-web";
    doc(run, &format!("--workspace --exclude {web}"));
    match tools.target(WASM) {
        Ok(()) => doc(run, &format!("-p {web} --target {WASM}")),
        Err(Skip(reason)) => run.skip(reason),
    }
    Ok(())
}

pub(super) fn deny(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    tools.deny()?;
    run.check(&mut run.cargo("deny --all-features check bans licenses sources"));
    match run.attempt(&mut run.cargo("deny fetch db")) {
        Ok(()) => run.check(&mut run.cargo("deny --all-features check --disable-fetch advisories")),
        Err(reason) => run.skip(format!("no advisories to check against: {reason}")),
    }
    Ok(())
}
