//! Verdicts, with what depends on what, and their sums.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::case::{Applies, Case, Kind};
use crate::play::Failure;

/// What a case came to, by the names of the suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Passed; `yes` of a check.
    Passed,
    /// Failed by itself: `fail`, `optional_fail`, `no`, or a failure to set up.
    Failed(Failure),
    /// What it builds on did not pass: it counts as not passed, whatever it came to.
    Depends(String),
}

impl Verdict {
    /// The name that the suite gives it.
    pub(crate) fn name(&self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Self::Passed, Kind::Check) => "yes",
            (Self::Passed, Kind::Required | Kind::Optimal) => "pass",
            (Self::Depends(_), _) => "dependency_fail",
            (Self::Failed(Failure::Setup(_)), _) => "setup_fail",
            (Self::Failed(Failure::Retry), _) => "retry",
            (Self::Failed(Failure::Harness(_)), _) => "harness_fail",
            (Self::Failed(Failure::Claim(_)), Kind::Required) => "fail",
            (Self::Failed(Failure::Claim(_)), Kind::Optimal) => "optional_fail",
            (Self::Failed(Failure::Claim(_)), Kind::Check) => "no",
        }
    }
}

/// The verdicts of all cases, in their order.
pub(crate) struct Score<'a>(Vec<(&'a Case, Verdict)>);

impl<'a> Score<'a> {
    /// Judges what each case came to by itself.
    pub(crate) fn of(cases: &'a [Case], results: &[Result<(), Failure>]) -> Self {
        let own: BTreeMap<&str, (&Case, &Result<(), Failure>)> = cases
            .iter()
            .zip(results)
            .map(|(case, result)| (&*case.id, (case, result)))
            .collect();
        Self(cases.iter().map(|case| (case, judge(case, &own))).collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'a Case, &Verdict)> {
        self.0.iter().map(|(case, verdict)| (*case, verdict))
    }

    /// How many cases of this scope and kind passed, and how many there are.
    pub(crate) fn count(&self, applies: Applies, kind: Kind) -> (usize, usize) {
        self.sum(|case| case.applies == applies && case.kind == kind)
    }

    /// What did not pass of this scope and kind: name and reason.
    pub(crate) fn failures(&self, applies: Applies, kind: Kind) -> Vec<(&'a str, String)> {
        let mut failures = Vec::new();
        for (case, verdict) in self.iter() {
            let reason = match verdict {
                Verdict::Passed => continue,
                Verdict::Failed(failure) => failure.to_string(),
                Verdict::Depends(on) => format!("depends on {on}"),
            };
            if case.applies == applies && case.kind == kind {
                failures.push((&*case.id, reason));
            }
        }
        failures
    }

    fn sum(&self, counts: impl Fn(&Case) -> bool) -> (usize, usize) {
        let counted = self.iter().filter(|(case, _)| counts(case));
        counted.fold((0, 0), |(passed, all), (_, verdict)| {
            (passed + usize::from(*verdict == Verdict::Passed), all + 1)
        })
    }

    /// The table: a line for each suite, passed of all by kind; `cargo xtask test` shows lines that begin so.
    pub(crate) fn table(&self, title: &str) -> String {
        let kinds = [Kind::Required, Kind::Optimal, Kind::Check];
        let mut text = format!("score | {title:<24} required   optimal     check\n");
        let mut line = |name: &str, counts: &dyn Fn(&Case) -> bool| {
            let _ = write!(text, "score | {name:<24}");
            for kind in kinds {
                let cell = match self.sum(|case| case.kind == kind && counts(case)) {
                    (_, 0) => "-".to_owned(),
                    (passed, all) => format!("{passed}/{all}"),
                };
                let _ = write!(text, "{cell:>9} ");
            }
            text.push('\n');
        };
        let mut suites: Vec<&str> = Vec::new();
        for (case, _) in self.iter() {
            if case.applies == Applies::Browser && !suites.contains(&&*case.suite) {
                suites.push(&case.suite);
            }
        }
        for suite in suites {
            line(suite, &|case| {
                case.applies == Applies::Browser && case.suite == suite
            });
        }
        line("all of the browser's", &|case| {
            case.applies == Applies::Browser
        });
        line("native extra", &|case| case.applies == Applies::NativeExtra);
        text
    }
}

fn judge(case: &Case, own: &BTreeMap<&str, (&Case, &Result<(), Failure>)>) -> Verdict {
    for on in &case.depends_on {
        let known = own.get(&**on);
        if known.map(|(case, _)| judge(case, own)) != Some(Verdict::Passed) {
            return Verdict::Depends(on.clone());
        }
    }
    match own.get(&*case.id).map(|(_, result)| *result) {
        Some(Ok(())) => Verdict::Passed,
        Some(Err(failure)) => Verdict::Failed(failure.clone()),
        None => Verdict::Failed(Failure::Harness("it did not run".into())),
    }
}
