//! Cached responses in IndexedDB.
//!
//! | file | what it is |
//! |---|---|
//! | `store.rs` | the store as its callers see it, and how much it may take |
//! | `entry.rs` | a record being written |
//! | `js/more.js` | the database and its transactions: what is done is begun there, and does not need anybody here who waits |
//!
//! A record is a row of its own, apart from its body, so that a head is updated without the body. A small body is bytes, read with the head; a
//! longer one is parts, Blobs, which the browser keeps readable to who has them when their record goes. All that belongs together
//! is written in one transaction, and transactions take effect in the order in which they begin, in all tabs.

mod entry;
mod js;
mod store;

pub use store::{IndexedDbCacheStore, indexed_db_cache};
