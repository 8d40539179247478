//! What went wrong, with Apple's numbers, the failing URL and the cause.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

#[cfg(feature = "upload")]
use crate::words::bounds::WithWaker;
use crate::words::parsing::around_user;
use crate::words::place::Place;
#[cfg(feature = "download")]
use crate::words::resume_data::ResumeData;
use crate::words::target::Target;
#[cfg(feature = "upload")]
use crate::words::upload_resume_data::UploadResumeData;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $raw:literal, $blame:ident, $text:literal;)*) => {
        /// Why a transfer failed: the codes of `NSURLErrorDomain`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum ErrorCode { $($(#[$doc])* #[doc = concat!("`", stringify!($raw), "`: ", $text, ".")] $name,)* }

        impl ErrorCode {
            /// Every code, in the order of the enumeration.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Apple's number for this code, as in `NSURLErrorDomain`.
            #[must_use]
            pub const fn raw(self) -> i32 { match self { $(Self::$name => $raw,)* } }

            /// Who must act for the transfer to succeed.
            #[must_use]
            pub const fn blame(self) -> Blame { match self { $(Self::$name => Blame::$blame,)* } }

            /// Where this code is known as the program is built, it is all that is linked: no table of all texts.
            #[inline(always)]
            const fn reason(self) -> &'static Reason {
                match self { $(Self::$name => &Reason { code: Self::$name, text: $text },)* }
            }
        }
    };
}

/// Who must act for a failed transfer to succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    /// The program: it asked for something impossible, or it cancelled.
    Caller,
    /// The server: it sent what HTTP or TLS forbids.
    Peer,
    /// The way there: a retry may succeed.
    Network,
    /// The machine: a file, a permission, a setting.
    Environment,
}

codes! {
    Unknown = -1, Environment, "an unknown error occurred";
    Cancelled = -999, Caller, "cancelled";
    BackgroundSessionWasDisconnected = -997, Environment, "the background session was disconnected";
    BackgroundSessionInUseByAnotherProcess = -996, Environment, "the background session is in use by another process";
    BackgroundSessionRequiresSharedContainer = -995, Caller, "the background session requires a shared container";
    BadUrl = -1000, Caller, "bad URL";
    TimedOut = -1001, Network, "the request timed out";
    UnsupportedUrl = -1002, Caller, "unsupported URL";
    CannotFindHost = -1003, Network, "a server with the specified host name could not be found";
    CannotConnectToHost = -1004, Network, "could not connect to the server";
    NetworkConnectionLost = -1005, Network, "the network connection was lost";
    DnsLookupFailed = -1006, Network, "the DNS lookup failed";
    HttpTooManyRedirects = -1007, Peer, "too many HTTP redirects";
    ResourceUnavailable = -1008, Environment, "the resource is unavailable";
    NotConnectedToInternet = -1009, Network, "there is no connection to the internet";
    RedirectToNonExistentLocation = -1010, Peer, "redirected to a location that cannot be followed";
    BadServerResponse = -1011, Peer, "the server's response was bad";
    UserCancelledAuthentication = -1012, Caller, "authentication was cancelled";
    UserAuthenticationRequired = -1013, Caller, "authentication is required";
    ZeroByteResource = -1014, Peer, "the resource was empty where content was promised";
    CannotDecodeRawData = -1015, Peer, "the content could not be decoded";
    CannotDecodeContentData = -1016, Peer, "the content has an unknown encoding";
    CannotParseResponse = -1017, Peer, "the response could not be parsed";
    InternationalRoamingOff = -1018, Environment, "international roaming is off";
    CallIsActive = -1019, Environment, "a call is active";
    DataNotAllowed = -1020, Environment, "data is not allowed on this network";
    RequestBodyStreamExhausted = -1021, Caller, "the request's body stream is exhausted";
    AppTransportSecurityRequiresSecureConnection = -1022, Caller, "a secure connection is required";
    FileDoesNotExist = -1100, Environment, "the file does not exist";
    FileIsDirectory = -1101, Environment, "the file is a directory";
    NoPermissionsToReadFile = -1102, Environment, "no permission to read the file";
    DataLengthExceedsMaximum = -1103, Caller, "the data's length exceeds the maximum";
    FileOutsideSafeArea = -1104, Caller, "the file is outside the safe area";
    SecureConnectionFailed = -1200, Peer, "a secure connection could not be made";
    ServerCertificateHasBadDate = -1201, Peer, "the server's certificate has expired";
    ServerCertificateUntrusted = -1202, Peer, "the server's certificate is not trusted for this server";
    ServerCertificateHasUnknownRoot = -1203, Peer, "the server's certificate has an unknown root";
    ServerCertificateNotYetValid = -1204, Peer, "the server's certificate is not yet valid";
    ClientCertificateRejected = -1205, Caller, "the client certificate was rejected";
    ClientCertificateRequired = -1206, Caller, "a client certificate is required";
    CannotLoadFromNetwork = -2000, Network, "could not load from the network";
    CannotCreateFile = -3000, Environment, "the file could not be created";
    CannotOpenFile = -3001, Environment, "the file could not be opened";
    CannotCloseFile = -3002, Environment, "the file could not be closed";
    CannotWriteToFile = -3003, Environment, "the file could not be written";
    CannotRemoveFile = -3004, Environment, "the file could not be removed";
    CannotMoveFile = -3005, Environment, "the file could not be moved";
    DownloadDecodingFailedMidStream = -3006, Peer, "decoding failed in the middle of the download";
    DownloadDecodingFailedToComplete = -3007, Peer, "decoding failed at the end of the download";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason().text)
    }
}

