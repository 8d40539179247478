//! A call of the app that a load waits for.

use crate::words::error::Error;

/// A call under way, in a box: where nobody listens, which is the common case, no load has room for it.
#[cfg(feature = "delegate")]
pub(crate) type Asking<'a, T> = crate::words::bounds::BoxFuture<'a, Result<T, Error>>;

#[cfg(not(feature = "delegate"))]
pub(crate) use self::nobody::Asking;

/// What the app answers; `None` where nobody does.
pub(crate) async fn answer<T>(asked: Option<Asking<'_, Option<T>>>) -> Result<Option<T>, Error> {
    match asked {
        Some(asked) => asked.await,
        None => Ok(None),
    }
}

/// Ready when the app was told, where anybody listens.
#[cfg(any(feature = "connectivity", feature = "delegate"))]
pub(crate) async fn told(asked: Option<Asking<'_, ()>>) -> Result<(), Error> {
    match asked {
        Some(asked) => asked.await,
        None => Ok(()),
    }
}

/// Without delegates there is no such call, and the compiler leaves out whatever would wait for one.
#[cfg(not(feature = "delegate"))]
mod nobody {
    use std::convert::Infallible;
    use std::future::Future;
    use std::marker::PhantomData;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use crate::words::error::Error;

    pub(crate) struct Asking<'a, T>(Infallible, PhantomData<fn() -> &'a T>);

    impl<T> Future for Asking<'_, T> {
        type Output = Result<T, Error>;

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
            match self.0 {}
        }
    }
}
