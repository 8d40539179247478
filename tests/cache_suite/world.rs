//! Where the suites run: a session, and the server that it reaches. Over sockets or on the mock, with the same code above it.

use std::sync::Arc;
use std::time::Duration;

use urlsession::http::HeaderMap;
use urlsession::mock::{MockPlatform, Reply, Step};
use urlsession::{
    Configuration, ErrorCode, HopBody, HopRequest, Request, Runtime, Session, SessionBuilder,
};
use urlsession_origin::cache_suite::{self, Asked, CacheSuite};
use urlsession_origin::{Origin, block_on};

use crate::child::Adapter;
use crate::seen::{Manner, Seen, Trouble, ask};

/// A session and its server.
#[derive(Clone)]
pub(crate) struct World {
    /// The session; where loads go through another process, its clock is taken all the same.
    pub(crate) session: Session,
    adapter: Option<Arc<Adapter>>,
    /// The servers' origin, and another one with the same servers.
    pub(crate) base: String,
    pub(crate) other_base: String,
}

impl World {
    /// Waits by the clock of the session.
    pub(crate) async fn pause(&self, time: Duration) {
        let runtime = &self.session.platform().runtime;
        runtime.sleep_until(runtime.now() + time).await;
    }
}

/// As many connections as cases: none waits for another.
fn configuration() -> Configuration {
    let mut configuration = Configuration::default();
    configuration.http_maximum_connections_per_host = 1_000;
    configuration
}

/// Runs `play` over real sockets and in real time.
pub(crate) fn over_sockets<T, F>(
    configure: fn(&mut Configuration),
    make: impl FnOnce(SessionBuilder) -> SessionBuilder,
    play: impl FnOnce(World) -> F,
) -> T
where
    F: Future<Output = T>,
{
    let origin = Origin::spawn().unwrap();
    let mut configuration = configuration();
    configure(&mut configuration);
    let session = make(urlsession::builder(configuration)).build();
    block_on(play(World {
        session,
        adapter: None,
        base: origin.url(""),
        other_base: origin.other_url(""),
    }))
}

/// Runs `play` over real sockets, its loads made by the example `cache_adapter` in a process of its own.
pub(crate) fn by_the_adapter<T, F>(play: impl FnOnce(World) -> F) -> T
where
    F: Future<Output = T>,
{
    over_sockets(
        |_| {},
        |builder| builder,
        |mut world| {
            world.adapter = Some(Arc::new(Adapter::start()));
            play(world)
        },
    )
}

/// Runs `play` on the mock, in virtual time.
pub(crate) fn on_the_mock<T, F>(
    configure: fn(&mut Configuration),
    make: impl FnOnce(SessionBuilder) -> SessionBuilder,
    play: impl FnOnce(World) -> F,
) -> T
where
    F: Future<Output = T>,
{
    let mock = MockPlatform::new();
    // Not on the full second: ages are counted in whole ones.
    let start = Duration::from_millis(1_795_600_000_250);
    mock.runtime()
        .set_wall_clock(std::time::SystemTime::UNIX_EPOCH + start);
    let (suite, runtime) = (CacheSuite::default(), mock.runtime().clone());
    mock.transport().respond(move |hop| {
        reply(
            suite.answer(runtime.wall_clock(), asked(hop).as_asked()),
            hop,
        )
    });
    let mut configuration = configuration();
    configure(&mut configuration);
    let session = make(Session::builder(mock.platform(), configuration)).build();
    mock.runtime().block_on(play(World {
        session,
        adapter: None,
        base: "http://suite.example".to_owned(),
        other_base: "http://other.example".to_owned(),
    }))
}

/// The parts of a hop that the servers look at.
struct Hop<'a> {
    hop: &'a HopRequest,
    target: String,
}

fn asked(hop: &HopRequest) -> Hop<'_> {
    let url = hop.target.url();
    let query = url.query().map(|query| format!("?{query}"));
    let target = format!("{}{}", url.path(), query.unwrap_or_default());
    Hop { hop, target }
}

impl Hop<'_> {
    fn as_asked(&self) -> Asked<'_> {
        let body = match &self.hop.body {
            HopBody::Bytes(bytes) => bytes,
            HopBody::Empty | HopBody::File(..) | HopBody::Stream(..) => &[][..],
        };
        Asked {
            method: &self.hop.method,
            target: &self.target,
            headers: &self.hop.headers,
            body,
        }
    }
}

fn reply(answer: Option<cache_suite::Answer>, hop: &HopRequest) -> Reply {
    let Some(answer) = answer else {
        return Reply::new(404);
    };
    if answer.disconnects {
        return Reply::error(ErrorCode::NetworkConnectionLost).after(answer.pause);
    }
    let mut reply = Reply::new(answer.status).after(answer.pause);
    for (status, fields) in &answer.interim {
        reply = reply.informational_with(*status, headers(fields));
    }
    for (name, value) in &answer.fields {
        reply = reply.header(&**name, &**value);
    }
    if !answer.has_body() || hop.method == urlsession::http::Method::HEAD {
        return reply;
    }
    reply.step(Step::Chunk(answer.body))
}

fn headers(fields: &[(String, String)]) -> HeaderMap {
    let parse = |(name, value): &(String, String)| Some((name.parse().ok()?, value.parse().ok()?));
    fields.iter().filter_map(parse).collect()
}

impl World {
    /// Makes one request.
    pub(crate) async fn ask(
        &self,
        request: Request,
        manner: impl Into<Manner>,
    ) -> Result<Seen, Trouble> {
        let manner = manner.into();
        match &self.adapter {
            Some(adapter) => adapter.ask(&request, manner).await,
            None => ask(&self.session, request, manner).await,
        }
    }
}
