//! Redirects that two browsers were seen to follow, row by row, with what this project decides where they differ.
//!
//! Each row of `redirect-cases.json` names what was asked and what the last server saw. What a browser forbids a script to say
//! (CORS guards custom fields there, so it lets them cross origins) is decided otherwise here, as `decided` lists.

use serde_json::Value;
use urlsession_core::{ErrorCode, Request};

use crate::fixture::redirect_path;
use crate::recorder::Recorder;
use crate::{Failure, Fixture, Verdict};

/// A row: its name, and what was seen.
#[derive(Clone, Debug)]
pub struct Row {
    name: String,
    seen: Value,
}

/// The rows of the file's text.
///
/// # Errors
/// When it is no such file.
pub fn rows(text: &str) -> Result<Vec<Row>, Failure> {
    let file: Value = serde_json::from_str(text)?;
    let cases = file["cases"]
        .as_array()
        .ok_or_else(|| Failure::new("no `cases`"))?;
    cases.iter().map(Row::of).collect()
}

/// How a row is asked for, before the redirect's own URL is known.
struct Question {
    method: String,
    status: u16,
    /// What `Location` says, as bytes; `None` for none.
    location: Option<Vec<u8>>,
    fragment: &'static str,
    secrets: bool,
}

impl Row {
    fn of(case: &Value) -> Result<Self, Failure> {
        let name = case["case"]
            .as_str()
            .ok_or_else(|| Failure::new("a case without name"))?;
        Ok(Self {
            name: name.to_owned(),
            seen: decided(name, case),
        })
    }

    /// Its name, as the file has it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Makes the request and compares what was seen.
    ///
    /// # Errors
    /// What differs.
    pub async fn run(&self, fixture: Fixture) -> Verdict {
        let (request, fragment) = self.request(&fixture)?;
        let recorder = Recorder::new();
        let session = fixture
            .builder(Default::default())
            .delegate(recorder.clone())
            .build();
        let task = session.data_task(request);
        task.resume();
        let code = recorder.completion().await;
        if self.seen.get("error").is_some() {
            check_eq!(code, Some(ErrorCode::RedirectToNonExistentLocation));
            return Ok(());
        }
        check_eq!(code, None);
        let response = task.response().ok_or_else(|| Failure::new("no response"))?;
        check_eq!(
            Some(u64::from(response.status().as_u16())),
            self.seen["status"].as_u64()
        );
        let mut url = response.url().clone();
        if fixture.capabilities().redirects {
            check_eq!(url.fragment().unwrap_or_default(), fragment);
        }
        url.set_fragment(None);
        check_eq!(
            self.place(&fixture, url.as_str()),
            self.seen["final"].as_str().unwrap_or_default()
        );
        if self.seen["method"].is_null() {
            return Ok(());
        }
        if self.seen["method"] == "HEAD" {
            // Its answer has no body to tell what arrived.
            let last = task
                .current_request()
                .map(|request| request.method().to_string());
            check_eq!(last.as_deref(), Some("HEAD"));
            return Ok(());
        }
        let arrived: Value = serde_json::from_slice(&recorder.body())?;
        for member in ["method", "wire", "body", "ct", "cl", "auth", "x"] {
            check_eq!(arrived[member], self.seen[member], "{member}");
        }
        Ok(())
    }

    /// A URL with the origins' names in place of their hosts and ports.
    fn place(&self, fixture: &Fixture, url: &str) -> String {
        let sites = fixture.sites();
        url.replace(&sites.http, "http://A")
            .replace(&sites.other, "http://B")
    }

