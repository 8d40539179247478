//! Caches: in memory, on disk, and on disk with many entries.

use std::path::Path;

use futures::future::try_join_all;
use harness::{Args, Meter, Result, Unsupported};
use urlsession::http::{HeaderMap, HeaderValue, StatusCode, Version, header};
use urlsession::{CachedResponse, Configuration, Request, Response, Session, UrlCache};

/// Bytes of a cache in memory, and of one on disk.
const MEMORY: u64 = 64 << 20;
const DISK: u64 = 1 << 30;
/// Bytes of a stored body.
const BODY: usize = 1024;
/// So many entries are written at a time: a few MiB.
const BATCH: u64 = 2000;
/// Written last into a folder that has its entries.
const FILLED: &str = "filled";

/// The cache that the client's name says: `ours-disk` has nothing in memory.
pub(crate) fn cache(args: &Args) -> Result<UrlCache> {
    Ok(match &*args.name {
        "ours-disk" => urlsession::url_cache(0, DISK, args.dir()?.join("ours")),
        _ => UrlCache::in_memory(MEMORY),
    })
}

/// The scenarios of many entries.
pub(crate) async fn many(args: &Args) -> Result<()> {
    match args.scenario.strip_prefix("cache_among_") {
        Some(entries) => look_up(args, entries.parse()?).await,
        None if args.scenario == "cache_open" => open(args).await,
        None => Err(Unsupported.into()),
    }
}

/// `n` entries: how long it takes until the first is found in a cache just opened.
async fn open(args: &Args) -> Result<()> {
    fill(args, args.n).await?;
    let request = Request::get(url(args, args.n / 2))?;
    let meter = Meter::start()?;
    let session = session(cache(args)?);
    let bytes = hit(&session, &request).await?;
    meter.finish(args, bytes)
}

/// `n` look-ups among so many entries, of as many different ones as there would be workers.
async fn look_up(args: &Args, entries: u64) -> Result<()> {
    fill(args, entries).await?;
    let session = session(cache(args)?);
    let asked = (args.concurrency as u64).clamp(1, entries);
    // All over it.
    let step = entries / asked;
    let requests = (0..asked).map(|n| Request::get(url(args, n * step)));
    let requests = requests.collect::<std::result::Result<Vec<_>, _>>()?;
    let get = async |n: u64| hit(&session, &requests[usize::try_from(n)? % requests.len()]).await;
    get(0).await?;
    let meter = Meter::start()?;
    let mut bytes = 0;
    for n in 0..args.n {
        bytes += get(n).await?;
    }
    meter.finish(args, bytes)
}

/// A load that the cache must answer.
async fn hit(session: &Session, request: &Request) -> Result<u64> {
    let (body, _) = session.data(request.clone()).await?;
    match body.len() {
        BODY => Ok(BODY as u64),
        _ => Err("it was not in the cache".into()),
    }
}

fn session(cache: UrlCache) -> Session {
    let builder = urlsession::builder(Configuration::default());
    builder.cache(cache).build()
}

/// An entry's URL, of a server that is never asked.
fn url(args: &Args, number: u64) -> String {
    format!("{}/{number}", args.url)
}

/// Puts the entries into the folder, where they are not there yet.
async fn fill(args: &Args, entries: u64) -> Result<()> {
    let filled = args.dir()?.join(FILLED);
    if Path::exists(&filled) {
        return Ok(());
    }
    let session = session(cache(args)?);
    let cache = session.url_cache().ok_or("no cache")?;
    for first in (0..entries).step_by(usize::try_from(BATCH)?) {
        let batch = first..entries.min(first + BATCH);
        try_join_all(batch.map(|number| store(args, &cache, number))).await?;
        // A cache whose disk is far behind keeps no more.
        cache.flush().await;
    }
    if cache.current_disk_usage().await < entries * BODY as u64 {
        return Err("the cache did not keep every entry".into());
    }
    std::fs::write(filled, "")?;
    Ok(())
}

async fn store(args: &Args, cache: &UrlCache, number: u64) -> Result<()> {
    let request = Request::get(url(args, number))?;
    let stored = CachedResponse::new(response(&request), vec![b'x'; BODY]);
    cache.store_cached_response(stored, &request).await;
    Ok(())
}

fn response(request: &Request) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("max-age=360000"),
    );
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(header::CONTENT_LENGTH, BODY.into());
    let url = request.url().clone();
    Response::new(url, StatusCode::OK, Version::HTTP_11, headers)
}
