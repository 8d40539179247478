//! The example `cache_adapter` as another program drives it: a child process, lines in, lines out.

#![cfg(all(not(target_arch = "wasm32"), feature = "cache"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/example.rs"]
mod example;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};
use urlsession_origin::Origin;

use example::example;

/// The child, and its two pipes.
struct Adapter {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<std::process::ChildStdout>,
}

impl Adapter {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(example("cache_adapter"));
        command.args(arguments);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn ask(&mut self, asked: Value) -> Value {
        self.say(&asked.to_string());
        self.hear()
    }

    /// Closes its input: it must end well, with nothing left to say.
    fn end(mut self) {
        drop(self.input.take());
        let mut rest = String::new();
        self.output.read_line(&mut rest).unwrap();
        assert_eq!(rest, "");
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(answer: &Value) -> String {
    let body = answer["body"].as_str().unwrap();
    String::from_utf8(BASE64_STANDARD.decode(body).unwrap()).unwrap()
}

fn field<'a>(answer: &'a Value, name: &str) -> Option<&'a str> {
    let mut fields = answer["headers"].as_array().unwrap().iter();
    fields.find(|field| field[0] == name)?[1].as_str()
}

#[test]
fn a_second_request_is_answered_from_the_cache() {
    let origin = Origin::spawn().unwrap();
    let mut adapter = Adapter::start(&[]);
    let url = origin.url("/headers?Cache-Control=max-age=60&X-Shade=grey");
    for id in 1..=2 {
        let answer = adapter.ask(json!({ "id": id, "url": url }));
        assert_eq!(
            (&answer["id"], &answer["status"]),
            (&json!(id), &json!(200))
        );
        assert_eq!(field(&answer, "x-shade"), Some("grey"));
    }
    assert_eq!(origin.request_count("/headers"), 1);
    adapter.end();
}

#[test]
fn each_cache_mode_does_what_fetch_says() {
    let origin = Origin::spawn().unwrap();
    let mut adapter = Adapter::start(&[]);
    let url = origin.url("/headers?Cache-Control=max-age=60&ETag=\"v1\"");
    for (mode, count) in [
        ("no-store", 1),
        ("default", 2),
        ("default", 2),
        ("force-cache", 2),
        ("only-if-cached", 2),
        ("reload", 3),
        ("no-cache", 4),
        ("no-store", 5),
        ("default", 5),
    ] {
        let answer = adapter.ask(json!({ "id": mode, "url": url, "cache": mode }));
        assert_eq!(answer["status"], 200, "{mode}: {answer}");
        assert_eq!(origin.request_count("/headers"), count, "{mode}");
    }
    let nothing = json!({ "id": 0, "url": url, "method": null, "headers": null, "body": null, "cache": null, "redirect": null });
    assert_eq!(adapter.ask(nothing)["status"], 200);
    assert_eq!(origin.request_count("/headers"), 5);
    let elsewhere = origin.url("/UK");
    let answer = adapter.ask(json!({ "id": 1, "url": elsewhere, "cache": "only-if-cached" }));
    assert!(answer["error"].is_string(), "{answer}");
    assert_eq!(origin.request_count("/UK"), 0);
    adapter.end();
}

#[test]
fn a_redirect_is_followed_delivered_or_refused() {
    let origin = Origin::spawn().unwrap();
    let mut adapter = Adapter::start(&[]);
    let url = origin.url("/redirect?status=307&to=/UK");
    let follow = adapter.ask(json!({ "id": 1, "url": url }));
    assert_eq!(
        (&follow["status"], &*text(&follow)),
        (&json!(200), "London")
    );
    let manual = adapter.ask(json!({ "id": 2, "url": url, "redirect": "manual" }));
    assert_eq!(
        (&manual["status"], field(&manual, "location")),
        (&json!(307), Some("/UK"))
    );
    let error = adapter.ask(json!({ "id": 3, "url": url, "redirect": "error" }));
    assert_eq!((&error["id"], &error["status"]), (&json!(3), &Value::Null));
    assert!(error["error"].is_string());
    adapter.end();
}

#[test]
fn method_fields_and_body_arrive_as_they_were_said() {
    let origin = Origin::spawn().unwrap();
    let mut adapter = Adapter::start(&[]);
    let body = BASE64_STANDARD.encode([0, 255, 10]);
    let answer = adapter.ask(json!({
        "id": {"any": "value"}, "url": origin.url("/post"), "method": "POST",
        "headers": [["X-One", "1"], ["X-One", "2"], ["X-Latin", "\u{e9}"]], "body": body,
    }));
    assert_eq!(answer["id"]["any"], "value");
    let mirrored: Value = serde_json::from_str(&text(&answer)).unwrap();
    assert_eq!(mirrored["body_base64"], json!(body));
    assert_eq!(mirrored["headers"]["x-one"], "1, 2");
    let received = origin.requests_for("/post");
    assert_eq!(received[0].headers["x-latin"].as_bytes(), b"\xe9");
    adapter.end();
}

#[test]
fn answers_come_as_they_are_ready() {
    let origin = Origin::spawn().unwrap();
    let mut adapter = Adapter::start(&[]);
    adapter.say(&json!({ "id": "slow", "url": origin.url("/delay/60000") }).to_string());
    origin::wait(&origin, "/delay/60000");
    let mut answers = BTreeMap::new();
    for id in 0..20 {
        let url = origin.url(&format!("/status/{}", 200 + id));
        adapter.say(&json!({ "id": id, "url": url }).to_string());
    }
    for _ in 0..20 {
        let answer = adapter.hear();
        answers.insert(answer["id"].as_u64(), answer["status"].as_u64());
    }
    for id in 0..20 {
        assert_eq!(answers[&Some(id)], Some(200 + id));
    }
}

#[test]
fn what_is_no_request_is_answered_with_an_error() {
    let mut adapter = Adapter::start(&[]);
    for (line, id) in [
        ("nonsense", Value::Null),
        ("[1]", Value::Null),
        (r#"{"id":1}"#, json!(1)),
        (r#"{"id":2,"url":"http://"}"#, json!(2)),
        (
            r#"{"id":3,"url":"http://127.0.0.1/","method":"N O"}"#,
            json!(3),
        ),
        (
            r#"{"id":4,"url":"http://127.0.0.1/","headers":[["a b","1"]]}"#,
            json!(4),
        ),
        (
            r#"{"id":5,"url":"http://127.0.0.1/","headers":[["a","1\n2"]]}"#,
            json!(5),
        ),
        (r#"{"id":6,"url":"http://127.0.0.1/","body":"?"}"#, json!(6)),
        (
            r#"{"id":7,"url":"http://127.0.0.1/","cache":"maybe"}"#,
            json!(7),
        ),
    ] {
        adapter.say(line);
        let answer = adapter.hear();
        assert_eq!(answer["id"], id, "{line}");
        assert!(answer["error"].is_string(), "{line}: {answer}");
    }
    adapter.end();
}

#[test]
fn it_tells_how_it_is_used() {
    let mut command = Command::new(example("cache_adapter"));
    let output = command.arg("--what").output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("usage"));
}

mod origin {
    use super::Origin;

    /// Waits until a request for `path` is there.
    pub(crate) fn wait(origin: &Origin, path: &str) {
        urlsession_origin::block_on(origin.wait_for_requests(path, 1)).unwrap();
    }
}
