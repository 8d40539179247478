//! Files that are open for writing: each by one writer, in this page or worker and, where the browser has Web Locks, in all of the origin.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::futures::spawn_local;
use urlsession_core::Error;

use super::lock::{Lock, Locked};
use super::name::Name;
use crate::js::Foreign;
use crate::objects::settled;

thread_local! {
    static OPEN: RefCell<Vec<Rc<Writer>>> = const { RefCell::new(Vec::new()) };
}

/// One file's writer. Work that it has begun comes to its end, whoever waits for it.
pub(super) struct Writer {
    name: Name,
    /// What writes, as long as it is open.
    object: RefCell<Option<Foreign>>,
    is_busy: Cell<bool>,
    is_gone: Cell<bool>,
    is_abandoned: Cell<bool>,
    failure: RefCell<Option<Error>>,
    wakers: RefCell<Vec<Waker>>,
    lock: RefCell<Option<Lock>>,
}

impl Writer {
    fn find(name: &Name) -> Option<Rc<Self>> {
        OPEN.with_borrow(|open| open.iter().find(|writer| writer.name == *name).cloned())
    }

    /// What writes.
    pub(super) fn object(&self) -> Option<Foreign> {
        self.object.borrow().clone()
    }

    pub(super) fn set_object(&self, object: Foreign) {
        *self.object.borrow_mut() = Some(object);
    }

    pub(super) fn take_object(&self) -> Option<Foreign> {
        self.object.borrow_mut().take()
    }

    /// Begins `work`, whose failure [`idle`](Self::idle) gives.
    pub(super) fn begin(self: &Rc<Self>, work: impl Future<Output = Result<(), Error>> + 'static) {
        self.is_busy.set(true);
        let writer = Rc::clone(self);
        spawn_local(async move {
            if let Err(failure) = work.await {
                writer.failure.borrow_mut().get_or_insert(failure);
            }
            writer.is_busy.set(false);
            writer.wake();
        });
    }

    /// Waits for the work that was begun.
    pub(super) async fn idle(&self) -> Result<(), Error> {
        self.until(|writer| !writer.is_busy.get()).await;
        match &*self.failure.borrow() {
            Some(failure) => Err(failure.clone()),
            None => Ok(()),
        }
    }

    async fn until(&self, is_so: impl Fn(&Self) -> bool) {
        poll_fn(|context| {
            if is_so(self) {
                return Poll::Ready(());
            }
            self.wakers.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn wake(&self) {
        let wakers = self.wakers.take();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Hands on what was written, and closes.
    async fn close(&self) {
        // What failed has been told to whoever wrote.
        let _ = self.idle().await;
        if let Some(object) = self.take_object() {
            let _ = settled(object.close()).await;
        }
    }

    /// Closes it once and for all: the file can be written by others.
    async fn go(self: Rc<Self>) {
        self.close().await;
        OPEN.with_borrow_mut(|open| open.retain(|writer| !Rc::ptr_eq(writer, &self)));
        self.lock.take();
        self.is_gone.set(true);
        self.wake();
    }
}

/// The right to write to a file.
pub(super) struct Claim(Rc<Writer>);

impl Claim {
    /// `None` while somebody else writes to it.
    pub(super) async fn of(name: &Name) -> Option<Self> {
        while let Some(writer) = Writer::find(name) {
            if !writer.is_abandoned.get() {
                return None;
            }
            writer.until(|writer| writer.is_gone.get()).await;
        }
        let claim = Self(Rc::new(Writer {
            name: name.clone(),
            object: RefCell::default(),
            is_busy: Cell::default(),
            is_gone: Cell::default(),
            is_abandoned: Cell::default(),
            failure: RefCell::default(),
            wakers: RefCell::default(),
            lock: RefCell::default(),
        }));
        OPEN.with_borrow_mut(|open| open.push(Rc::clone(&claim.0)));
        match Lock::request(name.text()).await {
            Locked::Ours(lock) => *claim.0.lock.borrow_mut() = Some(lock),
            Locked::Unknown => {}
            Locked::Taken => return None,
        }
        Some(claim)
    }

    pub(super) fn writer(&self) -> &Rc<Writer> {
        &self.0
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.is_abandoned.set(true);
        spawn_local(Rc::clone(&self.0).go());
    }
}

/// Closes what this page or worker writes to the file, so that it can be moved or removed. Nobody else can write before the writer goes.
pub(super) async fn let_go(name: &Name) {
    if let Some(writer) = Writer::find(name) {
        match writer.is_abandoned.get() {
            true => writer.until(|writer| writer.is_gone.get()).await,
            false => writer.close().await,
        }
    }
}
