//! The public suite of HTTP caching and Fetch's cache modes, over real sockets and again on the mock in virtual time.
//!
//! The folder that `URLSESSION_TEST_DATA` names holds the cases of others; `cases.json` and `modes.json` here are a few of our own, so
//! that server, runner and cache are tried without it too.

#![cfg(all(not(target_arch = "wasm32"), feature = "cache", feature = "mock"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]
#![expect(
    clippy::panic,
    reason = "a file of cases that cannot be read fails the test"
)]
#![expect(
    clippy::print_stdout,
    reason = "the score is shown by `cargo xtask test`"
)]

mod case;
mod check;
mod child;
#[path = "../support/example.rs"]
mod example;
mod modes;
mod play;
mod score;
mod seen;
mod world;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use urlsession::futures::future::join_all;
use urlsession::mock::MockCacheStore;
use urlsession::{Configuration, SessionBuilder, UrlCache};

use case::{Applies, Case, Cases, Kind};
use modes::{ModeCase, ModeCases, Validator};
use play::{Failure, play};
use score::Score;
use world::{World, by_the_adapter, on_the_mock, over_sockets};

/// A file of the external data; `None`, loudly, where there is none.
fn data(file: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("URLSESSION_TEST_DATA") else {
        println!("skipped: URLSESSION_TEST_DATA is not set");
        return None;
    };
    Some(Path::new(&folder).join(file))
}

/// A file of ours.
fn own(file: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cache_suite");
    folder.join(file)
}

/// All cases at once.
async fn play_all(world: World, cases: &[Case]) -> Vec<Result<(), Failure>> {
    join_all(cases.iter().map(|case| play(&world, case, 1))).await
}

/// All cases at once, and those that fail once more. Some count on seconds, which all at once on a machine with more to do may miss; the
/// mock's seconds are exact, and there nothing has a second try.
async fn play_twice(world: World, cases: &[Case]) -> Vec<Result<(), Failure>> {
    let mut results = play_all(world.clone(), cases).await;
    let failed = results.iter_mut().zip(cases);
    let failed = failed.filter(|(result, _)| result.is_err());
    let again = failed.map(async |(result, case)| {
        let second = play(&world, case, 2).await;
        if second.is_ok() {
            println!("passed the second time: {}: {result:?}", case.id);
        }
        *result = second;
    });
    join_all(again).await;
    results
}

/// Gives the session a cache in memory with room for every case.
fn with_cache(builder: SessionBuilder) -> SessionBuilder {
    builder.cache(UrlCache::in_memory(64 * 1024 * 1024))
}

fn without_cache(builder: SessionBuilder) -> SessionBuilder {
    builder
}

fn by_default(_: &mut Configuration) {}

fn serving_stale(configuration: &mut Configuration) {
    configuration.serves_stale_when_disconnected = true;
}

/// Why a cache of ours does not pass a case.
type Reason = (&'static str, &'static str);

/// What does not pass of the browser's `required` and `optimal`, in any world.
const NOT_PASSED: &[Reason] = &[(
    "vary-normalise-lang-select",
    "a cache would have to know how the server chooses among languages",
)];

/// What does not pass besides, where stale responses are not served when the server is gone: the cases count only where they are.
const NOT_WITHOUT_STALE: &[Reason] = &[
    (
        "stale-close-must-revalidate",
        "builds on a check that says no",
    ),
    ("stale-close-no-cache", "builds on a check that says no"),
];

/// Prints the score, and holds it: what fails is listed with its reason, and what is listed fails.
fn assert_score(
    title: &str,
    cases: &[Case],
    results: &[Result<(), Failure>],
    listed: &[&[Reason]],
) {
    let score = Score::of(cases, results);
    print!("{}", score.table(title));
    let listed: BTreeMap<&str, &str> = listed.iter().copied().flatten().copied().collect();
    let mut failed = BTreeMap::new();
    for kind in [Kind::Required, Kind::Optimal] {
        failed.extend(score.failures(Applies::Browser, kind));
        failed.extend(
            score
                .failures(Applies::NativeExtra, kind)
                .into_iter()
                .filter(held),
        );
    }
    for (id, reason) in &failed {
        let listed = listed.get(id).copied().unwrap_or("not listed");
        println!("not passed: {id}: {reason} ({listed})");
    }
    let found: Vec<&str> = failed.keys().copied().collect();
    let expected: Vec<&str> = listed.keys().copied().collect();
    assert_eq!(found, expected, "what fails, and what is listed");
}

/// Conditional requests of the app's own bypass the cache, as Fetch has it: those cases are not for us.
fn held((id, _): &(&str, String)) -> bool {
    !id.starts_with("conditional-")
}

fn public_cases() -> Option<Vec<Case>> {
    Some(Cases::read(&data("cache-tests.json")?).tests)
}

#[test]
fn the_public_suite_passes_over_sockets() {
    let Some(cases) = public_cases() else {
        return;
    };
    let results = over_sockets(serving_stale, with_cache, |world| play_twice(world, &cases));
    assert_score("cache-tests, sockets", &cases, &results, &[NOT_PASSED]);
}

#[test]
fn the_public_suite_passes_on_the_mock() {
    let Some(cases) = public_cases() else {
        return;
    };
    let results = on_the_mock(serving_stale, with_cache, |world| play_all(world, &cases));
    assert_score("cache-tests, mock", &cases, &results, &[NOT_PASSED]);
}

