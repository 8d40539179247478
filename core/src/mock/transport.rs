//! The transport of tests: it answers from scripts and notes what went out.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Method;
use url::Url;

use super::counts::Counts;
use super::degrade;
use super::exchange::{Exchange, Open};
use super::files::MockFiles;
use super::network::MockNetwork;
use super::record::{Record, RecordedRequest};
use super::reply::Reply;
use super::routes::{Answers, Responder, Route, unanswered};
use super::runtime::MockRuntime;
use super::watch::{Sighting, Watch};
use crate::seams::exchange::ExchangeEvents;
use crate::seams::runtime::Runtime;
use crate::seams::transport::{
    Affinity, Capabilities, ConnectionId, HopRequest, HopResponse, Multiplexing, Transport,
};
use crate::words::bounds::{BoxFuture, MaybeSend, MaybeSync};
use crate::words::error::Error;
use crate::words::service_type::NetworkServiceType;
use crate::words::target::Origin;

/// A transport that answers from scripts and records what was asked. A clone is the same transport.
///
/// A request is answered by the route of its method and URL, else by [`respond`](Self::respond), else it fails with
/// [`CannotConnectToHost`](crate::ErrorCode::CannotConnectToHost) and [`NoReply`](super::NoReply) as the cause. Every exchange
/// has a connection of its own unless it asks for one.
#[derive(Clone)]
pub struct MockTransport(Arc<Shared>);

pub(super) struct Shared {
    pub(super) runtime: MockRuntime,
    pub(super) files: MockFiles,
    pub(super) network: MockNetwork,
    pub(super) script: Mutex<Script>,
    pub(super) counts: Counts,
    records: Mutex<Vec<Arc<Record>>>,
    next_connection: AtomicU64,
    resets: AtomicUsize,
}

/// What the test has scripted.
pub(super) struct Script {
    pub(super) routes: Vec<Answers>,
    responder: Option<Responder>,
    watcher: Option<Arc<dyn Watch>>,
    capabilities: Capabilities,
    before: Option<Multiplexing>,
    connected: Multiplexing,
    /// What connections to these origins turned out to carry.
    learned: Vec<(Arc<Origin>, Multiplexing)>,
}

impl MockTransport {
    /// A transport on the time of `runtime`, which sends files of `files`.
    #[must_use]
    pub fn new(runtime: &MockRuntime, files: &MockFiles) -> Self {
        Self(Arc::new(Shared {
            runtime: runtime.for_sessions(),
            files: files.clone(),
            network: MockNetwork::new(runtime),
            script: Mutex::new(Script {
                routes: Vec::new(),
                responder: None,
                watcher: None,
                capabilities: Capabilities::all(),
                before: None,
                connected: Multiplexing::No,
                learned: Vec::new(),
            }),
            counts: Counts::default(),
            records: Mutex::default(),
            next_connection: AtomicU64::new(1),
            resets: AtomicUsize::new(0),
        }))
    }

