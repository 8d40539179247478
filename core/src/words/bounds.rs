//! `Send` and `Sync` where the platform has threads: the one place that looks at the target.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;

#[cfg(not(target_arch = "wasm32"))]
mod imp {
    use super::{Any, Future, Pin};

    /// `Send` natively, nothing in the browser, where futures and objects stay on their thread.
    pub trait MaybeSend: Send {}
    impl<T: Send + ?Sized> MaybeSend for T {}

    /// `Sync` natively, nothing in the browser.
    pub trait MaybeSync: Sync {}
    impl<T: Sync + ?Sized> MaybeSync for T {}

    /// A boxed future that may change threads where the platform has them.
    pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

    /// A boxed piece of work, run once.
    pub type Job = Box<dyn FnOnce() + Send>;

    /// An object of the platform's, of a type that only its transport and the app know.
    pub type NativeObject = Box<dyn Any + Send>;

    /// Something that goes wherever a waker goes.
    #[cfg(any(feature = "metrics", feature = "upload"))]
    pub(crate) struct WithWaker<T>(T);

    #[cfg(any(feature = "metrics", feature = "upload"))]
    impl<T> WithWaker<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(value)
        }
    }

    #[cfg(any(feature = "metrics", feature = "upload"))]
    impl<T> std::ops::Deref for WithWaker<T> {
        type Target = T;

        fn deref(&self) -> &T {
            &self.0
        }
    }
}

#[cfg(target_arch = "wasm32")]
mod imp {
    use super::{Any, Future, Pin};

    /// `Send` natively, nothing in the browser, where futures and objects stay on their thread.
    pub trait MaybeSend {}
    impl<T: ?Sized> MaybeSend for T {}

    /// `Sync` natively, nothing in the browser.
    pub trait MaybeSync {}
    impl<T: ?Sized> MaybeSync for T {}

    /// A boxed future that may change threads where the platform has them.
    pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

    /// A boxed piece of work, run once.
    pub type Job = Box<dyn FnOnce()>;

    /// An object of the platform's, of a type that only its transport and the app know.
    pub type NativeObject = Box<dyn Any>;

    /// Something that goes wherever a waker goes, which must be `Send` on every target: here, on the one thread there is.
    #[cfg(any(feature = "metrics", feature = "upload"))]
    pub(crate) use send_wrapper::SendWrapper as WithWaker;
}

#[cfg(any(feature = "metrics", feature = "upload"))]
pub(crate) use imp::WithWaker;
pub use imp::{BoxFuture, Job, MaybeSend, MaybeSync, NativeObject};
