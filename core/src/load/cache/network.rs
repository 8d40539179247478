//! Asks the server, as the policy wants it asked, and does with its answer what the cache has to do.

use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode, header};

use crate::cache::asked::Asked;
use crate::cache::changes::Mark;
use crate::cache::flights::Lead;
use crate::cache::found::Found;
use crate::cache::keeping::{self, gone_for, superseded};
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
use crate::policy::fields::with_beside;
use crate::seams::app::App;
use crate::seams::transport::HopResponse;
use crate::words::bounds::BoxFuture;
use crate::words::cache_key::CacheKey;
use crate::words::error::{Blame, Error, ErrorCode};
use crate::words::header_fields::HeaderFields;
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

impl<'a, A: App> Network<'a, A> {
    /// Nothing is stored.
    pub(super) async fn bypass(&mut self, fields: Fields) -> Result<Answer, Error> {
        let fields = self.beside(&fields);
        self.send(fields).await.0
    }

    /// What comes is stored if it may be.
    pub(super) async fn load(
        &mut self,
        fields: Fields,
        fallback: Option<Fallback>,
    ) -> Result<Answer, Error> {
        let fields = self.beside(&fields);
        let (outcome, stamp) = self.send(fields).await;
        let fallback = fallback.filter(|fallback| stands_in(&outcome, fallback));
        if let Some(fallback) = fallback
            && let Some(stale) = self.stale(&fallback, &stamp).await
        {
            self.pass_over(outcome).await;
            return Ok(stale);
        }
        Ok(self.settled(outcome?, &stamp).await)
    }

    /// What is stored is the answer, if the server says that it still is.
    pub(super) async fn validate(
        &mut self,
        hit: Hit,
        fields: Fields,
        fallback: Option<Fallback>,
    ) -> Result<Answer, Error> {
        let found = &self.found[hit.index];
        let fields = found.head.asked_with(self.asked.fields(), &fields);
        let (outcome, stamp) = self.send(Some(fields)).await;
        let fallback = fallback.filter(|fallback| stands_in(&outcome, fallback));
        if let Some(fallback) = fallback
            && let Some(stale) = self.stale(&fallback, &stamp).await
        {
            self.pass_over(outcome).await;
            return Ok(stale);
        }
        let fresh = outcome?;
        if fresh.exchange.response.status() != StatusCode::NOT_MODIFIED {
            return Ok(self.settled(fresh, &stamp).await);
        }
        let response = fresh.exchange.response;
        drain(self.app, fresh.exchange.body).await;
        if self.is_of_this_url(&response) {
            let head = freshened(&found.head, self.asked.fields(), &response, &stamp);
            let (found, written) = keeping::update(self.cache, found, head);
            if let Some(written) = written {
                written.await;
            }
            let now = stamp.response_time;
            if let Some(answer) = validated(self.app, self.asked, &found, &hit, now).await {
                return Ok(answer);
            }
        }
        // It speaks of something else, or what it speaks of is gone.
        self.found = &[];
        Box::pin(self.load(Fields::default(), None)).await
    }

    /// The stored beginning of the body, and the rest of it from the server.
    pub(super) async fn complete(
        &mut self,
        index: usize,
        from: u64,
        fields: Fields,
    ) -> Result<Answer, Error> {
        let fields = self.beside(&fields);
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
        let head = completed(&found.head, self.asked.fields(), response, &stamp);
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
        self.load(Fields::default(), None).await
    }

    /// The request's own fields with these in place of those of the same name; `None` where there are none.
    fn beside(&self, fields: &Fields) -> Option<Arc<HeaderMap>> {
        let all = || Arc::new(with_beside(self.asked.fields(), fields));
        (!fields.is_empty()).then(all)
    }