    /// The route for requests of this method and URL (its fragment does not count), to be given its replies.
    ///
    /// ```
    /// use urlsession_core::http::Method;
    /// use urlsession_core::mock::{MockPlatform, Reply};
    ///
    /// let mock = MockPlatform::new();
    /// mock.transport()
    ///     .on(Method::GET, "http://a.example/")
    ///     .reply(Reply::new(503))
    ///     .then(Reply::new(200).body("at the second try"));
    /// ```
    ///
    /// # Panics
    /// When `url` is no URL.
    pub fn on(&self, method: Method, url: &str) -> Route<'_> {
        let url = Url::parse(url).expect("a valid URL");
        let index = self.script().route(method, url);
        Route::new(self, index)
    }

    /// Answers every request that no route answers.
    pub fn respond(
        &self,
        respond: impl Fn(&HopRequest) -> Reply + MaybeSend + MaybeSync + 'static,
    ) {
        self.script().responder = Some(Arc::new(respond));
    }

    /// What the transport says that it can do, and does. Set it before a session is made; [`Capabilities::all`] at first.
    ///
    /// Redirects and codings are not played: where the platform follows by itself, script the last response with
    /// [`Reply::from_url`]; where it decodes by itself, the body as it is once decoded.
    pub fn set_capabilities(&self, capabilities: Capabilities) {
        self.script().capabilities = capabilities;
        self.0.network.set_tells_cost(capabilities.network_cost);
    }

    /// What connections carry: as known `before` the first one to an origin, and as it turns out once `connected`.
    ///
    /// At first https is [`Unknown`](Multiplexing::Unknown) before, and everything [`No`](Multiplexing::No) once connected.
    pub fn set_multiplexing(&self, before: Multiplexing, connected: Multiplexing) {
        let mut script = self.script();
        (script.before, script.connected) = (Some(before), connected);
    }

    /// Has `watch` called at each step of each exchange, while it happens. It must not call the session.
    pub fn watch(&self, watch: impl Fn(Sighting<'_>) + MaybeSend + MaybeSync + 'static) {
        self.script().watcher = Some(Arc::new(watch));
    }

    /// The way to the network that this transport's connections need.
    #[must_use]
    pub fn network(&self) -> &MockNetwork {
        &self.0.network
    }

    /// Every request that was sent, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.records()
            .iter()
            .map(|record| record.to_request())
            .collect()
    }

    /// How many exchanges are under way: begun, and their bodies neither at the end nor dropped.
    #[must_use]
    pub fn open_exchanges(&self) -> usize {
        self.0.counts.open()
    }

    /// How many exchanges were under way at once, at most.
    #[must_use]
    pub fn most_open_exchanges(&self) -> usize {
        self.0.counts.most_open()
    }

    /// How many exchanges were begun.
    #[must_use]
    pub fn total_exchanges(&self) -> usize {
        self.0.counts.total()
    }

    /// How many exchanges were dropped before their end.
    #[must_use]
    pub fn aborted_exchanges(&self) -> usize {
        self.0.counts.aborted()
    }

    /// How often the session let go of its connections.
    #[must_use]
    pub fn resets(&self) -> usize {
        self.0.resets.load(Ordering::Relaxed)
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.0
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.0.script()
    }

    fn records(&self) -> MutexGuard<'_, Vec<Arc<Record>>> {
        self.0
            .records
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn reply_to(&self, request: &HopRequest) -> Reply {
        let mut script = self.script();
        if let Some(reply) = script.find_reply(request) {
            return reply;
        }
        let responder = script.responder.clone();
        drop(script);
        responder.map_or_else(
            || unanswered(request),
            |responder| responder.respond(request),
        )
    }

    fn connection(&self, affinity: Affinity) -> ConnectionId {
        match affinity {
            Affinity::Same(connection) => connection,
            Affinity::Any | Affinity::Fresh => {
                ConnectionId(self.0.next_connection.fetch_add(1, Ordering::Relaxed))
            }
        }
    }

    /// Notes the request, and gives it its number.
    fn record(&self, request: &mut HopRequest, capabilities: Capabilities) -> (usize, Arc<Record>) {
        if !capabilities.all_request_headers {
            request.headers = degrade::request_headers(&request.headers, capabilities).into();
        }
        if !capabilities.service_type {
            request.hints.service_type = NetworkServiceType::Default;
        }
        let record = Arc::new(Record::new(request, self.0.runtime.now()));
        let mut records = self.records();
        records.push(record.clone());
        (records.len() - 1, record)
    }
}

impl Transport for MockTransport {
    fn capabilities(&self) -> Capabilities {
        self.script().capabilities
    }

    fn multiplexing(&self, origin: &Origin) -> Multiplexing {
        let script = self.script();
        let learned = script
            .learned
            .iter()
            .find(|(known, _)| known.id() == origin.id());
        let unconnected = if origin.is_secure() {
            Multiplexing::Unknown
        } else {
            Multiplexing::No
        };
        learned.map_or(script.before.unwrap_or(unconnected), |(_, multiplexing)| {
            *multiplexing
        })
    }

    fn exchange(
        &self,
        mut request: HopRequest,
        events: ExchangeEvents,
    ) -> BoxFuture<'static, Result<HopResponse, Error>> {
        // An attempt without a network reaches no server, and takes no reply.
        let reply = match self.0.network.refusal(request.target.origin().host()) {
            Some(refusal) => Reply::cannot_connect(refusal),
            None => self.reply_to(&request),
        };
        let script = self.script();
        let (capabilities, watcher) = (script.capabilities, script.watcher.clone());
        let multiplexing = reply.multiplexing.unwrap_or(script.connected);
        drop(script);
        let record = self.record(&mut request, capabilities);
        let exchange = Exchange {
            reply,
            connection: (self.connection(request.affinity), multiplexing),
            events,
            open: Open::new(self.0.clone(), record, watcher),
            capabilities,
        };
        Box::pin(exchange.play(request.body))
    }

    fn reset(&self) {
        self.0.resets.fetch_add(1, Ordering::Relaxed);
        self.script().learned.clear();
    }
}

impl Shared {
    /// A connection to `origin` is there.
    pub(super) fn connected(&self, origin: &Arc<Origin>, multiplexing: Multiplexing) {
        let mut script = self.script();
        match script
            .learned
            .iter_mut()
            .find(|(known, _)| known.id() == origin.id())
        {
            Some((_, known)) => *known = multiplexing,
            None => script.learned.push((origin.clone(), multiplexing)),
        }
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MockTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockTransport")
            .field("open", &self.open_exchanges())
            .field("total", &self.total_exchanges())
            .field("aborted", &self.aborted_exchanges())
            .finish()
    }
}
