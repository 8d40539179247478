//! A case, and what it needs.

use std::fmt;

use urlsession_core::{BoxFuture, Capabilities};

use crate::{Fixture, Sites, Verdict};

/// A behaviour that holds on every ground, or on those that can or cannot do something.
#[derive(Clone)]
pub struct Case {
    /// Its group and its claim: `redirects::not_found_is_no_error`.
    pub name: &'static str,
    pub(crate) needs: Vec<Need>,
    pub(crate) run: fn(Fixture) -> BoxFuture<'static, Verdict>,
}

/// What a case needs of its ground.
#[derive(Clone, Copy)]
pub enum Need {
    /// The transport can do this.
    Has(Flag),
    /// The transport cannot do this: the case shows what happens instead.
    Lacks(Flag),
    /// The ground has a server of this kind.
    Site(&'static str, fn(&Sites) -> bool),
    /// A panic can be caught.
    Unwinding,
}

/// One of the flags of [`Capabilities`].
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Its name.
    pub name: &'static str,
    /// Reads it.
    pub is_set: fn(&Capabilities) -> bool,
}

impl Case {
    /// Why the case does not apply to a ground; `None` when it does.
    #[must_use]
    pub fn skipped(&self, capabilities: &Capabilities, sites: &Sites) -> Option<String> {
        let missing = |need: &Need| need.missing(capabilities, sites);
        self.needs.iter().find_map(missing)
    }

    /// Runs it.
    ///
    /// # Errors
    /// What was wrong.
    pub async fn run(&self, fixture: Fixture) -> Verdict {
        (self.run)(fixture).await
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Need {
    fn missing(&self, capabilities: &Capabilities, sites: &Sites) -> Option<String> {
        match self {
            Self::Has(flag) if !(flag.is_set)(capabilities) => Some(format!(
                "the transport's capability `{}` is false",
                flag.name
            )),
            Self::Lacks(flag) if (flag.is_set)(capabilities) => Some(format!(
                "the transport's capability `{}` is true",
                flag.name
            )),
            Self::Site(name, is_there) if !is_there(sites) => Some(format!("no {name} here")),
            Self::Unwinding if cfg!(not(panic = "unwind")) => {
                Some("a panic aborts here".to_owned())
            }
            Self::Has(_) | Self::Lacks(_) | Self::Site(..) | Self::Unwinding => None,
        }
    }
}

impl fmt::Debug for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Has(flag) => write!(f, "{}", flag.name),
            Self::Lacks(flag) => write!(f, "!{}", flag.name),
            Self::Site(name, _) => f.write_str(name),
            Self::Unwinding => f.write_str("unwinding"),
        }
    }
}

macro_rules! flags {
    ($($constant:ident $field:ident),*) => {$(
        pub(crate) const $constant: Flag = Flag { name: stringify!($field), is_set: |able| able.$field };
    )*
        /// Every flag.
        pub const FLAGS: &[Flag] = &[$($constant),*];
    };
}

flags!(
    REDIRECTS redirects,
    INFORMATIONAL informational,
    TRAILERS trailers,
    REQUEST_TRAILERS request_trailers,
    PRIORITY_FIELD priority_field,
    SERVICE_TYPE service_type,
    EXPECT_CONTINUE expect_continue,
    UPLOAD_PROGRESS upload_progress,
    STREAMED_UPLOAD streamed_upload,
    FILE_UPLOAD file_upload,
    FILE_DOWNLOAD file_download,
    FILE_URLS file_urls,
    REQUEST_HEADERS all_request_headers,
    RESPONSE_HEADERS all_response_headers,
    ENCODED_BODIES encoded_bodies,
    DISTINCT_ERRORS distinct_errors,
    TLS_CONFIGURATION tls_configuration,
    NETWORK_COST network_cost,
    METRICS metrics
);

pub(crate) const IPV6: Need = Need::Site("IPv6 server", |sites| sites.v6.is_some());
pub(crate) const NAMED: Need = Need::Site("server with a name of its own", |sites| {
    sites.named.is_some()
});
pub(crate) const HTTP2: Need = Need::Site("HTTP/2 server in the clear", |sites| sites.h2.is_some());
pub(crate) const TLS: Need = Need::Site("TLS server", |sites| sites.tls.is_some());
pub(crate) const UNACCEPTING: Need = Need::Site("port that never accepts", |sites| {
    sites.unaccepting.is_some()
});
