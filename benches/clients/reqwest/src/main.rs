//! Names:
//!
//! * `reqwest`: its defaults; files as its documentation does it (tokio::fs, `Body::from(File)`)
//! * `reqwest-tuned`: the same client; std::fs writes, uploads read 64 KiB at a time

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use harness::{Args, Result, Unsupported, scenario};
use reqwest::{Body, Certificate, Client};
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

const CHUNK: usize = 64 * 1024;

#[derive(Clone)]
struct Reqwest {
    client: Client,
    args: Arc<Args>,
}

fn main() -> ExitCode {
    harness::main(|args| {
        if args.scenario.starts_with("cache") {
            return Err(Unsupported.into());
        }
        scenario::block_on(async {
            let client = Reqwest {
                client: client(args)?,
                args: Arc::new(args.clone()),
            };
            scenario::drive(args, client).await
        })
    })
}

fn client(args: &Args) -> Result<Client> {
    let mut builder = Client::builder();
    if args.scenario.starts_with("https") {
        builder =
            builder.tls_certs_only([Certificate::from_pem(&std::fs::read(args.ca_path()?)?)?]);
    }
    if args.scenario == "https_handshake" {
        // A connection for each request; sessions may be resumed.
        builder = builder.pool_max_idle_per_host(0);
    }
    if args.scenario == "h2_conc" {
        builder = builder.http2_prior_knowledge();
    }
    Ok(builder.build()?)
}

impl Reqwest {
    fn tuned(&self) -> bool {
        self.args.name == "reqwest-tuned"
    }

    async fn to_std_file(&self) -> Result<u64> {
        let mut response = self.client.get(&self.args.url).send().await?;
        let mut file = std::fs::File::create(self.args.file()?)?;
        let mut bytes = 0;
        while let Some(chunk) = response.chunk().await? {
            file.write_all(&chunk)?;
            bytes += chunk.len() as u64;
        }
        Ok(bytes)
    }

    async fn to_tokio_file(&self) -> Result<u64> {
        let mut response = self.client.get(&self.args.url).send().await?;
        let mut file = tokio::fs::File::create(self.args.file()?).await?;
        let mut bytes = 0;
        while let Some(chunk) = response.chunk().await? {
            file.write_all(&chunk).await?;
            bytes += chunk.len() as u64;
        }
        file.flush().await?;
        Ok(bytes)
    }
}

impl scenario::Client for Reqwest {
    async fn get(&self) -> Result<u64> {
        Ok(self
            .client
            .get(&self.args.url)
            .send()
            .await?
            .bytes()
            .await?
            .len() as u64)
    }

    async fn discard(&self) -> Result<u64> {
        let mut response = self.client.get(&self.args.url).send().await?;
        let mut bytes = 0;
        while let Some(chunk) = response.chunk().await? {
            bytes += chunk.len() as u64;
        }
        Ok(bytes)
    }

    async fn to_disk(&self) -> Result<u64> {
        if self.tuned() {
            self.to_std_file().await
        } else {
            self.to_tokio_file().await
        }
    }

    async fn upload(&self) -> Result<u64> {
        let file = tokio::fs::File::open(self.args.file()?).await?;
        let size = file.metadata().await?.len();
        let body = if self.tuned() {
            Body::wrap_stream(ReaderStream::with_capacity(file, CHUNK))
        } else {
            Body::from(file)
        };
        let request = self
            .client
            .put(&self.args.url)
            .header("content-length", size);
        request.body(body).send().await?.bytes().await?;
        Ok(size)
    }
}
