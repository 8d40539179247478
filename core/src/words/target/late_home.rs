//! In place of `home` where the platform parses: the origin is looked for when somebody asks.

use std::sync::{Arc, OnceLock};

use url::Url;

use super::{Origin, origins, without_host};
use crate::words::error::Error;
use crate::words::parsing::{ParsedUrl, origin};

pub(super) struct Home(OnceLock<Arc<Origin>>);

impl Home {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "as where it is looked for at once"
    )]
    pub(super) fn of(_: &ParsedUrl) -> Result<Self, Error> {
        Ok(Self(OnceLock::new()))
    }

    pub(super) fn of_url(url: &Url) -> Result<Self, Error> {
        let origin = origin(url).ok_or_else(|| without_host(url))?;
        Ok(Self(origins::intern(origin).into()))
    }

    /// What leads nowhere is of an origin of its own, without a host.
    pub(super) fn origin(&self, url: &ParsedUrl) -> &Arc<Origin> {
        self.0
            .get_or_init(|| origins::intern(url.origin().unwrap_or_default()))
    }
}
