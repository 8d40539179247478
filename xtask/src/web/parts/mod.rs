//! A module in parts: one that a page loads first, and others that it loads when they are first needed.
//!
//! Nobody says of a function which part it is in. Said is what runs only once a part is there (`plan.rs`): gates. A function is in the first part when there is a way to
//! it from outside that passes no gate, in another when all ways lead through that one's gates, and in the base of all others when they lead through several parts'.
//! What refers to what, the linker says, as for [`traps`](super::traps).

mod crossings;
mod glue;
mod javascript;
mod labels;
mod names;
mod owners;
mod plan;
mod shims;
mod split;
mod statements;
mod whole;

pub(super) use javascript::cut;
pub(super) use labels::label;
pub(super) use owners::Owners;
pub(super) use plan::PLAN;
pub(super) use split::split;
