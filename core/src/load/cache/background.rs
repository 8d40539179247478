//! Validates what was used stale, beside the session's tasks (RFC 5861 section 3).

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use http::StatusCode;

use crate::cache::asked::Asked;
use crate::cache::found::Found;
use crate::cache::keeping::{self, gone_for, superseded};
use crate::cache::session::SessionCache;
use crate::load::cache::keep::{Keeper, Plan};
use crate::load::cache::seen::may_be_kept;
use crate::load::cache::tee::Tee;
use crate::load::reach::is_open;
use crate::load::send::{Hop, hints};
use crate::policy::cache::{Fields, Stamp, freshened, storable};
use crate::seams::app::App;
use crate::seams::exchange::ExchangeEvents;
use crate::seams::signals::Signals;
use crate::seams::transport::{Affinity, Hints, HopBody, HopRequest, Transport};
use crate::words::body::Body;
use crate::words::bounds::BoxFuture;
use crate::words::error::Error;

/// Begins to validate `found`, unless somebody does already. It waits for no place, so there are few at once; it keeps nothing alive, and
/// ends with the session.
pub(super) fn revalidate<A: App>(
    app: &A,
    hop: &Hop,
    asked: &Asked,
    (found, fields): (&Found, Fields),
) {
    let Some(cache) = app.cache().filter(|_| is_open(app, hop)) else {
        return;
    };
    let runtime = app.platform().runtime.clone();
    let own = asked.request().timeout_interval();
    let patience = own.unwrap_or(app.configuration().timeout_interval_for_request);
    let work = Revalidation {
        cache: cache.clone(),
        transport: app.platform().transport.clone(),
        asked: asked.clone(),
        found: found.clone(),
        hints: hints(app, asked.request(), None),
        fields,
    };
    let until = runtime.now() + patience;
    cache.in_background(asked.key().hash(), async move {
        let sleep = runtime.sleep_until(until);
        within(work.run(), sleep).await;
    });
}

/// Runs `work` to its end, or until `sleep` is over.
async fn within(work: impl Future<Output = ()>, mut sleep: BoxFuture<'static, ()>) {
    let mut work = pin!(work);
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(()) => Poll::Ready(()),
        Poll::Pending => sleep.as_mut().poll(context),
    })
    .await;
}

struct Revalidation {
    cache: Arc<SessionCache>,
    transport: Arc<dyn Transport>,
    asked: Asked,
    found: Found,
    hints: Hints,
    fields: Fields,
}

impl Revalidation {
    /// What goes wrong is nobody's concern: what is stored stays as it is.
    async fn run(self) {
        let _ = self.exchange().await;
    }

    async fn exchange(self) -> Result<(), Error> {
        let headers = self
            .found
            .head
            .asked_with(self.asked.fields(), &self.fields);
        let request = HopRequest {
            method: self.asked.method().clone(),
            target: self.asked.target().clone(),
            headers: headers.into(),
            body: HopBody::Empty,
            affinity: Affinity::Any,
            hints: self.hints,
            properties: self.asked.request().properties().clone(),
        };
        let clock = self.cache.runtime().clock();
        let events = ExchangeEvents::new(Arc::new(Signals::new(clock, false)));
        let mark = self.cache.tiers().changes().mark();
        let request_time = self.cache.now();
        let answer = self.transport.exchange(request, events).await?;
        let stamp = Stamp {
            request_time,
            response_time: self.cache.now(),
            salts: self.cache.url_cache(),
        };
        let read = self.asked.read();
        if !may_be_kept(&*self.transport, &self.asked, &answer.response) {
            return Ok(());
        }
        if answer.response.status() == StatusCode::NOT_MODIFIED {
            let head = freshened(
                &self.found.head,
                self.asked.fields(),
                &answer.response,
                &stamp,
            );
            if let (_, Some(written)) = keeping::update(&self.cache, &self.found, head) {
                written.await;
            }
            return Ok(());
        }
        let found = std::slice::from_ref(&self.found);
        let Some(head) = storable(&read, &answer.response, &stamp) else {
            superseded(self.cache.tiers(), &self.asked, &answer.response, found).await;
            return Ok(());
        };
        let replaces = gone_for(&self.asked, &head, found);
        let length = answer.body.remaining();
        let plan = Plan {
            cache: self.cache.clone(),
            asked: self.asked.clone(),
            stored_at: stamp.response_time,
            length,
            head,
            replaces,
            slot: None,
            mark,
            lead: None,
        };
        if let Some(keeper) = Keeper::new(plan) {
            let mut body: Box<dyn Body> = Box::new(Tee::new(answer.body, keeper));
            while body.next_chunk().await?.is_some() {}
        }
        Ok(())
    }
}
