//! One program for both grounds: natively over sockets, in a browser over `fetch`. Nothing in it asks which but its start.
//!
//!     cargo run --example portable -- https://example.com/
//!     cargo build --target wasm32-unknown-unknown --example portable
//!
//! It loads a URL by a task that a delegate watches, asks for it again of a cache, and downloads it where there are files.

use std::sync::{Arc, Mutex};

use urlsession::futures::channel::oneshot;
use urlsession::{
    Answer, Bytes, Configuration, Delegate, Error, ErrorCode, Response, ResponseDisposition,
    Session, Task, UrlCache,
};

/// What the program has seen: the lines that it shows at its end.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, line: impl Into<String>) {
        if let Ok(mut lines) = self.0.lock() {
            lines.push(line.into());
        }
    }

    fn text(&self) -> String {
        self.0
            .lock()
            .map(|lines| lines.join("\n"))
            .unwrap_or_default()
    }
}

/// Follows one task, and tells when it has ended.
struct Watcher {
    log: Log,
    ended: Mutex<Option<oneshot::Sender<()>>>,
}

impl Delegate for Watcher {
    fn did_receive_response(&self, _: &Task, response: &Response) -> Answer<ResponseDisposition> {
        self.log.add(format!("response  {}", response.status()));
        ResponseDisposition::Allow.into()
    }

    fn did_receive_data(&self, task: &Task, _: &Bytes) -> Answer<()> {
        let (received, expected) = (
            task.count_of_bytes_received(),
            task.response().and_then(|it| it.expected_content_length()),
        );
        match expected {
            Some(expected) => self.log.add(format!("data      {received} of {expected}")),
            None => self.log.add(format!("data      {received}")),
        }
        Answer::HANDLED
    }

    fn did_complete(&self, _: &Task, error: Option<&Error>) -> Answer<()> {
        match error {
            None => self.log.add("complete"),
            Some(error) => self.log.add(format!("failed    {error}")),
        }
        let ended = self.ended.lock().ok().and_then(|mut ended| ended.take());
        if let Some(ended) = ended {
            // Nobody listens if the program has ended before.
            _ = ended.send(());
        }
        Answer::HANDLED
    }
}

/// The program: what it saw, or why it stopped.
async fn program(url: String) -> Result<String, Error> {
    let log = Log::default();
    let session = urlsession::builder(Configuration::default())
        .cache(UrlCache::in_memory(10 << 20))
        .build();
    watched(&session, &url, &log).await?;
    cached(&session, &url, &log).await?;
    downloaded(&session, &url, &log).await?;
    session.finish_tasks_and_invalidate();
    Ok(log.text())
}

/// A task with a delegate of its own.
async fn watched(session: &Session, url: &str, log: &Log) -> Result<(), Error> {
    let (ended, end) = oneshot::channel();
    let watcher = Watcher {
        log: log.clone(),
        ended: Mutex::new(Some(ended)),
    };
    let task = session.data_task_with_delegate(url, watcher);
    task.resume();
    end.await.map_err(|_| Error::new(ErrorCode::Cancelled))?;
    task.error().map_or(Ok(()), Err)
}

/// The same again by `await`: of the cache, where the server allows it.
async fn cached(session: &Session, url: &str, log: &Log) -> Result<(), Error> {
    let (body, response) = session.data(url).await?;
    let cached = response.value("age").is_some();
    let source = if cached { "cache" } else { "network" };
    log.add(format!("again     {} bytes, from the {source}", body.len()));
    Ok(())
}

/// The same into a file, where there are any.
async fn downloaded(session: &Session, url: &str, log: &Log) -> Result<(), Error> {
    if !session.capabilities().file_download {
        log.add("download  no files here");
        return Ok(());
    }
    let (file, _) = session.download(url).await?;
    log.add(format!("download  {} bytes", file.length().await?));
    file.remove().await
}

/// Natively a program may wait for its end.
#[cfg(not(target_arch = "wasm32"))]
#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example prints what it saw")]
async fn main() -> Result<(), Error> {
    let url = std::env::args().nth(1).unwrap_or_default();
    println!("{}", program(url).await?);
    Ok(())
}

/// A page may not wait: its program runs on when this has returned. It loads the page itself, and shows what it saw in the console.
#[cfg(target_arch = "wasm32")]
fn main() {
    let page = web_sys::window().and_then(|window| window.location().href().ok());
    wasm_bindgen_futures::spawn_local(async {
        let seen = program(page.unwrap_or_default()).await;
        let text = seen.unwrap_or_else(|error| error.to_string());
        web_sys::console::log_1(&text.into());
    });
}
