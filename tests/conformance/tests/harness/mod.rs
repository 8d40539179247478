//! Shows each case as a test of its own, as libtest does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use urlsession_conformance::{Fixture, Ground, Verdict, cases, measured};
use urlsession_core::{BoxFuture, Configuration};

/// Where the redirects are that browsers were seen to follow.
const DATA: &str = "URLSESSION_TEST_DATA";

/// A ground that runs a case to its end.
pub(crate) trait Stage: Ground + Sized {
    /// Runs what `play` makes of a fixture on this ground; an error says why it did not end.
    fn play(
        self,
        play: impl FnOnce(Fixture) -> BoxFuture<'static, Verdict>,
    ) -> Result<Verdict, String>;
}

/// A test for each case, on a ground of its own.
pub(crate) fn trials<G: Stage>(
    prefix: &str,
    make: impl Fn() -> G + Clone + Send + Sync + 'static,
) -> Vec<Trial> {
    let sample = make();
    let capabilities = sample
        .platform(&Configuration::default())
        .transport
        .capabilities();
    let sites = sample.sites().clone();
    let cases = cases().into_iter().map(|case| {
        let make = make.clone();
        let skipped = case.skipped(&capabilities, &sites);
        let name = format!("{prefix}{}", case.name);
        trial(name, skipped, move || {
            make().play(move |fixture| Box::pin(async move { case.run(fixture).await }))
        })
    });
    cases.collect()
}

/// A test for each redirect that browsers were seen to follow; one that is skipped where there is no data.
pub(crate) fn measured<G: Stage>(
    make: impl Fn() -> G + Clone + Send + Sync + 'static,
) -> Vec<Trial> {
    let Some(folder) = std::env::var_os(DATA) else {
        let why = format!("{DATA} names no folder");
        return vec![trial("measured redirects".into(), Some(why), || Ok(Ok(())))];
    };
    let path = std::path::Path::new(&folder).join("redirect-cases.json");
    let rows = std::fs::read_to_string(&path).map_err(|error| error.to_string());
    let rows = rows.and_then(|text| measured::rows(&text).map_err(|failure| failure.to_string()));
    let rows = match rows {
        Ok(rows) if !rows.is_empty() => rows,
        Ok(_) => {
            return vec![trial("measured redirects".into(), None, || {
                Err("no rows".into())
            })];
        }
        Err(error) => {
            return vec![trial("measured redirects".into(), None, move || Err(error))];
        }
    };
    let rows = rows.into_iter().map(|row| {
        let make = make.clone();
        trial(
            format!("measured redirects: {}", row.name()),
            None,
            move || make().play(move |fixture| Box::pin(async move { row.run(fixture).await })),
        )
    });
    rows.collect()
}

fn trial(
    name: String,
    skipped: Option<String>,
    play: impl FnOnce() -> Result<Verdict, String> + Send + 'static,
) -> Trial {
    // Another program that lists and runs the tests learns of those skipped by their flag only.
    let is_listed = std::env::var_os("NEXTEST").is_some() && skipped.is_some();
    let trial = Trial::ignorable_test(name, move || match skipped {
        Some(why) => Ok(Completion::ignored_with(why)),
        None => played(play).map(|()| Completion::Completed),
    });
    trial.with_ignored_flag(is_listed)
}

fn played(play: impl FnOnce() -> Result<Verdict, String>) -> Result<(), Failed> {
    match catch_unwind(AssertUnwindSafe(play)) {
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Ok(Err(failure))) => Err(failure.to_string().into()),
        Ok(Err(stuck)) => Err(stuck.into()),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
            Err(format!("panicked: {}", text.unwrap_or_default()).into())
        }
    }
}

/// Runs the tests that the arguments choose, several at once: they mostly wait.
pub(crate) fn run(trials: Vec<Trial>) {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(8);
    silence_panics_on_purpose();
    libtest_mimic::run(&arguments, trials).exit();
}

/// Some cases panic in a callback to see that it is caught; nobody needs to read of those.
fn silence_panics_on_purpose() {
    let usual = Arc::new(std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload().downcast_ref::<&str>() != Some(&"on purpose") {
            usual(panic);
        }
    }));
}