#[test]
fn the_public_suite_passes_by_way_of_the_example() {
    let Some(cases) = public_cases() else {
        return;
    };
    let results = by_the_adapter(|world| play_twice(world, &cases));
    assert_score(
        "cache-tests, cache_adapter",
        &cases,
        &results,
        &[NOT_PASSED],
    );
}

/// What the tier that outlives the program answers, without one in memory.
#[test]
#[cfg(feature = "sqlite")]
fn the_public_suite_passes_from_a_disk_alone() {
    let Some(cases) = public_cases() else {
        return;
    };
    let folder = Folder::new("public");
    let cache = urlsession::url_cache(0, 64 * 1024 * 1024, &folder.0);
    let on_disk = move |builder: SessionBuilder| builder.cache(cache);
    let results = over_sockets(serving_stale, on_disk, |world| play_twice(world, &cases));
    assert_score("cache-tests, disk", &cases, &results, &[NOT_PASSED]);
}

/// A folder of a test's own, taken away with what is in it.
#[cfg(feature = "sqlite")]
struct Folder(PathBuf);

#[cfg(feature = "sqlite")]
impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("urlsession-cache-suite-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

#[cfg(feature = "sqlite")]
impl Drop for Folder {
    fn drop(&mut self) {
        // One that was never made cannot be taken away.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_public_suite_passes_on_the_mock_from_its_store_alone() {
    let Some(cases) = public_cases() else {
        return;
    };
    let stored = |builder: SessionBuilder| {
        builder.cache(UrlCache::new(
            0,
            Arc::new(MockCacheStore::new(64 * 1024 * 1024)),
        ))
    };
    let results = on_the_mock(serving_stale, stored, |world| play_all(world, &cases));
    assert_score("cache-tests, mock's store", &cases, &results, &[NOT_PASSED]);
}

#[test]
fn without_the_switch_the_public_suite_passes_but_for_what_counts_with_it() {
    let Some(cases) = public_cases() else {
        return;
    };
    let results = on_the_mock(by_default, with_cache, |world| play_all(world, &cases));
    let listed = [NOT_PASSED, NOT_WITHOUT_STALE];
    assert_score("cache-tests, mock, default", &cases, &results, &listed);
}

/// What the runner finds without any cache, against what the suite's own engine found with a client that has none.
fn assert_floor(cases: &[Case], results: &[Result<(), Failure>]) {
    let score = Score::of(cases, results);
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (case, verdict) in score.iter() {
        if let Some(known) = case.measured.get("no-cache-floor") {
            compared += 1;
            if verdict.name(case.kind) != known {
                wrong.push(format!("{}: {verdict:?}, not {known}", case.id));
            }
        }
    }
    assert_eq!(compared, 205);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn without_a_cache_every_verdict_is_the_original_engines_over_sockets() {
    let Some(cases) = public_cases() else {
        return;
    };
    let results = over_sockets(by_default, without_cache, |world| play_all(world, &cases));
    assert_floor(&cases, &results);
}

#[test]
fn without_a_cache_every_verdict_is_the_original_engines_on_the_mock() {
    let Some(cases) = public_cases() else {
        return;
    };
    let results = on_the_mock(by_default, without_cache, |world| play_all(world, &cases));
    assert_floor(&cases, &results);
}

#[test]
fn our_own_cases_pass_in_both_worlds() {
    let cases = Cases::read(&own("cases.json")).tests;
    let results = over_sockets(by_default, with_cache, |world| play_twice(world, &cases));
    assert_score("our own, sockets", &cases, &results, &[]);
    let results = on_the_mock(by_default, with_cache, |world| play_all(world, &cases));
    assert_score("our own, mock", &cases, &results, &[]);
}

#[test]
fn our_own_cases_need_a_cache() {
    let cases = Cases::read(&own("cases.json")).tests;
    let results = on_the_mock(by_default, without_cache, |world| play_all(world, &cases));
    let score = Score::of(&cases, &results);
    let (passed, all) = score.count(Applies::Browser, Kind::Optimal);
    assert!(passed == 0 && all > 50, "{passed} of {all}");
}

/// Every case with either validator: what is wrong, by its name.
async fn play_modes(world: World, cases: &[ModeCase]) -> Vec<String> {
    let played = cases.iter().enumerate().map(|(number, case)| {
        let world = &world;
        async move {
            let mut wrong = Vec::new();
            for validator in [Validator::Tag, Validator::Date] {
                if let Err(error) = case.play(world, number, validator).await {
                    wrong.push(format!("{}, by {validator:?}: {error}", case.title(number)));
                }
            }
            wrong
        }
    });
    join_all(played).await.into_iter().flatten().collect()
}

fn assert_modes(title: &str, cases: &[ModeCase]) {
    for (place, wrong) in [
        (
            "sockets",
            over_sockets(by_default, with_cache, |world| play_modes(world, cases)),
        ),
        (
            "mock",
            on_the_mock(by_default, with_cache, |world| play_modes(world, cases)),
        ),
    ] {
        let passed = 2 * cases.len() - wrong.len();
        println!(
            "score | {title}, {place}: {passed}/{} runs of {} cases",
            2 * cases.len(),
            cases.len()
        );
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn fetchs_cache_modes_pass_in_both_worlds() {
    let Some(path) = data("wpt-cache-modes.json") else {
        return;
    };
    let cases = ModeCases::read(&path).tests;
    assert_eq!(cases.len(), 51);
    assert_modes("cache modes", &cases);
}

#[test]
fn our_own_modes_pass_in_both_worlds() {
    assert_modes("our own modes", &ModeCases::read(&own("modes.json")).tests);
}
