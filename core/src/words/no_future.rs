//! In place of a future where a feature is off: there is none, and the compiler leaves out whatever would wait for it.

use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A future that cannot be made.
pub(crate) struct NoFuture<'a, T>(Infallible, PhantomData<fn() -> &'a T>);

impl<T> Future for NoFuture<'_, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        match self.0 {}
    }
}
