//! Many transfers at once on libcurl's multi-socket interface.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use curl::multi::{Easy2Handle, Events, Multi, Socket};
use harness::{Args, Meter, Result};
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollEvent, EpollFlags, EpollTimeout};

use crate::{Exchange, easy, watch};

const EVENTS: usize = 512;

/// When libcurl wants to be called although nothing happened.
#[derive(Clone, Default)]
struct Deadline(Arc<Mutex<Option<Instant>>>);

/// The transfers under way, by token, and how many are still to be begun.
struct Transfers<'a> {
    args: &'a Args,
    multi: Multi,
    live: BTreeMap<usize, Easy2Handle<Exchange>>,
    left: u64,
    bytes: u64,
}

/// `args.n` transfers by `handles` handles, on at most `cap` connections.
pub(crate) fn run(args: &Args, handles: usize, cap: Option<usize>) -> Result<()> {
    let meter = Meter::start()?;
    let mut multi = Multi::new();
    let epoll = watch::sockets(&mut multi)?;
    let deadline = Deadline::default();
    let shared = deadline.clone();
    multi.timer_function(move |wait| {
        *shared.lock() = wait.map(|wait| Instant::now() + wait);
        true
    })?;
    if let Some(cap) = cap {
        multi.set_max_host_connections(cap)?;
    }
    multi.set_max_connects(handles.max(8))?;
    multi.pipelining(false, args.scenario == "h2_conc")?;
    let mut transfers = Transfers {
        args,
        multi,
        live: BTreeMap::new(),
        left: args.n,
        bytes: 0,
    };
    for token in 0..handles.min(usize::try_from(args.n)?) {
        transfers.begin(token, None)?;
    }
    transfers.work(&epoll, &deadline)?;
    meter.finish(args, transfers.bytes)
}

impl Transfers<'_> {
    fn begin(&mut self, token: usize, used: Option<curl::easy::Easy2<Exchange>>) -> Result<()> {
        self.left -= 1;
        let easy = match used {
            Some(mut used) => {
                *used.get_mut() = Exchange::gathering();
                used
            }
            None => easy(self.args, Exchange::gathering())?,
        };
        let mut handle = self.multi.add2(easy)?;
        handle.set_token(token)?;
        self.live.insert(token, handle);
        Ok(())
    }

    fn work(&mut self, epoll: &Epoll, deadline: &Deadline) -> Result<()> {
        let mut events = [EpollEvent::empty(); EVENTS];
        while !self.live.is_empty() {
            let ready = match epoll.wait(&mut events, deadline.timeout()?) {
                Err(Errno::EINTR) => 0,
                ready => ready?,
            };
            for event in &events[..ready] {
                self.multi
                    .action(Socket::try_from(event.data())?, &happened(event.events()))?;
            }
            if deadline
                .lock()
                .take_if(|due| *due <= Instant::now())
                .is_some()
            {
                self.multi.timeout()?;
            }
            self.collect()?;
        }
        Ok(())
    }

    /// Takes the finished transfers out, and uses their handles again while there is more to do.
    fn collect(&mut self) -> Result<()> {
        let mut done = Vec::new();
        self.multi.messages(|message| {
            if let (Ok(token), Some(result)) = (message.token(), message.result()) {
                done.push((token, result));
            }
        });
        for (token, result) in done {
            result?;
            let handle = self
                .live
                .remove(&token)
                .ok_or("a transfer finished twice")?;
            let used = self.multi.remove2(handle)?;
            self.bytes += used.get_ref().bytes;
            if self.left > 0 {
                self.begin(token, Some(used))?;
            }
        }
        Ok(())
    }
}

impl Deadline {
    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn timeout(&self) -> Result<EpollTimeout> {
        let Some(due) = *self.lock() else {
            return Ok(EpollTimeout::NONE);
        };
        let wait = due.saturating_duration_since(Instant::now());
        Ok(i32::try_from(wait.as_micros().div_ceil(1000))?.try_into()?)
    }
}

fn happened(flags: EpollFlags) -> Events {
    let mut events = Events::new();
    events
        .input(flags.intersects(EpollFlags::EPOLLIN | EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR));
    events.output(flags.contains(EpollFlags::EPOLLOUT));
    events
}