/// A code with its text.
struct Reason {
    code: ErrorCode,
    text: &'static str,
}

/// The cause of an [`Error`]: what `source()` gives.
pub type Cause = Arc<dyn StdError + Send + Sync + 'static>;

/// Why a transfer failed.
///
/// Displays its own level only; the cause is in [`source`](StdError::source).
#[derive(Clone)]
pub struct Error(Arc<Facts>);

#[derive(Clone)]
struct Facts {
    reason: &'static Reason,
    place: Option<Place>,
    /// In a box of its own, as it was given: an `Arc` of it would have to be made anew.
    cause: Option<Arc<Box<dyn StdError + Send + Sync>>>,
    #[cfg(any(feature = "download", feature = "upload"))]
    rest: Option<Arc<dyn Rest>>,
}

/// What it takes to go on with a transfer that failed. Its code is linked where there is something, and nowhere else.
#[cfg(any(feature = "download", feature = "upload"))]
trait Rest: Send + Sync {
    #[cfg(feature = "download")]
    fn of_download(&self) -> Option<&ResumeData> {
        None
    }

    #[cfg(feature = "upload")]
    fn of_upload(&self) -> Option<&UploadResumeData> {
        None
    }
}

#[cfg(feature = "download")]
impl Rest for ResumeData {
    fn of_download(&self) -> Option<&ResumeData> {
        Some(self)
    }
}

#[cfg(feature = "upload")]
impl Rest for WithWaker<UploadResumeData> {
    fn of_upload(&self) -> Option<&UploadResumeData> {
        Some(self)
    }
}

impl Error {
    /// An error of this code, with neither URL nor cause yet.
    #[must_use]
    #[inline(always)]
    pub fn new(code: ErrorCode) -> Self {
        Self::of(code.reason())
    }

    fn of(reason: &'static Reason) -> Self {
        Self(Arc::new(Facts {
            reason,
            place: None,
            cause: None,
            #[cfg(any(feature = "download", feature = "upload"))]
            rest: None,
        }))
    }

    /// The same error with what caused it.
    #[must_use]
    pub fn with_cause(self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.caused(cause.into())
    }

    fn caused(self, cause: Box<dyn StdError + Send + Sync>) -> Self {
        self.with(|facts| facts.cause = Some(Arc::new(cause)))
    }

