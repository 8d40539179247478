//! All that a stage sees of the app: questions, notices, and the session's bookkeeping for its task.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;

#[cfg(feature = "cache")]
use crate::cache::session::SessionCache;
use crate::policy::fields::SessionFields;
use crate::policy::retry::RetryBudget;
use crate::seams::asking::Asking;
#[cfg(feature = "download")]
use crate::seams::downloaded::DownloadedFile;
use crate::seams::exchange::Informational;
use crate::seams::platform::Platform;
use crate::seams::protocol::list::{Protocols, Route};
use crate::seams::signals::Signals;
use crate::seams::transport::Multiplexing;
#[cfg(feature = "upload")]
use crate::seams::upload::Upload;
use crate::words::body::Body;
#[cfg(feature = "body-streams")]
use crate::words::body::BodyStream;
#[cfg(feature = "download")]
use crate::words::bounds::BoxFuture;
use crate::words::bounds::{MaybeSend, MaybeSync};
#[cfg(feature = "cache")]
use crate::words::cache::CachedResponse;
use crate::words::configuration::Configuration;
use crate::words::error::Error;
#[cfg(feature = "body-streams")]
use crate::words::file_version::FileVersion;
use crate::words::request::Request;
use crate::words::response::Response;
use crate::words::retry::{RetryAttempt, RetryDecision};
use crate::words::target::Origin;

/// What the app does with a response whose head has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseDisposition {
    /// Go on: the body follows.
    #[default]
    Allow,
    /// Cancel the task.
    Cancel,
    /// The task becomes a download: its body goes to a file, and its calls are a download's from
    /// [`did_become_download_task`](crate::Delegate::did_become_download_task) on. The delegate gets the file.
    #[cfg(feature = "download")]
    BecomeDownload,
}

/// An answer whose body is what the app gets.
pub(crate) struct Content {
    pub(crate) response: Response,
    pub(crate) body: Box<dyn Body>,
    /// The body's length in bytes, where it is known.
    pub(crate) expected: Option<u64>,
    /// The body is not as it was sent: Content-Encoding and Content-Length do not tell of it.
    pub(crate) is_decoded: bool,
}

/// Something that the app is told.
#[derive(Clone, Debug)]
pub(crate) enum Notice {
    /// Bytes of the request's body went out: since the last notice, in all, and expected.
    Sent {
        bytes: u64,
        total: u64,
        expected: Option<u64>,
    },
    /// An interim response came.
    Informational(Informational),
    /// A chunk of the response's body.
    Data(Bytes),
    /// Bytes of the answer's body went into the file: since the last notice, the file's length, and what is expected.
    #[cfg(feature = "download")]
    Written {
        bytes: u64,
        total: u64,
        expected: Option<u64>,
    },
    /// A download goes on at this offset, of what is expected; from 0 if it had to start over.
    #[cfg(feature = "download")]
    Resumed { offset: u64, expected: Option<u64> },
    /// The answer's body is in the file.
    #[cfg(feature = "download")]
    Downloaded(DownloadedFile),
    /// There is no network, or none that may be used: the task waits for one.
    WaitingForConnectivity,
}

/// The app and the session, as one task's stages see them.
///
/// A question or notice is ready when the app has answered; nothing else of this task happens in between. It fails when the
/// app's code does.
pub(crate) trait App: MaybeSend + MaybeSync {
    fn configuration(&self) -> &Configuration;
    fn platform(&self) -> &Platform;
    fn signals(&self) -> &Arc<Signals>;

    /// Is the body of the request under way to be decoded?
    fn decodes(&self) -> bool;

    /// What the session adds to requests.
    fn fields(&self) -> &SessionFields;

    /// Who may serve requests in place of the transport.
    fn protocols(&self) -> &Protocols;

    /// The load begins: with this request.
    fn begins(&self) -> Result<Request, Error>;

    /// Who serves the request that the task was made of.
    fn first_route(&self) -> Route;

    /// May this redirect be followed, and with which request? `None`: deliver the 3xx itself.
    fn will_redirect(
        &self,
        response: Response,
        proposed: Request,
    ) -> impl Future<Output = Result<Option<Request>, Error>> + MaybeSend;

    /// True when somebody decides about attempts that failed.
    fn wants_retry(&self) -> bool;

    /// The retries that the session has in stock.
    fn retry_budget(&self) -> &RetryBudget;

    /// What becomes of an attempt that failed?
    fn will_retry(
        &self,
        attempt: RetryAttempt,
    ) -> impl Future<Output = Result<RetryDecision, Error>> + MaybeSend;

