//! Names:
//!
//! * `ours`: `session.data()` with one request asked for again and again
//! * `ours-parse`: the same, but the URL is parsed for each GET
//! * `ours-task`: a data task with a completion handler
//! * `ours-disk`: with a cache on disk and nothing in memory
//!
//! Where the scenario is about a cache, `ours` has one in memory.

mod stored;
mod tasks;

use std::path::PathBuf;
use std::process::ExitCode;

use futures::StreamExt;
use harness::{Args, Meter, Result, scenario};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use urlsession::native::NativePlatform;
use urlsession::{Configuration, Request, Session, UploadBody};

#[derive(Clone)]
struct Ours {
    session: Session,
    request: Request,
    how: How,
    /// What is uploaded, or where a download goes.
    file: PathBuf,
}

/// What a GET is made by.
#[derive(Clone)]
enum How {
    Request,
    Url(String),
    Task,
    /// On a connection of its own.
    Fresh,
}

fn main() -> ExitCode {
    harness::main(|args| {
        scenario::block_on(async {
            if args.scenario == "cache_open" || args.scenario.starts_with("cache_among") {
                return stored::many(args).await;
            }
            let client = Ours::new(args)?;
            if matches!(&*args.scenario, "queued" | "inflight") {
                let meter = Meter::start()?;
                let bytes = tasks::all_at_once(&client.session, &client.request, args.n).await?;
                return meter.finish(args, bytes);
            }
            scenario::drive(args, client).await
        })
    })
}

impl Ours {
    fn new(args: &Args) -> Result<Self> {
        let how = match (&*args.name, &*args.scenario) {
            (_, "https_handshake") => How::Fresh,
            ("ours-parse", _) => How::Url(args.url.clone()),
            ("ours-task", _) => How::Task,
            _ => How::Request,
        };
        let configuration = configuration(args)?;
        let path = args.file().unwrap_or_default();
        let mut platform = NativePlatform::builder(&configuration);
        if let Some(folder) = path.parent() {
            platform = platform.temporary_directory(folder);
        }
        let mut session = Session::builder(platform.build(), configuration);
        if args.scenario.starts_with("cache") {
            session = session.cache(stored::cache(args)?);
        }
        let session = session.build();
        Ok(Self {
            session,
            request: Request::get(&*args.url)?,
            how,
            file: path,
        })
    }
}

/// The default, but for what the scenario is about.
fn configuration(args: &Args) -> Result<Configuration> {
    let mut configuration = Configuration::default();
    match &*args.scenario {
        "https_seq" | "https_handshake" => {
            for root in CertificateDer::pem_file_iter(args.ca_path()?)? {
                configuration.tls_additional_roots.push(root?.to_vec());
            }
        }
        "small_conc" | "inflight" => {
            let exchanges = usize::try_from(args.n)?.min(args.concurrency);
            configuration.http_maximum_connections_per_host = exchanges;
        }
        "h2_conc" => configuration.assumes_http2_capable = true,
        _ => {}
    }
    Ok(configuration)
}

impl scenario::Client for Ours {
    const LIMITS_CONNECTIONS: bool = true;

    async fn get(&self) -> Result<u64> {
        let (body, _) = match &self.how {
            How::Request => self.session.data(self.request.clone()).await?,
            How::Url(url) => self.session.data(&**url).await?,
            How::Task => return tasks::all_at_once(&self.session, &self.request, 1).await,
            How::Fresh => {
                self.session.flush().await;
                self.session.data(self.request.clone()).await?
            }
        };
        Ok(body.len() as u64)
    }

    /// As an app does: into the temporary file, which is then moved.
    async fn to_disk(&self) -> Result<u64> {
        let (file, _) = self.session.download(self.request.clone()).await?;
        std::fs::rename(file.path(), &self.file)?;
        Ok(std::fs::metadata(&self.file)?.len())
    }

    async fn discard(&self) -> Result<u64> {
        let (mut chunks, _) = self.session.bytes(self.request.clone()).await?;
        let mut bytes = 0;
        while let Some(chunk) = chunks.next().await {
            bytes += chunk?.len() as u64;
        }
        Ok(bytes)
    }

    async fn upload(&self) -> Result<u64> {
        let body = UploadBody::file(&self.file);
        let request = Request::put(self.request.url())?;
        let task = self.session.upload_task(request, body);
        task.resume();
        task.finished().await?;
        Ok(task.count_of_bytes_sent())
    }
}
