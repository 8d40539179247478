//! Random schedules on the mock, each trace checked against every rule of the contract.
//!
//! A schedule is drawn from a seed ([`Schedule::of`]), played on the mock ([`play`]), and what was observed is handed to the checker
//! ([`check`]), a pure function with one function a rule. The same seed gives the same trace.

mod chance;
mod rules;
mod script;
mod stage;
mod trace;
mod world;

pub use rules::{RULES, Violation, check};
pub use script::*;
pub use stage::{Played, play};
pub use trace::*;
