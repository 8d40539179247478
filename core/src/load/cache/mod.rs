//! Answers a hop from the cache, validates what is stored, and stores what comes: as the policy decides.

mod answer;
mod background;
mod collapse;
mod keep;
mod network;
mod pieces;
mod proposal;
mod seen;
mod tee;
mod writer;

use std::sync::Arc;
use std::time::SystemTime;

use crate::cache::asked::Asked;
use crate::cache::flights::{End, Part};
use crate::cache::found::Found;
use crate::cache::keeping::{forget, promote};
use crate::cache::session::SessionCache;
use crate::load::cache::answer::{answer, gateway_timeout};
use crate::load::cache::background::revalidate;
use crate::load::cache::collapse::wait;
use crate::load::cache::network::Network;
use crate::load::retry::retry;
use crate::load::route::Answer;
use crate::load::send::Hop;
use crate::policy::cache::{Decision, Fields, Hit, decide};
use crate::seams::app::App;
use crate::seams::protocol::list::Route;
use crate::words::error::{Error, ErrorCode};

pub(crate) use crate::load::cache::proposal::Proposal;

/// A look-up is made so often at most, where what was found is gone when it is needed.
const LOOKS: u32 = 3;

/// The answer to a hop, from the cache or by way of it.
pub(crate) async fn cached<A: App>(
    app: &A,
    hop: &mut Hop,
    cache: &Arc<SessionCache>,
) -> Result<Answer, Error> {
    let is_sent = hop.route == Route::Transport;
    let asked = is_sent.then(|| cache.asked(&hop.request, hop.left_home));
    let Some(asked) = asked.flatten() else {
        return retry(app, hop).await;
    };
    let (mut looks, mut follows) = (0, true);
    while looks < LOOKS {
        let mark = cache.tiers().changes().mark();
        let (found, decision, now) = look_up(cache, &asked).await;
        let is_sent = matches!(decision, Decision::Load { .. } | Decision::Validate { .. });
        let part = (is_sent && follows)
            .then(|| cache.part_of(&asked, app.signals()))
            .flatten();
        let lead = match part {
            None => None,
            Some(Part::Lead(lead)) => Some(lead),
            Some(Part::Follow(flight)) => {
                // What was brought does not answer this one: it goes by itself.
                follows = wait(app, cache, &flight).await == End::HandedOver;
                continue;
            }
        };
        let mut network = Network {
            app,
            hop: &mut *hop,
            cache,
            asked: &asked,
            found: &found,
            lead,
            mark,
        };
        looks += 1;
        if let Some(answer) = carry_out(&mut network, decision, now).await? {
            return Ok(answer);
        }
    }
    // Its store loses what it finds.
    let mut network = Network {
        app,
        hop,
        cache,
        asked: &asked,
        found: &[],
        lead: None,
        mark: cache.tiers().changes().mark(),
    };
    Box::pin(network.load(Fields::default(), None)).await
}

/// Does what was decided `now`. `None` when what was to be the answer is not there any more. What is rare is boxed: it takes no room in every load.
async fn carry_out<A: App>(
    network: &mut Network<'_, A>,
    decision: Decision,
    now: SystemTime,
) -> Result<Option<Answer>, Error> {
    let answer = match decision {
        Decision::Use(hit) => return Ok(use_stored(network, &hit, now).await),
        Decision::UseAndRevalidate { hit, fields } => {
            let answer = Box::pin(use_stored(network, &hit, now)).await;
            if answer.is_some() {
                let stale = (&network.found[hit.index], fields);
                revalidate(network.app, network.hop, network.asked, stale);
            }
            return Ok(answer);
        }
        Decision::Bypass { fields } => Box::pin(network.bypass(fields)).await?,
        Decision::Load { fields, fallback } => network.load(fields, fallback).await?,
        Decision::Validate {
            hit,
            fields,
            fallback,
        } => network.validate(hit, fields, fallback).await?,
        Decision::Complete {
            index,
            from,
            fields,
        } => Box::pin(network.complete(index, from, fields)).await?,
        Decision::Refuse => {
            let error = Error::new(ErrorCode::ResourceUnavailable);
            return Err(error.because("the cache policy forbids to ask the server"));
        }
        Decision::GatewayTimeout => Box::pin(gateway_timeout(network.app, network.asked)).await,
    };
    Ok(Some(answer))
}

/// The stored answer; where its body is gone, it is forgotten.
async fn use_stored<A: App>(
    network: &Network<'_, A>,
    hit: &Hit,
    now: SystemTime,
) -> Option<Answer> {
    let (tiers, key) = (network.cache.tiers(), network.asked.key());
    let found = &network.found[hit.index];
    let answer = answer(network.app, network.asked, found, hit, now).await;
    match answer {
        Some(_) => promote(tiers, key, found, network.mark),
        None => Box::pin(forget(tiers, key, found)).await,
    }
    answer
}

/// What is kept for the request, and what is done with it now. The store is asked only where memory has no answer.
async fn look_up(cache: &Arc<SessionCache>, asked: &Asked) -> (Vec<Found>, Decision, SystemTime) {
    let (found, now) = (cache.tiers().in_memory(asked.key()), cache.now());
    let decision = decide(now, &asked.read(), &found, cache.options());
    if matches!(decision, Decision::Use(_) | Decision::Bypass { .. })
        || cache.tiers().store().is_none()
    {
        return (found, decision, now);
    }
    Box::pin(look_further(cache, asked, found)).await
}

async fn look_further(
    cache: &Arc<SessionCache>,
    asked: &Asked,
    mut found: Vec<Found>,
) -> (Vec<Found>, Decision, SystemTime) {
    let known: Vec<_> = found.iter().filter_map(Found::record).collect();
    let stored = cache.tiers().in_store(asked.target()).await;
    let is_new = |found: &Found| found.record().is_none_or(|id| !known.contains(&id));
    found.extend(stored.into_iter().filter(is_new));
    let now = cache.now();
    let decision = decide(now, &asked.read(), &found, cache.options());
    (found, decision, now)
}