    /// The session's cache, where it has one.
    #[cfg(feature = "cache")]
    fn cache(&self) -> Option<&Arc<SessionCache>>;

    /// True when somebody decides about responses that could be kept.
    #[cfg(feature = "cache")]
    fn wants_will_cache(&self) -> bool;

    /// What is kept of this response? `None`: nothing.
    #[cfg(feature = "cache")]
    fn will_cache(
        &self,
        proposed: CachedResponse,
    ) -> impl Future<Output = Result<Option<CachedResponse>, Error>> + MaybeSend;

    /// A body stream in place of one that was read.
    #[cfg(feature = "body-streams")]
    fn need_new_body_stream(&self) -> Option<Asking<'_, Option<Option<BodyStream>>>>;

    /// What becomes of the response?
    fn did_receive_response(
        &self,
        response: &Response,
    ) -> Option<Asking<'_, Option<ResponseDisposition>>>;

    /// Tells the app.
    fn notify(&self, notice: Notice) -> Option<Asking<'_, ()>>;

    /// True when somebody listens to what was sent.
    fn wants_sent(&self) -> bool;

    /// True when somebody listens to what was sent, or has asked for the task's progress.
    fn watches_sent(&self) -> bool;

    /// Tells those who watch that the head has come.
    #[cfg(feature = "download")]
    fn responded(&self, response: &Response);

    /// The task becomes a download from this answer on, and the app is told; ready when it has its file.
    #[cfg(feature = "download")]
    fn download_instead(&self, content: Content) -> BoxFuture<'_, Result<Response, Error>>;

    /// True when somebody listens to what was written.
    #[cfg(feature = "download")]
    fn wants_written(&self) -> bool;

    /// True when somebody listens to chunks.
    fn wants_data(&self) -> bool;

    /// The request that is under way: after redirects, the last one.
    #[cfg(feature = "download")]
    fn current_request(&self) -> Option<Request>;

    /// Takes as many more places at the task's origin as are free, `most` at most; gives how many. Whenever the task gives its own place
    /// back for a while, it does so with these.
    #[cfg(feature = "download")]
    fn take_free_places(&self, most: usize) -> usize;

    /// Gives back one of those, for good.
    #[cfg(feature = "download")]
    fn give_back_place(&self);

    /// The task's priority, where the app set one.
    #[cfg(feature = "download")]
    fn priority(&self) -> Option<f32>;

    /// The request that is under way now.
    fn set_current_request(&self, request: &Request);

    /// The head is there, and what is known of the body.
    fn set_response(&self, content: &Content);

    /// The body has ended, and these fields came after it.
    fn set_trailers(&self, trailers: HeaderMap);

    /// Bytes moved: who shows how far the task is has something new to show.
    fn progressed(&self);

    /// A hop begins: its body will be this long, its bytes count from 0, the idle timer runs from now.
    /// Gives the task's priority, where the app set one.
    fn hop_begins(&self, expected_to_send: Option<u64>) -> Option<f32>;

    /// Works on what is known of the upload; `None`, and no work, where the task is none.
    #[cfg(feature = "upload")]
    fn upload<R>(&self, work: impl FnOnce(&mut Upload) -> R) -> Option<R>;

    /// The state that the file is in that is about to be sent.
    #[cfg(feature = "body-streams")]
    fn file_opened(&self, version: FileVersion);

    /// Takes in an interim response that is about the upload.
    fn heard(&self, interim: &Informational) -> Result<(), Error>;

    /// The rest of a body, from there on.
    #[cfg(feature = "upload")]
    fn need_new_body_stream_from_offset(
        &self,
        offset: u64,
    ) -> Option<Asking<'_, Option<Option<BodyStream>>>>;

    /// How long the body of the hop under way is, where that is known.
    fn expected_to_send(&self) -> Option<u64>;

    /// Waits for a place among the exchanges with `origin`, giving back the one that the task has elsewhere; `None` needs no place.
    fn move_to(&self, origin: Option<&Arc<Origin>>) -> impl Future<Output = ()> + MaybeSend;

    /// Gives the task's place back: it waits for a network, or for its next attempt, and its idle timer stands still.
    fn leave_origin(&self);

    /// Waits for a place again, under the task's old ticket.
    fn return_to_origin(&self) -> impl Future<Output = ()> + MaybeSend;

    /// True once a task: it has not waited for a network before.
    fn begins_to_wait_for_connectivity(&self) -> bool;

    /// What a connection to the task's origin carries.
    fn learned(&self, multiplexing: Multiplexing);
}
