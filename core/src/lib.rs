//! Sessions, tasks and delegates for HTTP, over any transport: the core of `urlsession`.
//!
//! This crate has no sockets, no files, no clock and no executor. A [`Platform`] brings them: the native one on hyper, the
//! browser's on `fetch`, or the mock for unit tests. Programs use the facade crate `urlsession`, which picks the platform of the
//! compilation target.

#[cfg(feature = "mock")]
pub mod mock;
mod seams;
mod words;

pub use bytes::Bytes;
pub use http;
pub use url::{self, Url};

pub use seams::app::ResponseDisposition;
pub use seams::exchange::{ExchangeEvents, Informational};
pub use seams::files::Files;
pub use seams::platform::Platform;
pub use seams::runtime::Runtime;
pub use seams::transport::{
    Affinity, Capabilities, ConnectionId, HopBody, HopRequest, HopResponse, Multiplexing, Transport,
};
pub use words::body::{Body, BodyStream, FileRef, FileSink, InMemory, RequestBody, SaveTo};
pub use words::bounds::{BoxFuture, Job, MaybeSend, MaybeSync};
pub use words::configuration::{Configuration, TlsVersion};
pub use words::error::{
    Blame, CallbackPanicked, Cause, Error, ErrorCode, InvalidHeader, SessionInvalidated,
};
pub use words::request::{IntoRequest, IntoTarget, Request};
pub use words::response::Response;
pub use words::target::{Origin, OriginId, Target};
pub use words::time::Moment;
