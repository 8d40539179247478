//! What a private HTTP cache may do with a response (RFC 9111): kept, used, validated, thrown out.
//!
//! Pure: times, digests' salts and stored heads come in, decisions go out. The order of the files is the order of a request's way:
//! [`request`] -> [`decide`] (over [`vary`], [`freshness`], [`range`]) -> [`validate`] (or [`combine`]) -> [`storable`] -> [`invalidate`].

mod clear;
mod combine;
mod dated;
mod decide;
mod delivered;
mod directives;
mod freshness;
mod head;
mod invalidate;
mod range;
mod request;
mod storable;
#[cfg(test)]
pub(crate) mod testing;
mod validate;
mod validating;
mod vary;
mod wire;

pub(crate) use clear::clears_cache;
pub(crate) use combine::{combined, completed};
pub(crate) use decide::{
    CacheOptions, Decision, Fallback, Fields, Hit, decide, is_server_error, may_use,
};
pub(crate) use head::{CacheHead, Extent, Stamp};
pub(crate) use invalidate::invalidated;
pub(crate) use request::{CacheRequest, are_plain};
pub(crate) use storable::{storable, supersedes};
pub(crate) use validate::{freshened, updated_by_head};
pub(crate) use vary::{Salt, Salts, selects, varies_by_hidden_fields};
