//! Code that is apart from what calls it.

use std::future::Future;

use crate::words::bounds::{BoxFuture, MaybeSend};

/// Boxes a stage that most loads do without: it takes no room in theirs, and its code is never put into its caller's, so that a module can leave it to a part that
/// is loaded later.
#[inline(never)]
pub(crate) fn apart<'a, F>(stage: F) -> BoxFuture<'a, F::Output>
where
    F: Future + MaybeSend + 'a,
{
    Box::pin(stage)
}
