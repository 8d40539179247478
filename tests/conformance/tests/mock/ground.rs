//! The mock as a ground: its origins are emulated, its time is virtual.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use urlsession_conformance::{Failure, Fixture, Ground, Sites, Verdict};
use urlsession_core::mock::{MockFiles, MockRuntime, MockTransport, Sight};
use urlsession_core::{BoxFuture, Capabilities, Configuration, FileRef, Multiplexing, Platform};
use urlsession_transport_native::NativeDecoder;

use crate::harness::Stage;
use crate::routes::Site;

/// The certificate that the emulated TLS server's clients have to trust.
const ROOT: &[u8] = b"the root of the emulated server";

/// One case's mock: every session has a transport of its own, all on one clock.
#[derive(Clone)]
pub(crate) struct MockGround(Arc<Parts>);

struct Parts {
    runtime: MockRuntime,
    files: MockFiles,
    sites: Sites,
    capabilities: Capabilities,
    transports: Mutex<Vec<MockTransport>>,
    /// Bytes of bodies that were taken, by URL.
    taken: Arc<Mutex<BTreeMap<String, u64>>>,
    next_file: AtomicUsize,
    /// How often each target that fails at first was asked for.
    counts: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl MockGround {
    pub(crate) fn new(capabilities: Capabilities) -> Self {
        Self(Arc::new(Parts {
            runtime: MockRuntime::new(),
            files: MockFiles::new(),
            sites: Sites {
                http: "http://127.0.0.1:1001".into(),
                other: "http://127.0.0.1:1002".into(),
                v6: Some("http://[::1]:1003".into()),
                named: Some("http://named.test:1001".into()),
                h2: Some("http://127.0.0.1:1004".into()),
                tls: Some("https://localhost:1005".into()),
                closed: "http://127.0.0.1:1006".into(),
                unaccepting: Some("http://127.0.0.1:1007".into()),
                root: Some(ROOT.to_vec()),
            },
            capabilities,
            transports: Mutex::default(),
            taken: Arc::default(),
            next_file: AtomicUsize::new(0),
            counts: Arc::default(),
        }))
    }

    fn transport(&self, configuration: &Configuration) -> MockTransport {
        let parts = &self.0;
        let transport = MockTransport::new(&parts.runtime, &parts.files);
        transport.set_capabilities(parts.capabilities);
        if configuration.assumes_http2_capable {
            transport.set_multiplexing(Multiplexing::Streams(100), Multiplexing::Streams(100));
        }
        let site = Site {
            transport: transport.clone(),
            files: parts.files.clone(),
            sites: parts.sites.clone(),
            capabilities: parts.capabilities,
            trusts: parts.capabilities.tls_configuration
                && configuration
                    .tls_additional_roots
                    .iter()
                    .any(|root| root == ROOT),
            counts: parts.counts.clone(),
        };
        transport.respond(move |request| site.answer(request));
        let taken = parts.taken.clone();
        transport.watch(move |sighting| {
            if let Sight::Chunk(length) = sighting.sight {
                let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
                *taken.entry(sighting.url.to_string()).or_default() += length as u64;
            }
        });
        let mut transports = parts
            .transports
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        transports.push(transport.clone());
        transport
    }

    fn open_exchanges(&self) -> usize {
        let transports = self
            .0
            .transports
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        transports.iter().map(MockTransport::open_exchanges).sum()
    }
}

impl Ground for MockGround {
    fn platform(&self, configuration: &Configuration) -> Platform {
        let transport = self.transport(configuration);
        let network = transport.network().clone();
        Platform::new(
            Arc::new(transport),
            Arc::new(self.0.runtime.clone()),
            Arc::new(self.0.files.clone()),
        )
        .with_network(network)
        .with_decoder(NativeDecoder::new())
    }

    fn sites(&self) -> &Sites {
        &self.0.sites
    }

    fn file(&self, content: &[u8]) -> FileRef {
        let path = format!("/file-{}", self.0.next_file.fetch_add(1, Ordering::Relaxed));
        self.0.files.insert(&path, content);
        FileRef::new(path)
    }

    fn is_held_back<'a>(
        &'a self,
        url: &'a str,
        length: u64,
    ) -> BoxFuture<'a, Result<bool, Failure>> {
        Box::pin(async move {
            self.0.runtime.sleep(Duration::from_secs(1)).await;
            let taken = self.0.taken.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(taken.get(url).copied().unwrap_or_default() < length)
        })
    }

    fn is_let_go(&self) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            self.0.runtime.sleep(Duration::from_secs(1)).await;
            match self.open_exchanges() {
                0 => Ok(()),
                open => Err(Failure::new(format!("{open} exchanges are under way"))),
            }
        })
    }

    fn rounds(&self) -> usize {
        match self.0.capabilities == Capabilities::all() {
            true => 3000,
            false => 30,
        }
    }
}

impl Stage for MockGround {
    fn play(
        self,
        play: impl FnOnce(Fixture) -> BoxFuture<'static, Verdict>,
    ) -> Result<Verdict, String> {
        let runtime = self.0.runtime.clone();
        runtime
            .try_block_on(play(Fixture::new(self)))
            .map_err(|deadlock| deadlock.to_string())
    }
}

/// Transports that lack one thing, and one that lacks all.
pub(crate) fn lesser() -> Vec<(&'static str, Capabilities)> {
    fn without(turn_off: fn(&mut Capabilities)) -> Capabilities {
        let mut capabilities = Capabilities::all();
        turn_off(&mut capabilities);
        capabilities
    }
    vec![
        ("redirects", without(|able| able.redirects = false)),
        ("informational", without(|able| able.informational = false)),
        (
            "upload_progress",
            without(|able| able.upload_progress = false),
        ),
        (
            "streamed_upload",
            without(|able| able.streamed_upload = false),
        ),
        ("file_upload", without(|able| able.file_upload = false)),
        ("file_download", without(|able| able.file_download = false)),
        ("file_urls", without(|able| able.file_urls = false)),
        (
            "all_request_headers",
            without(|able| able.all_request_headers = false),
        ),
        (
            "all_response_headers",
            // Who shows each hop shows its Location, and who leaves the codings to core shows them.
            without(|able| {
                able.all_response_headers = false;
                able.redirects = false;
                able.encoded_bodies = false;
            }),
        ),
        (
            "encoded_bodies",
            without(|able| able.encoded_bodies = false),
        ),
        (
            "distinct_errors",
            without(|able| able.distinct_errors = false),
        ),
        (
            "tls_configuration",
            without(|able| able.tls_configuration = false),
        ),
        ("network_cost", without(|able| able.network_cost = false)),
        ("anything", Capabilities::none()),
    ]
}
