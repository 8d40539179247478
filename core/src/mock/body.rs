//! A scripted body, played as it is pulled.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec::IntoIter;

use bytes::Bytes;
use http::HeaderMap;

use super::clock::Sleep;
use super::exchange::{Open, scripted};
use super::reply::{More, Script, Step};
use super::watch::Sight;
use crate::seams::exchange::ExchangeEvents;
use crate::words::body::Body;
use crate::words::error::{Error, ErrorCode};

pub(super) struct ScriptedBody {
    steps: IntoIter<Step>,
    more: Option<More>,
    trailers: HeaderMap,
    made: u64,
    waiting: Waiting,
    /// Bytes announced and not delivered, where the length was said.
    announced: Option<u64>,
    /// Bytes until the connection is reset.
    until_reset: Option<u64>,
    events: ExchangeEvents,
    open: Open,
}

enum Waiting {
    No,
    Until(Sleep),
    ForEver,
}

impl ScriptedBody {
    pub(super) fn new(
        script: Script,
        announced: Option<u64>,
        events: ExchangeEvents,
        open: Open,
    ) -> Self {
        Self {
            announced,
            steps: script.steps.into_iter(),
            more: script.more,
            trailers: script.trailers,
            made: 0,
            waiting: Waiting::No,
            until_reset: script.reset_after,
            events,
            open,
        }
    }

    fn next_step(&mut self) -> Option<Step> {
        self.steps.next().or_else(|| {
            self.made += 1;
            self.more.as_ref()?.step(self.made - 1)
        })
    }

    fn poll_waiting(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.waiting {
            Waiting::No => return Poll::Ready(()),
            Waiting::Until(sleep) => ready!(Pin::new(sleep).poll(context)),
            Waiting::ForEver => return Poll::Pending,
        }
        self.waiting = Waiting::No;
        Poll::Ready(())
    }

    /// What arrives of `bytes`: nothing beyond the announced length, and nothing after the reset.
    fn arriving(&mut self, mut bytes: Bytes) -> Option<Bytes> {
        for left in [self.announced, self.until_reset].into_iter().flatten() {
            bytes.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        }
        for left in [&mut self.announced, &mut self.until_reset]
            .into_iter()
            .flatten()
        {
            *left -= bytes.len() as u64;
        }
        if bytes.is_empty() {
            return None;
        }
        self.open.saw(Sight::Chunk(bytes.len()));
        self.events.touched();
        Some(bytes)
    }

    fn end(&mut self) -> Option<Result<Bytes, Error>> {
        self.open.end();
        match self.announced {
            None | Some(0) => None,
            Some(_) => Some(Err(scripted(ErrorCode::NetworkConnectionLost))),
        }
    }

    fn fail(&mut self, code: ErrorCode) -> Poll<Option<Result<Bytes, Error>>> {
        self.open.end();
        Poll::Ready(Some(Err(scripted(code))))
    }
}

impl Body for ScriptedBody {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        loop {
            ready!(self.poll_waiting(context));
            if self.until_reset == Some(0) {
                return self.fail(ErrorCode::NetworkConnectionLost);
            }
            match self.next_step() {
                None => return Poll::Ready(self.end()),
                Some(Step::Chunk(bytes)) => {
                    if let Some(bytes) = self.arriving(bytes) {
                        return Poll::Ready(Some(Ok(bytes)));
                    }
                }
                Some(Step::Wait(pause)) => self.waiting = Waiting::Until(self.open.sleep(pause)),
                Some(Step::Stall) => self.waiting = Waiting::ForEver,
                Some(Step::Fail(code)) => return self.fail(code),
            }
        }
    }

    fn remaining(&self) -> Option<u64> {
        self.announced
    }

    fn trailers(&mut self) -> Option<HeaderMap> {
        let trailers = std::mem::take(&mut self.trailers);
        (!trailers.is_empty()).then_some(trailers)
    }
}
