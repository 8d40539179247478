//! The cases, a file for each thing they are about.

pub(crate) mod bodies;
pub(crate) mod caching;
pub(crate) mod capabilities;
pub(crate) mod codings;
pub(crate) mod connectivity;
pub(crate) mod contract;
pub(crate) mod downloads;
pub(crate) mod errors;
pub(crate) mod expectations;
pub(crate) mod fields;
pub(crate) mod forms;
pub(crate) mod local_urls;
pub(crate) mod metrics;
pub(crate) mod progress;
pub(crate) mod protocol_ends;
pub(crate) mod protocols;
pub(crate) mod queues;
pub(crate) mod redirects;
pub(crate) mod replies;
pub(crate) mod requests;
pub(crate) mod responses;
pub(crate) mod retries;
pub(crate) mod sessions;
pub(crate) mod tasks;
pub(crate) mod timers;
pub(crate) mod uploads;
