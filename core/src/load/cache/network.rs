//! Asks the server, as the policy wants it asked, and does with its answer what the cache has to do.

use std::sync::Arc;

use http::{Method, StatusCode, header};

use crate::cache::asked::Asked;
use crate::cache::changes::Mark;
use crate::cache::flights::Lead;
use crate::cache::found::Found;
use crate::cache::keeping::{self, takes_place_of};
use crate::cache::session::SessionCache;
use crate::load::cache::answer::{answer, validated};
use crate::load::cache::keep::{Keeper, Plan};
use crate::load::cache::pieces::{Joined, Limited};
use crate::load::cache::proposal::{Proposal, Slot};
use crate::load::cache::seen::{is_of_this_url, may_be_kept};
use crate::load::cache::tee::Tee;
use crate::load::drain::drain;
use crate::load::retry::retry;
use crate::load::route::Answer;
use crate::load::send::Hop;
use crate::policy::cache::{
    CacheHead, Fallback, Fields, Hit, Stamp, clears_cache, completed, freshened, invalidated,
    is_server_error, selects, storable, updated_by_head,
};
use crate::seams::app::App;
use crate::seams::transport::HopResponse;
use crate::words::cache_key::CacheKey;
use crate::words::error::{Blame, Error, ErrorCode};
use crate::words::response::Response;

/// A hop that goes to the server.
pub(super) struct Network<'a, A> {
    pub(super) app: &'a A,
    pub(super) hop: &'a mut Hop,
    pub(super) cache: &'a Arc<SessionCache>,
    pub(super) asked: &'a Asked,
    /// What is stored for its URL.
    pub(super) found: &'a [Found],
    /// Equal requests wait for the answer.
    pub(super) lead: Option<Lead>,
    /// When the request went out.
    pub(super) mark: Mark,
}

