//! What `fetch` can be told and NSURLSession has no word for.

use urlsession_core::Properties;

/// What `fetch` is told beyond what core knows of: of a session's requests ([`platform_with`](crate::platform_with)), or of one, as
/// its property ([`Request::with_property`](urlsession_core::Request::with_property)). What a request says wins; what nobody says is the browser's default.
///
/// ```
/// # #[cfg(target_arch = "wasm32")] {
/// use urlsession_core::Request;
/// use urlsession_transport_web::{Credentials, FetchOptions};
///
/// let mut options = FetchOptions::new();
/// options.credentials = Some(Credentials::Include);
/// let request = Request::get("https://a.example/")?.with_property(options);
/// # }
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FetchOptions {
    /// To which servers the browser sends its cookies and other credentials, and from which it takes some. Default: to the page's own origin.
    pub credentials: Option<Credentials>,
    /// What becomes of redirects, none of which the browser shows. Default: they are followed.
    pub redirects: Option<Redirects>,
    /// How much of the page's URL the server is told. Default: as the page has it.
    pub referrer_policy: Option<ReferrerPolicy>,
    /// The request outlives the page: it goes on when that is closed. Its body may have 64 KiB, or the task fails with
    /// [`DataLengthExceedsMaximum`](urlsession_core::ErrorCode::DataLengthExceedsMaximum); a stream is gathered. Cancelled it is aborted all the same. Default false.
    pub keepalive: Option<bool>,
    /// Bodies that are streams go out as they come (true), or are gathered first (false).
    ///
    /// Chromium alone of the browsers can, and over HTTP/2 and later only: to another server the task fails. Default: where the browser has
    /// told that the server was spoken to so before (by Resource Timing, in this page or worker), else they are gathered. Node streams to every server.
    pub streams_uploads: Option<bool>,
    /// The bytes of bodies are counted as they leave (true), or when all have left (false), where there is `XMLHttpRequest`: not in service
    /// workers, nor in Node.
    ///
    /// It is the browser's only way to tell, and it gives the response when that is whole: nothing of it comes earlier, and it is held in
    /// a Blob meanwhile. It takes a server of another origin to answer a preflight, whatever is sent. Default: where somebody
    /// watches (a delegate that wants `did_send_body_data`, a task whose progress was asked for), the body has 256 KiB or more, and a preflight is
    /// made anyway, or none at all.
    pub counts_uploads: Option<bool>,
}

impl FetchOptions {
    /// Nothing is said.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            credentials: None,
            redirects: None,
            referrer_policy: None,
            keepalive: None,
            streams_uploads: None,
            counts_uploads: None,
        }
    }

    /// What a request with these properties says, and where it says nothing what this does.
    pub(crate) fn of(&self, properties: &Properties) -> Self {
        let Some(own) = properties.get::<Self>() else {
            return self.clone();
        };
        Self {
            credentials: own.credentials.or(self.credentials),
            redirects: own.redirects.or(self.redirects),
            referrer_policy: own.referrer_policy.or(self.referrer_policy),
            keepalive: own.keepalive.or(self.keepalive),
            streams_uploads: own.streams_uploads.or(self.streams_uploads),
            counts_uploads: own.counts_uploads.or(self.counts_uploads),
        }
    }

    pub(crate) fn is_kept_alive(&self) -> bool {
        self.keepalive == Some(true)
    }

    #[cfg(feature = "upload")]
    pub(crate) fn refuses_redirects(&self) -> bool {
        self.redirects == Some(Redirects::Refuse)
    }
}

macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $variant:ident $word:literal),* $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$what])* $variant),*
        }

        impl $name {
            /// Fetch's word for it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),*
                }
            }

            /// What Fetch's word means; `None` when it is none.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                [$(Self::$variant),*].into_iter().find(|it| it.as_str() == word)
            }
        }
    };
}

words! {
    /// Fetch's `RequestCredentials`.
    Credentials {
        /// None are sent, and none are taken.
        Omit "omit",
        /// The page's own origin has them.
        SameOrigin "same-origin",
        /// Every server has its own, where it allows that (CORS).
        Include "include",
    }
}

words! {
    /// What becomes of redirects; Fetch's `RequestRedirect`.
    Redirects {
        /// They are followed.
        Follow "follow",
        /// The task fails with [`HttpTooManyRedirects`](urlsession_core::ErrorCode::HttpTooManyRedirects).
        Refuse "error",
    }
}

words! {
    /// How much of the page's URL a server is told (Referrer Policy, section 3).
    ReferrerPolicy {
        /// Nothing.
        NoReferrer "no-referrer",
        /// All, but from https to http.
        NoReferrerWhenDowngrade "no-referrer-when-downgrade",
        /// The origin, all to the page's own origin.
        OriginWhenCrossOrigin "origin-when-cross-origin",
        /// All, to the page's own origin only.
        SameOrigin "same-origin",
        /// The origin.
        Origin "origin",
        /// The origin, but from https to http.
        StrictOrigin "strict-origin",
        /// The origin, all to the page's own origin, nothing from https to http.
        StrictOriginWhenCrossOrigin "strict-origin-when-cross-origin",
        /// All.
        UnsafeUrl "unsafe-url",
    }
}
