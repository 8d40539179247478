//! Answers from a cache, and what they save of a server that takes its time.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use urlsession::{Configuration, Request, Session, UrlCache};
use urlsession_origin::cache_suite::SCRIPTS;

use crate::figures;
use crate::report::{Failure, Found, Step};
use crate::stage::{Stage, ensure};

/// How often a background load is looked for.
const LOOKS: u32 = 1_000;

/// A session with a cache, and a page that is answered as scripted.
struct Page<'a> {
    stage: &'a Stage,
    session: Session,
    path: String,
}

impl<'a> Page<'a> {
    async fn new(stage: &'a Stage, name: &str, answers: Value) -> Result<Self, Failure> {
        let builder = urlsession::builder(Configuration::ephemeral());
        let session = builder.cache(UrlCache::in_memory(1 << 20)).build();
        let script = stage.origin.url(&format!("{SCRIPTS}/config/{name}"));
        let request = Request::put(script)?.with_body(answers.to_string());
        let (_, response) = session.data(request).await?;
        ensure(response.status() == 201, "the server has another script")?;
        let path = format!("{SCRIPTS}/test/{name}");
        Ok(Self {
            stage,
            session,
            path,
        })
    }

    /// Loads it: the body, and how long it took.
    async fn load(&self) -> Result<(String, Duration), Failure> {
        let began = Instant::now();
        let url = self.stage.origin.url(&self.path);
        let (body, _) = self.session.data(url).await?;
        let took = began.elapsed();
        Ok((String::from_utf8_lossy(&body).into_owned(), took))
    }

    /// How many requests the server has had.
    fn arrived(&self) -> usize {
        self.stage.origin.request_count(&self.path)
    }

    fn say(&self, what: &str, took: Duration) {
        let line = format!("{what:<34} {:>9}", figures::time(took));
        self.stage.screen.say(&line);
    }
}

/// The second load takes nothing but memory.
pub(crate) async fn hit(stage: &Stage) -> Step {
    let answers = json!([
        {"response_pause": 0.1, "response_body": "news", "response_headers": [["Cache-Control", "max-age=60"]]},
    ]);
    let page = Page::new(stage, "hit", answers).await?;
    let (first, loading) = page.load().await?;
    page.say("from the server", loading);
    let (second, found) = page.load().await?;
    page.say("from the cache", found);
    ensure(
        first == second && page.arrived() == 1,
        "the server was asked again",
    )?;
    let result = format!(
        "{} in place of {}",
        figures::time(found),
        figures::time(loading)
    );
    Ok(Found::new(result, first.len() as u64))
}

/// The server says that what is stored is still so: no body comes again.
pub(crate) async fn revalidated(stage: &Stage) -> Step {
    let validator = ["ETag", "\"v1\""];
    let answers = json!([
        {"response_pause": 0.1, "response_body": "x".repeat(40_000), "response_headers": [["Cache-Control", "no-cache"], validator]},
        {"response_pause": 0.1, "expected_type": "etag_validated", "response_headers": [["Cache-Control", "no-cache"], validator]},
    ]);
    let page = Page::new(stage, "revalidated", answers).await?;
    let (first, loading) = page.load().await?;
    page.say("from the server, 40,000 bytes", loading);
    let (second, asking) = page.load().await?;
    page.say("304, the body from the cache", asking);
    let requests = stage.origin.requests_for(&page.path);
    let asked = requests
        .get(1)
        .and_then(|request| request.header("if-none-match"));
    ensure(asked == Some("\"v1\""), "it was not validated")?;
    ensure(first == second, "another body came")?;
    Ok(Found::new(
        format!("{}, 304 in place of 40 kB", figures::time(asking)),
        first.len() as u64,
    ))
}

/// What is stale is there at once; the load that follows finds what came meanwhile.
pub(crate) async fn stale_while_revalidating(stage: &Stage) -> Step {
    let answers = json!([
        {"response_body": "old", "response_headers": [["Cache-Control", "max-age=0, stale-while-revalidate=60"]]},
        {"response_pause": 0.1, "response_body": "new", "response_headers": [["Cache-Control", "max-age=60"]]},
    ]);
    let page = Page::new(stage, "stale", answers).await?;
    let (_, loading) = page.load().await?;
    page.say("old, from the server", loading);
    let (stale, found) = page.load().await?;
    page.say("old, stale, from the cache", found);
    ensure(stale == "old", "it was not served stale")?;
    let began = Instant::now();
    for _ in 0..LOOKS {
        let (now, took) = page.load().await?;
        if now == "new" {
            page.say("the new one came in background", began.elapsed());
            page.say("new, from the cache", took);
            ensure(page.arrived() == 2, "the server was asked more than twice")?;
            let result = format!("{} for what is stale, then new", figures::time(found));
            return Ok(Found::new(result, stale.len() as u64));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Err("the new one never came".into())
}
