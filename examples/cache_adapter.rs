//! Loads on behalf of another program: one JSON object a line on standard input, one a line on standard output, in the order of the
//! answers. So a suite of HTTP caching, whatever language it is written in, can drive a session with a cache in memory.
//!
//!     echo '{"id":1,"url":"https://example.com/"}' | cargo run --example cache_adapter
//!
//! Asked with `{id, url, method, headers: [[name, value]], body, cache, redirect}`, it answers `{id, status, headers, body}`, or `{id, error}`.
//! Only `url` must be there; what is null is as good as absent. Bodies are in base64. `cache` and `redirect` are Fetch's: `default`, `no-store`,
//! `reload`, `no-cache`, `force-cache`, `only-if-cached`; `follow`, `manual` (the 3xx is the answer), `error`. Interim responses (103) are in
//! `interim`, where there were any.
//!
//! What is stale is served when the server closes the connection in place of an answer; `--no-stale` has that be an error, as it is by default.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, UnboundedSender};
use urlsession::http::header::{HeaderName, HeaderValue};
use urlsession::http::{HeaderMap, Method};
use urlsession::{
    Answer, CachePolicy, CachedResponse, Configuration, Delegate, Informational, Request, Response,
    Session, Task, UrlCache, Wants,
};

/// Bytes of the cache.
const CAPACITY: u64 = 256 * 1024 * 1024;

/// A line of standard input.
#[derive(Deserialize)]
struct Asked {
    url: String,
    method: Option<String>,
    headers: Option<Vec<(String, String)>>,
    body: Option<String>,
    cache: Option<CacheMode>,
    redirect: Option<RedirectMode>,
}

/// Fetch's `cache`.
#[derive(Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum CacheMode {
    #[default]
    Default,
    NoStore,
    Reload,
    NoCache,
    ForceCache,
    OnlyIfCached,
}

/// Fetch's `redirect`.
#[derive(Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RedirectMode {
    #[default]
    Follow,
    Manual,
    Error,
}

