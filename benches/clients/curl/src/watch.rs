//! libcurl's sockets in an epoll set.
#![expect(unsafe_code, reason = "libcurl hands its sockets out as bare numbers")]

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use curl::multi::{Multi, Socket, SocketEvents};
use harness::Result;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};

/// An epoll set that follows what `multi` wants to know of its sockets.
pub(crate) fn sockets(multi: &mut Multi) -> Result<Arc<Epoll>> {
    let epoll = Arc::new(Epoll::new(EpollCreateFlags::empty())?);
    let (set, known) = (Arc::clone(&epoll), RefCell::new(BTreeSet::new()));
    multi.socket_function(move |socket, events, _| {
        // libcurl hears of a socket that cannot be watched by the transfer's time-out.
        let _ = follow(&set, &mut known.borrow_mut(), socket, &events);
    })?;
    Ok(epoll)
}

fn follow(
    epoll: &Epoll,
    known: &mut BTreeSet<Socket>,
    socket: Socket,
    events: &SocketEvents,
) -> Result<()> {
    // SAFETY: libcurl calls this while the socket is open, and it is not kept.
    let fd = unsafe { BorrowedFd::borrow_raw(socket) };
    if events.remove() {
        known.remove(&socket);
        return Ok(epoll.delete(fd)?);
    }
    let mut wanted = EpollFlags::empty();
    wanted.set(EpollFlags::EPOLLIN, events.input());
    wanted.set(EpollFlags::EPOLLOUT, events.output());
    let mut event = EpollEvent::new(wanted, u64::try_from(socket)?);
    if known.insert(socket) {
        Ok(epoll.add(fd, event)?)
    } else {
        Ok(epoll.modify(fd, &mut event)?)
    }
}
