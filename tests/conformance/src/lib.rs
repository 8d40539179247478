//! One suite of behaviours, run over every transport: the mock, sockets and `fetch`.
//!
//! A [`Case`] is an async function of a [`Fixture`], which brings the ground it runs on: a platform, the URLs of an origin server and what can be
//! seen of that server. [`cases`] lists them all. A case that needs what its ground cannot do is skipped with the reason that
//! [`Case::skipped`] gives, and for each flag of [`Capabilities`](urlsession_core::Capabilities) there is a case for each of its sides.
//!
//! The folder `tests` has a harness for each ground. The redirects that two browsers were seen to follow are cases too, read by
//! [`measured::rows`] from a file beside the project.

#[macro_use]
mod check;
mod case;
mod cases;
mod echo;
mod fixture;
mod list;
pub mod measured;
mod recorder;

pub use case::{Case, FLAGS, Flag, Need};
pub use check::{Failure, Verdict};
pub use fixture::{Fixture, Ground, Sites};
pub use list::cases;

#[cfg(test)]
mod table;
