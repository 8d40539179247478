//! Random schedules on the mock, each trace checked against every rule of the contract.
//!
//! A schedule is drawn from a seed ([`Schedule::of`]), played on the mock ([`play`]), and what was observed is handed to the checker
//! ([`check`]), a pure function with one function a rule. The same seed gives the same trace. [`Run`] does it many times, and
//! counts what was seen.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a rule looks at the events that it is about"
)]

mod chance;
mod coverage;
mod rules;
mod run;
mod script;
mod stage;
mod trace;
mod world;

pub use coverage::Coverage;
pub use rules::{RULES, Violation, check};
pub use run::{Failure, Reason, Report, Run};
pub use script::*;
pub use stage::{Played, play};
pub use trace::*;