    fn request(&self, fixture: &Fixture) -> Result<(Request, &'static str), Failure> {
        if let Some(count) = self.name.strip_prefix("chain ") {
            let url = fixture.url(&format!("/redirect/{count}?to=/t"));
            return Ok((Request::get(url)?, ""));
        }
        let question = self.question(fixture)?;
        let mut url = fixture.url(&format!("/r?st={}", question.status));
        if let Some(location) = &question.location {
            url.push_str("&loc=");
            for &byte in location {
                match byte {
                    b'/' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => url.push(char::from(byte)),
                    _ => url.push_str(&format!("%{byte:02X}")),
                }
            }
        }
        if self.name.starts_with("fragment") {
            url.push_str("#asked");
        }
        let mut request = Request::with_method_name(&question.method, url)?;
        if !matches!(&*question.method, "GET" | "HEAD") {
            request = request.with_body("abc").header("content-type", "text/x")?;
            request = request.header("content-language", "en")?;
        }
        if question.secrets {
            request = request
                .header("authorization", "Bearer s")?
                .header("x-custom", "1")?;
        }
        Ok((request, question.fragment))
    }

    fn question(&self, fixture: &Fixture) -> Result<Question, Failure> {
        let get = |location: Vec<u8>| Question {
            method: "GET".into(),
            status: 302,
            location: Some(location),
            fragment: "",
            secrets: false,
        };
        let words: Vec<&str> = self.name.split(' ').collect();
        Ok(match *words {
            ["method", status, method] => Question {
                method: method.into(),
                status: status.parse()?,
                ..get("/t".into())
            },
            ["nonredirect", status] => Question {
                status: status.parse()?,
                ..get("/t".into())
            },
            ["no-location"] => Question {
                location: None,
                ..get(Vec::new())
            },
            ["location", which] => location(fixture, which)
                .map(|(location, fragment)| Question {
                    fragment,
                    ..get(location)
                })
                .ok_or_else(|| self.unknown())?,
            ["fragment", "inherit"] => Question {
                fragment: "asked",
                ..get("/t".into())
            },
            ["fragment", "override"] => Question {
                fragment: "own",
                ..get("/t#own".into())
            },
            ["auth", "same-origin"] => Question {
                secrets: true,
                ..get("/t".into())
            },
            ["auth", "cross-origin"] => Question {
                secrets: true,
                ..get(fixture.other_url("/t").into())
            },
            ["auth", "there", "and", "back"] => {
                let back = redirect_path(302, &fixture.url("/t"));
                Question {
                    secrets: true,
                    ..get(fixture.other_url(&back).into())
                }
            }
            _ => return Err(self.unknown()),
        })
    }

    fn unknown(&self) -> Failure {
        Failure::new(format!("nobody here knows how to ask for {:?}", self.name))
    }
}

/// What each row about Location had in it, and the fragment that the answer's URL then has.
fn location(fixture: &Fixture, which: &str) -> Option<(Vec<u8>, &'static str)> {
    let authority = fixture.sites().http.trim_start_matches("http:").to_owned();
    let with_user = authority.replace("//", "http://u:p@");
    let location = match which {
        "relative" => "t2".into(),
        "absolute-path" => "/t3".into(),
        "query-only" => "?q=1".into(),
        "scheme-relative" => format!("{authority}/t4").into(),
        "dot-segments" => "/x/../t5".into(),
        "utf8" => "/\u{2603}".into(),
        "invalid-utf8" => b"/\xff".to_vec(),
        "space" => "/a b".into(),
        "tab-in-the-middle" => "/a\tb".into(),
        "frag" => return Some(("/t7#frag".into(), "frag")),
        "file" => "file:///etc/passwd".into(),
        "userinfo-same" => format!("{with_user}/t8").into(),
        "port-80-explicit-bad" => "http://127.0.0.1:99999/t".into(),
        "leading-ws" => "  /t9".into(),
        "percent-2e" => "/x/%2e%2e/t10".into(),
        _ => return None,
    };
    Some((location, ""))
}

/// What must be seen: what both browsers showed, but for these.
fn decided(name: &str, case: &Value) -> Value {
    let mut seen = case["chrome156"].clone();
    match name {
        // What the app set is dropped across origins, for good.
        "auth cross-origin" | "auth there and back" => seen["x"] = Value::Null,
        // Followed without using the user, which Firefox shows in its URL.
        "location userinfo-same" => {
            seen = case["firefox153"].clone();
            seen["final"] = "http://A/t8".into();
        }
        // A TAB is dropped, as the URL standard has it and Chrome does.
        _ => {}
    }
    seen
}
