//! The suite over sockets: the native transport and a real server.

#[cfg(not(target_arch = "wasm32"))]
mod harness;

#[cfg(not(target_arch = "wasm32"))]
mod host {
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use urlsession_conformance::{Failure, Fixture, Ground, Sites, Verdict};
    use urlsession_core::{BoxFuture, Configuration, FileRef, Platform};
    use urlsession_origin::{FullBacklog, Origin};
    use urlsession_transport_native::NativePlatform;

    use crate::harness::Stage;

    /// A case that takes longer hangs. Longer than the idle timer, so that a stuck exchange is told from a stuck engine.
    const LIMIT: Duration = Duration::from_secs(90);

    /// A name for the server that does not say that it is on this machine.
    const NAME: &str = "named.test";

    /// How long a writer must have written nothing to count as blocked.
    const QUIET: Duration = Duration::from_millis(500);

    /// One case's server, runtime and files.
    #[derive(Clone)]
    pub(crate) struct NativeGround(Arc<Parts>);

    struct Parts {
        origin: Origin,
        sites: Sites,
        folder: PathBuf,
        next_file: AtomicUsize,
        _backlog: FullBacklog,
    }

    impl NativeGround {
        pub(crate) fn new() -> Self {
            static NEXT: AtomicUsize = AtomicUsize::new(0);
            let origin = Origin::spawn().expect("a server on loopback");
            let backlog = FullBacklog::start().expect("a port on loopback");
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let folder = format!("urlsession-conformance-{}-{number}", std::process::id());
            let sites = Sites {
                http: origin.url(""),
                other: origin.other_url(""),
                v6: origin.v6_url(""),
                named: Some(origin.url("").replace("127.0.0.1", NAME)),
                h2: Some(origin.h2_url("")),
                tls: Some(origin.tls_url("")),
                closed: origin.closed_url(""),
                unaccepting: Some(backlog.url("")),
                root: Some(origin.authority().der().to_vec()),
            };
            let folder = std::env::temp_dir().join(folder);
            std::fs::create_dir_all(&folder).expect("a folder for temporary files");
            Self(Arc::new(Parts {
                origin,
                sites,
                folder,
                next_file: AtomicUsize::new(0),
                _backlog: backlog,
            }))
        }
    }

    impl Drop for Parts {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }

    impl Ground for NativeGround {
        fn platform(&self, configuration: &Configuration) -> Platform {
            let here = (std::net::Ipv4Addr::LOCALHOST, 0).into();
            NativePlatform::builder(configuration)
                .resolve(NAME, here)
                .temporary_directory(&self.0.folder)
                .build()
        }

        fn sites(&self) -> &Sites {
            &self.0.sites
        }

        fn file(&self, content: &[u8]) -> FileRef {
            let number = self.0.next_file.fetch_add(1, Ordering::Relaxed);
            let path = self.0.folder.join(number.to_string());
            std::fs::write(&path, content).expect("a temporary file");
            FileRef::new(path)
        }

        fn is_held_back<'a>(
            &'a self,
            _: &'a str,
            length: u64,
        ) -> BoxFuture<'a, Result<bool, Failure>> {
            Box::pin(async move { Ok(self.0.origin.wait_until_idle_writer(QUIET).await? < length) })
        }

        fn is_let_go(&self) -> BoxFuture<'_, Result<(), Failure>> {
            Box::pin(async move { Ok(self.0.origin.wait_for_open_connections(0).await?) })
        }

        fn rounds(&self) -> usize {
            500
        }
    }

    impl Stage for NativeGround {
        fn play(
            self,
            play: impl FnOnce(Fixture) -> BoxFuture<'static, Verdict>,
        ) -> Result<Verdict, String> {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build();
            let runtime = runtime.map_err(|error| error.to_string())?;
            runtime.block_on(async {
                let case = play(Fixture::new(self));
                tokio::time::timeout(LIMIT, case)
                    .await
                    .map_err(|_| format!("it did not end in {LIMIT:?}"))
            })
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    let mut trials = harness::trials("", host::NativeGround::new);
    trials.extend(harness::measured(host::NativeGround::new));
    harness::run(trials);
}

/// Sockets are for the host.
#[cfg(target_arch = "wasm32")]
fn main() {}