    /// The same error, changed.
    fn with(mut self, change: impl FnOnce(&mut Facts)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// The same error with a cause in words. [`with_cause`](Self::with_cause) takes text too, and brings what prints it with escapes.
    #[must_use]
    pub fn because(self, why: impl AsRef<str> + Send + Sync + 'static) -> Self {
        self.with_cause(Why(why))
    }

    /// The same error with what caused `other`.
    #[must_use]
    pub(crate) fn with_cause_of(self, other: &Self) -> Self {
        self.with(|facts| facts.cause.clone_from(&other.0.cause))
    }

    /// The same error with the URL that failed, unless it names one already.
    #[must_use]
    pub fn with_url(self, url: &Url) -> Self {
        self.at(|| url.clone().into())
    }

    /// The same error with the URL of this target, unless it names one already.
    #[must_use]
    pub fn with_target(self, target: &Arc<Target>) -> Self {
        self.at(|| Place::Target(target.clone()))
    }

    /// The same error with the URL of this place, unless it names one already.
    pub(crate) fn with_place(self, place: &Place) -> Self {
        self.at(|| place.clone())
    }

    fn at(self, place: impl FnOnce() -> Place) -> Self {
        match self.0.place {
            Some(_) => self,
            None => self.placed(place()),
        }
    }

    fn placed(self, place: Place) -> Self {
        self.with(|facts| facts.place = Some(place))
    }

    /// The same error with what is needed to go on.
    #[cfg(feature = "download")]
    #[must_use]
    pub(crate) fn with_resume_data(self, data: ResumeData) -> Self {
        self.with(|facts| facts.rest = Some(Arc::new(data)))
    }

    /// What is needed to go on where a download stopped, if it can
    /// ([`Session::download_task_resuming`](crate::Session::download_task_resuming)).
    #[cfg(feature = "download")]
    #[must_use]
    pub fn resume_data(&self) -> Option<&ResumeData> {
        self.0.rest.as_deref()?.of_download()
    }

    /// The same error, with what it takes to go on with the upload that it ended.
    #[cfg(feature = "upload")]
    #[inline(never)]
    pub(crate) fn with_upload_resume_data(self, data: UploadResumeData) -> Self {
        self.with(|facts| facts.rest = Some(Arc::new(WithWaker::new(data))))
    }

    /// What it takes to go on with the upload that this error ended, where the server has offered that.
    #[cfg(feature = "upload")]
    #[must_use]
    pub fn upload_resume_data(&self) -> Option<&UploadResumeData> {
        self.0.rest.as_deref()?.of_upload()
    }

    /// Why, as one of Apple's codes.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.0.reason.code
    }

    /// What the code says, in words: what is displayed, without the URL. Unlike [`ErrorCode`]'s own display it brings no words but those of codes that can be met.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.0.reason.text
    }

    /// The URL whose load failed: the last hop's, after redirects.
    #[must_use]
    pub fn url(&self) -> Option<&Url> {
        self.0.place.as_ref().map(Place::url)
    }

    /// The same as text: where the platform parses, no [`Url`] is made of it.
    #[must_use]
    pub fn url_text(&self) -> Option<&str> {
        self.0.place.as_ref().map(Place::as_str)
    }

    /// True when the task was cancelled, by whomever.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.code() == ErrorCode::Cancelled
    }

    /// True for the end of a task by a callback of the app's: it panicked, or was never made.
    pub(crate) fn is_of_a_callback(&self) -> bool {
        let cause = std::error::Error::source(self);
        cause.is_some_and(|cause| cause.is::<CallbackPanicked>() || cause.is::<CallbackDropped>())
    }
}

impl From<ErrorCode> for Error {
    #[inline(always)]
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.reason.text)?;
        match &self.0.place {
            Some(place) => {
                f.write_str(" (")?;
                Shown(place.as_str()).fmt(f)?;
                f.write_str(")")
            }
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Error");
        shown.field("code", &self.code());
        if let Some(place) = &self.0.place {
            shown.field("url", &format_args!("{}", Shown(place.as_str())));
        }
        if let Some(cause) = &self.0.cause {
            shown.field("cause", cause);
        }
        shown.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.cause.as_ref().map(|cause| &***cause as _)
    }
}

/// A cause in words.
struct Why<T>(T);

