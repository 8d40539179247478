//! Sessions, tasks and delegates for HTTP, over any transport: the core of `urlsession`.
//!
//! This crate has no sockets, no files, no clock and no executor. A [`Platform`] brings them: the native one on hyper, the
//! browser's on `fetch`, or the mock for unit tests. Programs use the facade crate `urlsession`, which picks the platform of the
//! compilation target.

#![cfg_attr(
    not(all(
        feature = "connectivity",
        feature = "delegate",
        feature = "informational",
        feature = "metrics",
        feature = "protocols",
        feature = "redirects",
        feature = "retry",
        feature = "tasks"
    )),
    allow(
        dead_code,
        reason = "what only a stage uses stays where it belongs when the stage is left out"
    )
)]

#[cfg(feature = "cache")]
mod cache;
mod interop;
#[cfg(feature = "tasks")]
mod load;
#[cfg(feature = "mock")]
pub mod mock;
mod policy;
#[cfg(feature = "progress")]
mod progress;
mod seams;
mod session;
mod task;
#[cfg(test)]
mod testing;
mod words;

pub use bytes::Bytes;
#[cfg(feature = "cache")]
pub use cache::UrlCache;
#[cfg(feature = "cache")]
pub use cache::store::{CacheRecord, CacheRecordId, CacheStore, CacheWriter, NewCacheRecord};
pub use futures;
pub use http;
pub use url::{self, Url};

#[cfg(feature = "http-body")]
pub use interop::http_body::IntoRequestBody;
#[cfg(feature = "json")]
pub use interop::json::UnexpectedStatus;
#[cfg(feature = "tracing")]
pub use interop::tracing::TracingObserver;
#[cfg(feature = "download")]
pub use load::download::DigestMismatch;
#[cfg(feature = "upload")]
pub use policy::upload::UploadFailure;
#[cfg(feature = "metrics")]
pub use policy::waterfall::Waterfall;
#[cfg(feature = "progress")]
pub use progress::{
    AddChildError, Progress, ProgressObservation, ProgressShare, ProgressSnapshot, ProgressState,
    ProgressUpdates,
};
pub use seams::app::ResponseDisposition;
pub use seams::decoder::{Decoded, Decoder, Decoding};
#[cfg(feature = "download")]
pub use seams::downloaded::DownloadedFile;
pub use seams::exchange::{ExchangeEvents, Informational};
pub use seams::files::{Existing, Files, OpenFile};
pub use seams::network::{NetworkMonitor, NetworkPaths, ReportedNetwork};
pub use seams::platform::Platform;
pub use seams::protocol::client::ProtocolClient;
pub use seams::protocol::function::ProtocolFn;
pub use seams::protocol::{ProtocolEvent, ProtocolEvents, UrlProtocol};
pub use seams::runtime::{Clock, Runtime};
pub use seams::transport::{
    Affinity, Capabilities, ConnectionId, Hints, HopBody, HopRequest, HopResponse, Multiplexing,
    Transport,
};
#[cfg(feature = "tasks")]
pub use session::DelegateQueue;
#[cfg(feature = "download")]
pub use session::IntoDownload;
pub use session::{Session, SessionBuilder};
#[cfg(feature = "tasks")]
pub use task::bytes::BodyBytes;
#[cfg(feature = "tasks")]
pub use task::delegate::{Answer, Delegate, Wants};
#[cfg(feature = "tasks")]
pub use task::handle::{DataTask, DownloadTask, Task, UploadTask};
#[cfg(feature = "tasks")]
pub use task::kind::TaskKind;
#[cfg(feature = "tasks")]
pub use task::lifecycle::TaskState;
#[cfg(feature = "tasks")]
pub use task::observer::{Observer, TaskEvent};
pub use words::body::{Body, BodyStream, FileRef, FileSink, InMemory, RequestBody, SaveTo};
pub use words::bounds::{BoxFuture, Job, MaybeSend, MaybeSync, NativeObject};
pub use words::cache::{CachePolicy, CacheStoragePolicy, CachedResponse};
pub use words::cipher::CipherSuite;
pub use words::configuration::{Configuration, TlsVersion};
pub use words::curl::CurlCommand;
pub use words::decoding::DecodingError;
#[cfg(feature = "download")]
pub use words::download_options::DownloadOptions;
#[cfg(feature = "download")]
pub use words::error::UnsuccessfulStatus;
pub use words::error::{
    Blame, CallbackPanicked, Cause, Error, ErrorCode, ExpiredTimer, InvalidHeader,
    SessionInvalidated,
};
pub use words::file_version::{FileChanged, FileVersion};
pub use words::header_fields::HeaderFields;
pub use words::metrics::{Interval, ResourceFetchType, TaskMetrics, TransactionMetrics};
#[cfg(feature = "upload")]
pub use words::multipart::{FormPart, MultipartForm};
pub use words::network::{
    NetworkKind, NetworkPath, NetworkStatus, NetworkUnavailableReason, NoNetworkPath,
};
pub use words::opening::{OpenBody, OpenedBody};
pub use words::parsing::{ParsedUrl, UrlParser, join_url, parse_urls_by, written_url};
pub use words::properties::Properties;
pub use words::request::{IntoRequest, IntoUrl, Request};
pub use words::response::{FieldSource, Response};
#[cfg(feature = "download")]
pub use words::resume_data::ResumeData;
pub use words::retry::{RetryAttempt, RetryDecision, RetryPolicy};
pub use words::service_type::NetworkServiceType;
pub use words::target::{Origin, OriginId, Target};
pub use words::time::Moment;
#[cfg(feature = "upload")]
pub use words::upload_body::UploadBody;
pub use words::upload_draft::UploadDraft;
#[cfg(feature = "upload")]
pub use words::upload_resume_data::UploadResumeData;
pub use words::user_info::UserInfo;
