//! Systems that are not asked.

use std::future::Future;

use urlsession_core::ReportedNetwork;

use super::Told;

/// Nothing of cost is told.
pub(crate) const TELLS_COST: bool = false;

/// Nobody.
#[derive(Clone, Debug, Default)]
pub(super) struct Source;

/// Nothing is known, at once.
pub(super) fn watch(_: Source, _: ReportedNetwork, told: Told) -> impl Future<Output = ()> {
    async move { drop(told) }
}