impl<T: AsRef<str>> fmt::Display for Why<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref())
    }
}

impl<T: AsRef<str>> fmt::Debug for Why<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref())
    }
}

impl<T: AsRef<str>> StdError for Why<T> {}

/// A URL as logs may show it: without the password and the user's name.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match around_user(self.0) {
            Some((before, after)) => {
                f.write_str(before)?;
                f.write_str(after)
            }
            None => f.write_str(self.0),
        }
    }
}

/// The cause of [`ErrorCode::BadServerResponse`] where a status of 2xx was needed: this was the answer's.
#[cfg(feature = "download")]
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server answered {0}")]
pub struct UnsuccessfulStatus(pub http::StatusCode);

// As its text, and so those that follow: every cause brings its `Debug`, and a derived one much of the library's.
#[cfg(feature = "download")]
impl fmt::Debug for UnsuccessfulStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The cause of a failure for lack of a session: the session was invalidated before the task was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session was invalidated")]
pub struct SessionInvalidated;

/// The cause of a failure in a callback: the delegate, handler or answer panicked.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("a callback panicked: {0}")]
pub struct CallbackPanicked(pub String);

impl fmt::Debug for CallbackPanicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The cause of a failure for lack of an answer: the delegate queue let go of a callback that it had not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the delegate queue dropped a callback")]
pub(crate) struct CallbackDropped;

/// Which timer ended a task: the cause of [`ErrorCode::TimedOut`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ExpiredTimer {
    /// The idle timer, [`timeout_interval_for_request`](crate::Configuration::timeout_interval_for_request).
    #[error("nothing came or went for as long as the request allows")]
    Idle,
    /// The resource timer, [`timeout_interval_for_resource`](crate::Configuration::timeout_interval_for_resource).
    #[error("the time for the whole resource is over")]
    Resource,
}

impl From<ExpiredTimer> for Error {
    fn from(cause: ExpiredTimer) -> Self {
        Self::new(ErrorCode::TimedOut).with_cause(cause)
    }
}

/// A header field that cannot be sent: RFC 9110 section 5 forbids its name or its value.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidHeader {
    /// The name is no token.
    #[error("invalid header name")]
    Name,
    /// The value holds CR, LF, NUL or another control character.
    #[error(fmt = invalid_value)]
    Value(http::HeaderName),
}

/// Text by text: what formats arguments is not in modules for browsers otherwise.
fn invalid_value(name: &http::HeaderName, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("invalid value of the header ")?;
    f.write_str(name.as_str())
}

impl fmt::Debug for InvalidHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<InvalidHeader> for Error {
    /// A request that cannot be written is the caller's: [`ErrorCode::BadUrl`], as for any malformed request.
    fn from(cause: InvalidHeader) -> Self {
        Self::new(ErrorCode::BadUrl).with_cause(cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn codes_carry_apples_numbers() {
        assert_eq!(ErrorCode::Cancelled.raw(), -999);
        assert_eq!(ErrorCode::SecureConnectionFailed.raw(), -1200);
        assert_eq!(ErrorCode::DownloadDecodingFailedToComplete.raw(), -3007);
    }

    #[test]
    fn no_two_codes_share_a_number() {
        let mut raw: Vec<_> = ErrorCode::ALL.iter().map(|code| code.raw()).collect();
        raw.sort_unstable();
        raw.dedup();
        assert_eq!(raw.len(), ErrorCode::ALL.len());
    }

    #[test]
    fn each_level_prints_itself_only() {
        let error = Error::new(ErrorCode::CannotConnectToHost).with_cause("refused");
        assert_eq!(error.to_string(), "could not connect to the server");
        assert_eq!(error.source().unwrap().to_string(), "refused");
    }

    #[test]
    fn credentials_in_the_url_are_not_shown() {
        let url = Url::parse("https://me:secret@example.com/a").unwrap();
        let error = Error::new(ErrorCode::TimedOut).with_url(&url);
        assert_eq!(
            error.to_string(),
            "the request timed out (https://example.com/a)"
        );
        assert!(!format!("{error:?}").contains("secret"));
    }
}