/// A line of standard output, but for the id.
#[derive(Serialize)]
struct Loaded {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    interim: Vec<(u16, Vec<(String, String)>)>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut serves_stale = true;
    for argument in std::env::args().skip(1) {
        match &*argument {
            "--no-stale" => serves_stale = false,
            _ => {
                eprintln!("usage: cache_adapter [--no-stale]");
                return ExitCode::FAILURE;
            }
        }
    }
    let session = session(serves_stale);
    let (answers, mut answered) = mpsc::unbounded_channel();
    let runtime = Handle::current();
    std::thread::spawn(move || read(&runtime, &session, &answers));
    // Ends when the lines do and each has its answer.
    while let Some(line) = answered.recv().await {
        if writeln!(io::stdout(), "{line}").is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn session(serves_stale: bool) -> Session {
    let mut configuration = Configuration::default();
    configuration.serves_stale_when_disconnected = serves_stale;
    configuration.http_maximum_connections_per_host = 64;
    let builder = urlsession::builder(configuration);
    builder.cache(UrlCache::in_memory(CAPACITY)).build()
}

/// Has every line answered, all at once.
fn read(runtime: &Handle, session: &Session, answers: &UnboundedSender<Value>) {
    for line in io::stdin().lock().split(b'\n') {
        let Ok(line) = line else {
            return;
        };
        if line.trim_ascii().is_empty() {
            continue;
        }
        let (session, answers) = (session.clone(), answers.clone());
        runtime.spawn(async move {
            // Nobody listens any more when the program ends.
            let _ = answers.send(answer(&session, &line).await);
        });
    }
}

/// The answer to a line, whatever it is.
async fn answer(session: &Session, line: &[u8]) -> Value {
    let (id, asked) = match serde_json::from_slice::<Value>(line) {
        Ok(value) => (value["id"].clone(), Asked::deserialize(value)),
        Err(error) => (Value::Null, Err(error)),
    };
    let loaded = match asked {
        Ok(asked) => load(session, asked).await,
        Err(error) => Err(error.to_string()),
    };
    let mut answer = match loaded {
        Ok(loaded) => json!(loaded),
        Err(error) => json!({ "error": error }),
    };
    answer["id"] = id;
    answer
}

async fn load(session: &Session, asked: Asked) -> Result<Loaded, String> {
    let notes = Arc::new(Notes::default());
    let watch = Watch {
        stores: asked.cache != Some(CacheMode::NoStore),
        redirect: asked.redirect.unwrap_or_default(),
        notes: notes.clone(),
    };
    let request = request(asked)?;
    let loaded = session.data_with_delegate(request, watch).await;
    let notes = notes.0.lock().unwrap_or_else(PoisonError::into_inner);
    if notes.was_redirected {
        return Err("redirected".into());
    }
    let (body, response) = loaded.map_err(|error| error.to_string())?;
    let interim = notes.interim.iter();
    Ok(Loaded {
        status: response.status().as_u16(),
        headers: pairs(response.headers()),
        body: BASE64_STANDARD.encode(body),
        interim: interim
            .map(|response| (response.status.as_u16(), pairs(&response.headers)))
            .collect(),
    })
}

fn request(asked: Asked) -> Result<Request, String> {
    let method = asked.method.as_deref().unwrap_or("GET");
    let method =
        Method::from_bytes(method.as_bytes()).map_err(|_| format!("no method: {method}"))?;
    let request = Request::new(method, asked.url).map_err(|error| error.to_string())?;
    let mut request = request.with_cache_policy(asked.cache.unwrap_or_default().policy());
    for (name, value) in asked.headers.iter().flatten() {
        let field = name.parse::<HeaderName>().ok().zip(latin1(value));
        let (name, value) = field.ok_or_else(|| format!("no header field: {name}"))?;
        request.headers_mut().append(name, value);
    }
    match asked.body {
        Some(body) => {
            let body = BASE64_STANDARD.decode(body);
            Ok(request.with_body(body.map_err(|error| format!("body: {error}"))?))
        }
        None => Ok(request),
    }
}

impl CacheMode {
    fn policy(self) -> CachePolicy {
        match self {
            Self::Default => CachePolicy::UseProtocolCachePolicy,
            // That nothing is stored is the delegate's word.
            Self::NoStore | Self::Reload => CachePolicy::ReloadIgnoringLocalCacheData,
            Self::NoCache => CachePolicy::ReloadRevalidatingCacheData,
            Self::ForceCache => CachePolicy::ReturnCacheDataElseLoad,
            Self::OnlyIfCached => CachePolicy::ReturnCacheDataDontLoad,
        }
    }
}

/// A field's value of one byte a character, as Fetch has it.
fn latin1(value: &str) -> Option<HeaderValue> {
    let bytes: Result<Vec<u8>, _> = value.chars().map(u8::try_from).collect();
    HeaderValue::from_bytes(&bytes.ok()?).ok()
}

fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| value.as_bytes().iter().copied().map(char::from).collect();
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect()
}

/// Decides about one load.
struct Watch {
    stores: bool,
    redirect: RedirectMode,
    notes: Arc<Notes>,
}

/// What came up on the way.
#[derive(Default)]
struct Notes(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    interim: Vec<Informational>,
    was_redirected: bool,
}

impl Watch {
    fn note(&self, note: impl FnOnce(&mut Noted)) {
        note(&mut self.notes.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Delegate for Watch {
    fn wants(&self) -> Wants {
        let storing = match self.stores {
            true => Wants::NONE,
            false => Wants::WILL_CACHE_RESPONSE,
        };
        Wants::REDIRECTION | Wants::INFORMATIONAL | storing
    }

    fn will_perform_http_redirection(
        &self,
        _: &Task,
        _: &Response,
        _: Request,
    ) -> Answer<Option<Request>> {
        match self.redirect {
            RedirectMode::Follow => Answer::Unhandled,
            RedirectMode::Manual => Answer::Now(None),
            RedirectMode::Error => {
                self.note(|noted| noted.was_redirected = true);
                Answer::Now(None)
            }
        }
    }

    fn did_receive_informational_response(&self, _: &Task, response: &Informational) -> Answer<()> {
        self.note(|noted| noted.interim.push(response.clone()));
        Answer::HANDLED
    }

    fn will_cache_response(&self, _: &Task, _: CachedResponse) -> Answer<Option<CachedResponse>> {
        match self.stores {
            true => Answer::Unhandled,
            false => Answer::Now(None),
        }
    }
}
