//! Floor 2: the cache of responses: what an app sees of it, its tier in memory, and the seam to a tier that outlives the program.

pub(crate) mod store;
