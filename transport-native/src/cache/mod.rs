//! Cached responses on disk: an index in SQLite with the small bodies in it, the large ones in files beside it.
//!
//! | file | what it is |
//! |---|---|
//! | `store.rs` | the store as its callers see it |
//! | `entry.rs` | a record being written |
//! | `body.rs` | a stored body being read |
//! | `pending.rs` | what was asked for and has not reached the disk, for callers to see |
//! | `readers.rs` | connections for callers' own threads |
//! | `writer/` | the one thread that writes |
//! | `index.rs`, `record.rs` | the statements, and a row with its seal |
//! | `schema.rs`, `directory.rs` | how the database is opened, what stands where |
//! | `blocks.rs` | the form of a body's file |
//!
//! Every byte that is read is checked against a sum that was made when it was written: a row has a seal, a body in the index one of
//! its own, a body in a file one for each block. What fails is taken out, and is as if it had never been there.

mod blocks;
mod body;
mod directory;
mod entry;
mod index;
mod pending;
mod readers;
mod record;
mod schema;
mod store;
mod writer;

pub use store::DiskCacheStore;
