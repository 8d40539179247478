//! Systems that are not asked.

use urlsession_core::NetworkPath;

use super::Teller;

/// Nothing of cost is told.
pub(crate) const TELLS_COST: bool = false;

/// Nobody.
#[derive(Clone, Debug, Default)]
pub(super) struct Source;

/// Nothing is known, at once and for ever.
pub(super) async fn follow(_: &Source, teller: &mut Teller) {
    teller.tell(NetworkPath::UNKNOWN);
    std::future::pending().await
}
