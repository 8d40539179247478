//! A session in another process: the example `cache_adapter`, as a suite in another language drives it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use urlsession::http::header::{HeaderName, HeaderValue};
use urlsession::http::{HeaderMap, StatusCode};
use urlsession::{CachePolicy, Informational, Request, RequestBody};

use crate::example::example;
use crate::seen::{Manner, Redirects, Seen, Trouble};

type Waiting = Arc<Mutex<BTreeMap<u64, oneshot::Sender<Value>>>>;

/// The process, and who waits for which of its answers.
pub(crate) struct Adapter {
    child: Child,
    input: Mutex<ChildStdin>,
    waiting: Waiting,
    next: AtomicU64,
}

impl Adapter {
    pub(crate) fn start() -> Self {
        let mut command = Command::new(example("cache_adapter"));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let waiting = Waiting::default();
        let heard = waiting.clone();
        thread::spawn(move || hear(output, &heard));
        Self {
            child,
            input: Mutex::new(input),
            waiting,
            next: AtomicU64::new(0),
        }
    }

    /// Makes one request.
    pub(crate) async fn ask(&self, request: &Request, manner: Manner) -> Result<Seen, Trouble> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        self.waiting.lock().unwrap().insert(id, answer);
        writeln!(self.input.lock().unwrap(), "{}", line(id, request, manner)).unwrap();
        let answer = answered.await.unwrap();
        match answer["error"].as_str() {
            Some(error) => Err(Trouble::Failed(error.to_owned())),
            None => Ok(seen(&answer)),
        }
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Hands answers on, until there are no more.
fn hear(output: ChildStdout, waiting: &Waiting) {
    for line in BufReader::new(output).lines() {
        let answer: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let id = answer["id"].as_u64().unwrap();
        let waits = waiting.lock().unwrap().remove(&id).unwrap();
        // Whoever waited may have given up.
        let _ = waits.send(answer);
    }
}

fn line(id: u64, request: &Request, manner: Manner) -> Value {
    let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
    let headers = request.headers().iter();
    let headers: Vec<_> = headers
        .map(|(name, value)| (name.as_str(), text(value)))
        .collect();
    let body = match request.body() {
        RequestBody::Bytes(bytes) => Some(BASE64_STANDARD.encode(bytes)),
        RequestBody::Empty => None,
        other @ (RequestBody::File(..) | RequestBody::Stream(..)) => {
            panic!("no case has such a body: {other:?}")
        }
    };
    let cache = match request.cache_policy().unwrap_or_default() {
        CachePolicy::UseProtocolCachePolicy => "default",
        _ if !manner.stores => "no-store",
        CachePolicy::ReloadIgnoringLocalCacheData
        | CachePolicy::ReloadIgnoringLocalAndRemoteCacheData => "reload",
        CachePolicy::ReturnCacheDataElseLoad => "force-cache",
        CachePolicy::ReturnCacheDataDontLoad => "only-if-cached",
        CachePolicy::ReloadRevalidatingCacheData => "no-cache",
    };
    let redirect = match manner.redirects {
        Redirects::Follow | Redirects::SameOrigin => "follow",
        Redirects::Manual => "manual",
    };
    json!({
        "id": id, "url": request.url(), "method": request.method().as_str(), "headers": headers, "body": body, "cache": cache,
        "redirect": redirect,
    })
}

fn seen(answer: &Value) -> Seen {
    let status = |value: &Value| u16::try_from(value.as_u64().unwrap()).unwrap();
    let interim = answer["interim"].as_array().into_iter().flatten();
    Seen {
        status: status(&answer["status"]),
        headers: headers(&answer["headers"]),
        body: BASE64_STANDARD
            .decode(answer["body"].as_str().unwrap())
            .unwrap(),
        interim: interim
            .map(|one| Informational {
                status: StatusCode::from_u16(status(&one[0])).unwrap(),
                headers: headers(&one[1]),
            })
            .collect(),
    }
}

fn headers(pairs: &Value) -> HeaderMap {
    let pair = |pair: &Value| {
        let name: HeaderName = pair[0].as_str().unwrap().parse().unwrap();
        (
            name,
            pair[1].as_str().unwrap().parse::<HeaderValue>().unwrap(),
        )
    };
    pairs.as_array().unwrap().iter().map(pair).collect()
}