impl<A: App> Network<'_, A> {
    /// Nothing is stored.
    pub(super) async fn bypass(mut self, fields: Fields) -> Result<Answer, Error> {
        self.send(fields).await.0
    }

    /// What comes is stored if it may be.
    pub(super) async fn load(
        mut self,
        fields: Fields,
        fallback: Option<Fallback>,
    ) -> Result<Answer, Error> {
        let (outcome, stamp) = self.send(fields).await;
        let answer = match self.or_fallback(outcome, fallback).await? {
            (answer, false) => answer,
            (stale, true) => return Ok(stale),
        };
        self.learn_from_head(&answer.exchange.response, &stamp)
            .await;
        Ok(self.kept(answer, &stamp).await)
    }

    /// What is stored is the answer, if the server says that it still is.
    pub(super) async fn validate(
        mut self,
        hit: Hit,
        fields: Fields,
        fallback: Option<Fallback>,
    ) -> Result<Answer, Error> {
        let (outcome, stamp) = self.send(fields).await;
        let fresh = match self.or_fallback(outcome, fallback).await? {
            (answer, false) => answer,
            (stale, true) => return Ok(stale),
        };
        if fresh.exchange.response.status() != StatusCode::NOT_MODIFIED {
            self.learn_from_head(&fresh.exchange.response, &stamp).await;
            return Ok(self.kept(fresh, &stamp).await);
        }
        let response = fresh.exchange.response;
        drain(self.app, fresh.exchange.body).await;
        if self.is_of_this_url(&response) {
            let found = &self.found[hit.index];
            let head = freshened(&found.head, &self.asked.read(), &response, &stamp);
            let found = self.update(found, head).await;
            if let Some(answer) = validated(self.app, self.asked, &found, &hit).await {
                return Ok(answer);
            }
        }
        // It speaks of something else, or what it speaks of is gone.
        self.found = &[];
        self.load(Vec::new(), None).await
    }

    /// The stored beginning of the body, and the rest of it from the server.
    pub(super) async fn complete(
        mut self,
        index: usize,
        from: u64,
        fields: Fields,
    ) -> Result<Answer, Error> {
        let (outcome, stamp) = self.send(fields).await;
        let rest = outcome?;
        let status = rest.exchange.response.status();
        let is_part = matches!(
            status,
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE
        );
        if !is_part {
            return Ok(self.kept(rest, &stamp).await);
        }
        let found = &self.found[index];
        let response = &rest.exchange.response;
        let head = completed(&found.head, &self.asked.read(), response, &stamp);
        if let Some(head) = head
            && self.is_of_this_url(response)
            && let Some(beginning) = found.open(self.cache.tiers(), 0).await
        {
            let response = head.delivered(stamp.response_time, self.asked.target().url(), None);
            let beginning = Box::new(Limited::new(beginning, from));
            let whole = HopResponse {
                response,
                body: Box::new(Joined::new(beginning, rest.exchange.body)),
                connection: rest.exchange.connection,
            };
            return Ok(self.teed(Answer::from(whole), head));
        }
        drain(self.app, rest.exchange.body).await;
        self.load(Vec::new(), None).await
    }

    /// Makes the exchange, with `fields` in place of the request's own.
    async fn send(&mut self, fields: Fields) -> (Result<Answer, Error>, Stamp) {
        let (app, hop) = (self.app, &mut *self.hop);
        app.move_to(hop.route.origin(&hop.request)).await;
        hop.asks_beside = fields;
        let request_time = self.cache.now();
        self.mark = self.cache.tiers().changes().mark();
        let outcome = retry(app, hop).await;
        hop.asks_beside = Vec::new();
        let stamp = Stamp {
            request_time,
            response_time: self.cache.now(),
            salt: keeping::salt(&**self.cache.runtime()),
        };
        if let Ok(answer) = &outcome
            && self.invalidate(&answer.exchange.response).await
        {
            // What it brings itself is of after the change.
            self.mark = self.cache.tiers().changes().mark();
        }
        (outcome, stamp)
    }

    /// The outcome, or a stale response in its place, and whether it is that.
    async fn or_fallback(
        &self,
        outcome: Result<Answer, Error>,
        fallback: Option<Fallback>,
    ) -> Result<(Answer, bool), Error> {
        let Some(fallback) = fallback.filter(|fallback| stands_in(&outcome, fallback)) else {
            return Ok((outcome?, false));
        };
        let found = &self.found[fallback.hit.index];
        match answer(self.app, self.asked, found, &fallback.hit).await {
            Some(stale) => {
                if let Ok(refusal) = outcome {
                    drain(self.app, refusal.exchange.body).await;
                }
                Ok((stale, true))
            }
            None => Ok((outcome?, false)),
        }
    }

    /// Takes out what the request has changed, and what the server wants out; true when there was any such thing.
    async fn invalidate(&self, response: &Response) -> bool {
        let tiers = self.cache.tiers();
        let urls = invalidated(self.asked.method(), self.asked.target().url(), response);
        for url in &urls {
            tiers.remove_key(&CacheKey::of(url)).await;
        }
        let clears = clears_cache(response);
        if clears {
            tiers.remove_origin(self.asked.target().url()).await;
        }
        clears || !urls.is_empty()
    }

    /// The answer to a HEAD tells of what a GET has brought.
    async fn learn_from_head(&self, response: &Response, stamp: &Stamp) {
        let transport = &*self.app.platform().transport;
        if self.asked.method() != Method::HEAD || !may_be_kept(transport, self.asked, response) {
            return;
        }
        let read = self.asked.read();
        for found in self.found {
            if selects(&read, &found.head)
                && let Some(head) = updated_by_head(&found.head, &read, response, stamp)
            {
                self.update(found, head).await;
            }
        }
    }

    /// `found` under a new head.
    async fn update(&self, found: &Found, head: CacheHead) -> Found {
        keeping::update(self.cache, found, head).await
    }

    /// The answer, kept as it passes if it may be.
    async fn kept(&mut self, answer: Answer, stamp: &Stamp) -> Answer {
        let response = &answer.exchange.response;
        let transport = &*self.app.platform().transport;
        if !may_be_kept(transport, self.asked, response) {
            return answer;
        }
        match storable(&self.asked.read(), response, stamp) {
            Some(head) => self.teed(answer, head),
            None => {
                self.remove_superseded(response).await;
                answer
            }
        }
    }

    fn teed(&mut self, answer: Answer, head: CacheHead) -> Answer {
        let slot = self.app.wants_will_cache().then(Slot::default);
        let superseded = self
            .found
            .iter()
            .filter(|found| takes_place_of(self.asked, &head, &found.head));
        let replaces = superseded.filter_map(Found::record).collect();
        let plan = Plan {
            cache: self.cache.clone(),
            asked: self.asked.clone(),
            stored_at: head.response_time(),
            length: self.length_of(&answer.exchange),
            head,
            replaces,
            slot: slot.clone(),
            mark: self.mark,
            lead: self.lead.take(),
        };
        let Some(keeper) = Keeper::new(plan) else {
            return answer;
        };
        let exchange = HopResponse {
            body: Box::new(Tee::new(answer.exchange.body, keeper)),
            ..answer.exchange
        };
        Answer {
            exchange,
            keep: slot.map(|slot| Box::new(Proposal::new(self.cache, slot))),
            ..answer
        }
    }

    /// The length of what will come, where that is known.
    fn length_of(&self, exchange: &HopResponse) -> Option<u64> {
        let is_as_sent = self.app.platform().transport.capabilities().encoded_bodies
            || !exchange
                .response
                .headers()
                .contains_key(header::CONTENT_ENCODING);
        let said = || exchange.response.expected_content_length();
        exchange
            .body
            .remaining()
            .or_else(|| is_as_sent.then(said).flatten())
    }

    /// A success that may not be stored is what there is now: the one before it is not.
    async fn remove_superseded(&self, response: &Response) {
        let status = response.status();
        let is_whole = status.is_success() && status != StatusCode::PARTIAL_CONTENT;
        if self.asked.method() != Method::GET || !is_whole {
            return;
        }
        let read = self.asked.read();
        for found in self.found {
            if selects(&read, &found.head) {
                keeping::forget(self.cache.tiers(), self.asked.key(), found).await;
            }
        }
    }

    fn is_of_this_url(&self, response: &Response) -> bool {
        let able = self.app.platform().transport.capabilities();
        is_of_this_url(&able, self.asked, response)
    }
}

/// True when `fallback` is better than `outcome`.
fn stands_in(outcome: &Result<Answer, Error>, fallback: &Fallback) -> bool {
    match outcome {
        Ok(answer) => {
            fallback.covers_server_errors && is_server_error(answer.exchange.response.status())
        }
        Err(error) => {
            error.code().blame() == Blame::Network || error.code() == ErrorCode::DataNotAllowed
        }
    }
}
