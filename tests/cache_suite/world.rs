//! Where the suites run: a session, and the server that it reaches. Over sockets or on the mock, with the same code above it.

use std::sync::Arc;
use std::time::Duration;

use urlsession::http::HeaderMap;
use urlsession::mock::{MockPlatform, Reply, Step};
use urlsession::{
    Answer, CachedResponse, Configuration, Delegate, Error, ErrorCode, HopBody, HopRequest,
    Informational, Request, Runtime, Session, SessionBuilder, Task, Wants,
};
use urlsession_origin::cache_suite::{self, Asked, CacheSuite};
use urlsession_origin::{Origin, block_on};

use crate::child::Adapter;

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

/// What a client saw of one exchange.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) interim: Vec<Informational>,
}

impl Seen {
    /// The values of a field, joined.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        let values = self.headers.get_all(name);
        let texts: Vec<_> = values
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    }

    /// A field as a number.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.value(name)?.parse().ok()
    }
}

/// Why nothing came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    TimedOut(String),
    Failed(String),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error.code() == ErrorCode::TimedOut {
            true => Self::TimedOut(error.to_string()),
            false => Self::Failed(error.to_string()),
        }
    }
}

/// What Fetch's `redirect` says; across origins `mode: same-origin` has its say too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Redirects {
    #[default]
    Follow,
    Manual,
    SameOrigin,
}

/// How a request is made, beside what it says itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Manner {
    pub(crate) redirects: Redirects,
    /// False: what comes is not stored, by the delegate's word.
    pub(crate) stores: bool,
}

impl From<Redirects> for Manner {
    fn from(redirects: Redirects) -> Self {
        let stores = true;
        Self { redirects, stores }
    }
}

/// Notes interim responses, and decides about redirects and storing.
struct Watch {
    manner: Manner,
    interim: Arc<std::sync::Mutex<Vec<Informational>>>,
}

impl Delegate for Watch {
    fn wants(&self) -> Wants {
        let storing = match self.manner.stores {
            true => Wants::NONE,
            false => Wants::WILL_CACHE_RESPONSE,
        };
        Wants::REDIRECTION | Wants::INFORMATIONAL | storing
    }

    fn will_cache_response(&self, _: &Task, _: CachedResponse) -> Answer<Option<CachedResponse>> {
        match self.manner.stores {
            true => Answer::Unhandled,
            false => Answer::Now(None),
        }
    }

    fn will_perform_http_redirection(
        &self,
        task: &Task,
        response: &urlsession::Response,
        request: Request,
    ) -> Answer<Option<Request>> {
        match self.manner.redirects {
            Redirects::Follow => Answer::Unhandled,
            Redirects::Manual => Answer::Now(None),
            Redirects::SameOrigin if response.url().origin() == request.url().origin() => {
                Answer::Unhandled
            }
            Redirects::SameOrigin => {
                task.cancel();
                Answer::Now(None)
            }
        }
    }

    fn did_receive_informational_response(&self, _: &Task, response: &Informational) -> Answer<()> {
        self.interim.lock().unwrap().push(response.clone());
        Answer::HANDLED
    }
}

impl World {
    /// Makes one request.
    pub(crate) async fn ask(
        &self,
        request: Request,
        manner: impl Into<Manner>,
    ) -> Result<Seen, Trouble> {
        let (interim, manner) = (Arc::default(), manner.into());
        if let Some(adapter) = &self.adapter {
            return adapter.ask(&request, manner).await;
        }
        let watch = Watch {
            manner,
            interim: Arc::clone(&interim),
        };
        let (body, response) = self.session.data_with_delegate(request, watch).await?;
        let interim = std::mem::take(&mut *interim.lock().unwrap());
        Ok(Seen {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: body.to_vec(),
            interim,
        })
    }
}