    /// Makes the exchange, with `fields` in place of the request's own.
    async fn send(&mut self, fields: Option<Arc<HeaderMap>>) -> (Result<Answer, Error>, Stamp<'a>) {
        let (app, hop) = (self.app, &mut *self.hop);
        app.move_to(hop.route.origin(&hop.request)).await;
        hop.fields = fields.map(HeaderFields::from).unwrap_or_default();
        let request_time = self.cache.now();
        self.mark = self.cache.tiers().changes().mark();
        let outcome = retry(app, hop).await;
        hop.fields = HeaderFields::new();
        let stamp = Stamp {
            request_time,
            response_time: self.cache.now(),
            salts: self.cache.url_cache(),
        };
        if let Ok(answer) = &outcome
            && let Some(invalidation) = self.invalidation(&answer.exchange.response)
        {
            invalidation.await;
            // What it brings itself is of after the change.
            self.mark = self.cache.tiers().changes().mark();
        }
        (outcome, stamp)
    }

    /// The stale response that stands in for the server's.
    async fn stale(&self, fallback: &Fallback, stamp: &Stamp<'_>) -> Option<Answer> {
        let found = &self.found[fallback.hit.index];
        let now = stamp.response_time;
        // Boxed: what is rare takes no room in every load.
        Box::pin(answer(self.app, self.asked, found, &fallback.hit, now)).await
    }

    /// Reads away an answer that another stands in for.
    async fn pass_over(&self, outcome: Result<Answer, Error>) {
        if let Ok(refusal) = outcome {
            Box::pin(drain(self.app, refusal.exchange.body)).await;
        }
    }

    /// Takes out what the request has changed, and what the server wants out; `None` where there is no such thing.
    fn invalidation(&self, response: &Response) -> Option<BoxFuture<'a, ()>> {
        let (tiers, target) = (self.cache.tiers(), self.asked.target());
        let urls = invalidated(self.asked.method(), target.url(), response);
        let clears = clears_cache(response);
        (clears || !urls.is_empty()).then(|| {
            let invalidation = async move {
                for url in &urls {
                    tiers.remove_key(&CacheKey::of(url)).await;
                }
                if clears {
                    tiers.remove_origin(target.url()).await;
                }
            };
            Box::pin(invalidation) as BoxFuture<'_, _>
        })
    }

    /// The answer, the server's own: what there is to be learned of it is learned.
    async fn settled(&mut self, answer: Answer, stamp: &Stamp<'_>) -> Answer {
        if self.asked.method() == Method::HEAD {
            Box::pin(self.learn_from_head(&answer.exchange.response, stamp)).await;
        }
        self.kept(answer, stamp).await
    }

    /// The answer to a HEAD tells of what a GET has brought.
    async fn learn_from_head(&self, response: &Response, stamp: &Stamp<'_>) {
        if !may_be_kept(&*self.app.platform().transport, self.asked, response) {
            return;
        }
        let read = self.asked.read();
        for found in self.found {
            if selects(&read, &found.head)
                && let Some(head) =
                    updated_by_head(&found.head, self.asked.fields(), response, stamp)
                && let (_, Some(written)) = keeping::update(self.cache, found, Arc::new(head))
            {
                written.await;
            }
        }
    }

    /// The answer, kept as it passes if it may be.
    async fn kept(&mut self, answer: Answer, stamp: &Stamp<'_>) -> Answer {
        let response = &answer.exchange.response;
        if !may_be_kept(&*self.app.platform().transport, self.asked, response) {
            return answer;
        }
        if let Some(head) = storable(&self.asked.read(), response, stamp) {
            return self.teed(answer, head);
        }
        if !self.found.is_empty() {
            let (tiers, asked) = (self.cache.tiers(), self.asked);
            Box::pin(superseded(tiers, asked, response, self.found)).await;
        }
        answer
    }

    fn teed(&mut self, answer: Answer, head: CacheHead) -> Answer {
        let slot = self.app.wants_will_cache().then(Slot::default);
        let replaces = gone_for(self.asked, &head, self.found);
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
