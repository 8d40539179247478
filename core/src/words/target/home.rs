//! The origin of a target, known at once.

use std::sync::Arc;

use url::Url;

use super::{Origin, origins, without_host};
use crate::words::error::Error;
use crate::words::parsing::{ParsedUrl, origin};

pub(super) struct Home(Arc<Origin>);

impl Home {
    pub(super) fn of(url: &ParsedUrl) -> Result<Self, Error> {
        let origin = url.origin().ok_or_else(|| without_host(url.url()))?;
        Ok(Self(origins::intern(origin)))
    }

    pub(super) fn of_url(url: &Url) -> Result<Self, Error> {
        let origin = origin(url).ok_or_else(|| without_host(url))?;
        Ok(Self(origins::intern(origin)))
    }

    pub(super) fn origin(&self, _: &ParsedUrl) -> &Arc<Origin> {
        &self.0
    }
}
