//! Names: `reqwest-cache-moka` (memory), `reqwest-cache-cacache` (disk).

use std::process::ExitCode;
use std::sync::Arc;

use harness::{Args, Result, Unsupported, scenario};
use http_cache_reqwest::{
    CACacheManager, Cache, CacheMode, HttpCache, HttpCacheOptions, MokaManager,
};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};

#[derive(Clone)]
struct Cached {
    client: ClientWithMiddleware,
    url: Arc<str>,
}

fn main() -> ExitCode {
    harness::main(|args| {
        if !args.scenario.starts_with("cache") {
            return Err(Unsupported.into());
        }
        let cached = Cached {
            client: client(args)?,
            url: args.url.as_str().into(),
        };
        scenario::block_on(scenario::drive(args, cached))
    })
}

fn client(args: &Args) -> Result<ClientWithMiddleware> {
    let builder = ClientBuilder::new(reqwest::Client::new());
    let mode = CacheMode::Default;
    let options = HttpCacheOptions::default();
    Ok(if args.name == "reqwest-cache-moka" {
        builder
            .with(Cache(HttpCache {
                mode,
                manager: MokaManager::default(),
                options,
            }))
            .build()
    } else {
        let manager = CACacheManager::new(args.dir()?, true);
        builder
            .with(Cache(HttpCache {
                mode,
                manager,
                options,
            }))
            .build()
    })
}

impl scenario::Client for Cached {
    async fn get(&self) -> Result<u64> {
        Ok(self
            .client
            .get(&*self.url)
            .send()
            .await?
            .bytes()
            .await?
            .len() as u64)
    }
}
