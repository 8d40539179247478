//! Floor 2: the cache of responses: what an app sees of it, its tier in memory, and the seam to a tier that outlives the program.

pub(crate) mod asked;
pub(crate) mod changes;
pub(crate) mod entry;
pub(crate) mod flights;
pub(crate) mod found;
pub(crate) mod keeping;
pub(crate) mod memory;
pub(crate) mod session;
pub(crate) mod store;
pub(crate) mod tiers;
mod url_cache;

pub use url_cache::UrlCache;
