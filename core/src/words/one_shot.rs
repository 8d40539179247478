//! A body that can be read once, and comes back when nobody has.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderName};

use crate::words::body::{Body, SaveTo};
use crate::words::bounds::NativeObject;
use crate::words::error::Error;

/// The place of such a body, shared by all that may send it.
#[derive(Clone)]
pub(crate) struct OneShot(Arc<Mutex<Place>>);

enum Place {
    Here(Box<dyn Body>),
    /// Whoever sends it has not asked for a byte so far.
    Lent,
    Read,
}

impl OneShot {
    pub(crate) fn new(body: Box<dyn Body>) -> Self {
        Self(Arc::new(Mutex::new(Place::Here(body))))
    }

    /// The body; `None` while somebody has it, and once it was read.
    pub(crate) fn take(&self) -> Option<Box<dyn Body>> {
        let mut place = self.place();
        match std::mem::replace(&mut *place, Place::Lent) {
            Place::Here(body) => Some(Box::new(Lent {
                body: Some(body),
                home: Some(self.clone()),
            })),
            taken @ (Place::Lent | Place::Read) => {
                *place = taken;
                None
            }
        }
    }

    /// True as long as no byte of it was asked for.
    pub(crate) fn is_unread(&self) -> bool {
        !matches!(*self.place(), Place::Read)
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body on its way out: dropped unread, it goes back to its place.
struct Lent {
    /// `None` only while it is dropped.
    body: Option<Box<dyn Body>>,
    /// `None` once it was read.
    home: Option<OneShot>,
}

impl Lent {
    /// The body, to be read from now on.
    fn read(&mut self) -> Option<&mut Box<dyn Body>> {
        if let Some(home) = self.home.take() {
            *home.place() = Place::Read;
        }
        self.body.as_mut()
    }
}

impl Body for Lent {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        match self.read() {
            Some(body) => body.poll_next_chunk(context),
            None => Poll::Ready(None),
        }
    }

    fn remaining(&self) -> Option<u64> {
        self.body.as_ref().and_then(|body| body.remaining())
    }

    fn trailers(&mut self) -> Option<HeaderMap> {
        self.read().and_then(|body| body.trailers())
    }

    fn trailer_names(&self) -> &[HeaderName] {
        self.body.as_ref().map_or(&[], |body| body.trailer_names())
    }

    fn direct(&mut self) -> Option<&mut dyn SaveTo> {
        self.read().and_then(|body| body.direct())
    }

    fn take_native(&mut self) -> Option<NativeObject> {
        self.read().and_then(|body| body.take_native())
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(home), Some(body)) = (self.home.take(), self.body.take()) {
            *home.place() = Place::Here(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::testing::test;
    use crate::words::body::InMemory;

    fn one_shot() -> OneShot {
        OneShot::new(Box::new(InMemory::new("abc".into())))
    }

    #[test]
    fn one_at_a_time_has_it() {
        let place = one_shot();
        let lent = place.take();
        assert!(lent.is_some());
        assert!(place.take().is_none() && place.is_unread());
    }

    #[test]
    fn unread_it_comes_back() {
        let place = one_shot();
        drop(place.take());
        assert_eq!(place.take().and_then(|body| body.remaining()), Some(3));
    }

    #[test]
    fn read_it_is_gone() {
        let place = one_shot();
        let mut lent = place.take().unwrap();
        let mut context = Context::from_waker(Waker::noop());
        assert!(lent.poll_next_chunk(&mut context).is_ready());
        assert!(!place.is_unread());
        drop(lent);
        assert!(place.take().is_none());
    }
}
