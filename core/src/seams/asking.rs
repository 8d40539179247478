//! A call of the app that a load waits for.

use crate::words::error::Error;

/// A call under way, in a box: where nobody listens, which is the common case, no load has room for it.
#[cfg(feature = "delegate")]
pub(crate) type Asking<'a, T> = crate::words::bounds::BoxFuture<'a, Result<T, Error>>;

/// Without delegates there is none.
#[cfg(not(feature = "delegate"))]
pub(crate) type Asking<'a, T> = crate::words::no_future::NoFuture<'a, Result<T, Error>>;

/// What the app answers; `None` where nobody does.
pub(crate) async fn answer<T>(asked: Option<Asking<'_, Option<T>>>) -> Result<Option<T>, Error> {
    match asked {
        Some(asked) => asked.await,
        None => Ok(None),
    }
}

/// Ready when the app was told, where anybody listens.
#[cfg(any(feature = "connectivity", feature = "delegate", feature = "protocols"))]
pub(crate) async fn told(asked: Option<Asking<'_, ()>>) -> Result<(), Error> {
    match asked {
        Some(asked) => asked.await,
        None => Ok(()),
    }
}
