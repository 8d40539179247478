//! Fetch's cache modes, which are NSURLRequest's cache policies by another name, and the cases of the web platform tests about them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use urlsession::http::header::{HeaderName, HeaderValue};
use urlsession::{CachePolicy, Request};
use urlsession_origin::cache_suite::{MODES, imf_fixdate};

use crate::seen::{Manner, Redirects};
use crate::world::World;

/// What Fetch's `cache` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mode {
    Default,
    NoStore,
    Reload,
    NoCache,
    ForceCache,
    OnlyIfCached,
}

impl Mode {
    /// The mode of this name.
    pub(crate) fn named(name: &str) -> Self {
        serde_json::from_value(name.into()).unwrap_or_else(|_| panic!("no mode {name}"))
    }

    /// The same request in this mode.
    pub(crate) fn apply(self, request: Request) -> Request {
        request.with_cache_policy(match self {
            Self::Default => CachePolicy::UseProtocolCachePolicy,
            // The session's delegate sees to it that it is not stored.
            Self::NoStore | Self::Reload => CachePolicy::ReloadIgnoringLocalCacheData,
            Self::NoCache => CachePolicy::ReloadRevalidatingCacheData,
            Self::ForceCache => CachePolicy::ReturnCacheDataElseLoad,
            Self::OnlyIfCached => CachePolicy::ReturnCacheDataDontLoad,
        })
    }
}

/// A file of cases.
#[derive(Debug, Deserialize)]
pub(crate) struct ModeCases {
    pub(crate) tests: Vec<ModeCase>,
}

impl ModeCases {
    /// Reads the file, or fails the test.
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::parse(&text)
    }

    /// The same of a file's text.
    pub(crate) fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("no cases: {error}"))
    }
}

/// One case: requests for one URL, each in a mode, and what the server must have seen.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ModeCase {
    name: String,
    /// What the server says of the content.
    state: State,
    #[serde(default)]
    vary: Option<String>,
    #[serde(default)]
    cache_control: Option<String>,
    #[serde(default)]
    redirect: Option<Target>,
    request_cache: Vec<Mode>,
    #[serde(default)]
    request_headers: Option<Vec<BTreeMap<String, String>>>,
    /// `error` where the request must fail.
    #[serde(default)]
    response: Vec<Option<String>>,
    /// For each request that reaches the server: whether it is conditional,
    expected_validation_headers: Vec<bool>,
    /// tells other caches to stay out of it,
    expected_no_cache_headers: Vec<bool>,
    /// asks them to validate.
    #[serde(default)]
    expected_max_age_headers: Vec<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Fresh,
    Stale,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Target {
    SameOrigin,
    CrossOrigin,
}

/// What the content is validated by; each case is played with either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Validator {
    Tag,
    Date,
}

impl ModeCase {
    pub(crate) fn title(&self, number: usize) -> String {
        format!("{number} ({:?}): {}", self.state, self.name)
    }

    /// Plays the case with one validator: `Err` says what is wrong.
    pub(crate) async fn play(
        &self,
        world: &World,
        number: usize,
        validator: Validator,
    ) -> Result<(), String> {
        let script = Script::new(self, world, number, validator);
        for (index, mode) in self.request_cache.iter().enumerate() {
            self.ask(world, &script, index, *mode)
                .await
                .map_err(|wrong| format!("request {}: {wrong}", index + 1))?;
        }
        self.check(&script.arrived(world).await)
    }

    async fn ask(
        &self,
        world: &World,
        script: &Script,
        index: usize,
        mode: Mode,
    ) -> Result<(), String> {
        let mut request = mode.apply(Request::get(&*script.url).unwrap());
        let mut is_known = false;
        for (name, value) in self.own_fields(index) {
            is_known |= name == "If-Modified-Since" && *value == script.identifier;
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            let value = HeaderValue::from_str(value).unwrap();
            request.headers_mut().append(name, value);
        }
        // A browser demands `mode: same-origin` with `only-if-cached`.
        let redirects = if mode == Mode::OnlyIfCached {
            Redirects::SameOrigin
        } else {
            Redirects::Follow
        };
        let stores = mode != Mode::NoStore;
        let asked = world.ask(request, Manner { redirects, stores }).await;
        let must_fail = self.response.get(index).is_some_and(Option::is_some);
        let expected = match is_known {
            true => (304, ""),
            false => (200, &*script.content),
        };
        match asked {
            Err(_) if must_fail => Ok(()),
            Err(trouble) => Err(format!("{trouble:?}")),
            Ok(seen) if must_fail => Err(format!("status {} in place of an error", seen.status)),
            Ok(seen) => {
                let found = (seen.status, &*String::from_utf8_lossy(&seen.body));
                match found == expected {
                    true => Ok(()),
                    false => Err(format!("{found:?} in place of {expected:?}")),
                }
            }
        }
    }

    /// The date that the case itself asks with.
    fn own_date(&self) -> Option<String> {
        let mut fields = (0..self.request_cache.len()).flat_map(|index| self.own_fields(index));
        let date = fields.find(|(name, _)| *name == "If-Modified-Since");
        date.map(|(_, value)| value.clone())
    }

    fn own_fields(&self, index: usize) -> impl Iterator<Item = (&String, &String)> {
        let all = self.request_headers.as_ref();
        all.and_then(|all| all.get(index)).into_iter().flatten()
    }

    /// The server must have seen so many requests, and each with these fields and no other.
    fn check(&self, arrived: &[BTreeMap<String, String>]) -> Result<(), String> {
        let count = self.expected_validation_headers.len();
        if arrived.len() != count {
            return Err(format!(
                "{} requests arrived, not {count}: {arrived:?}",
                arrived.len()
            ));
        }
        // What the test itself set is not told apart from the cache's own: the server notes none.
        if self.request_headers.is_some() {
            return Ok(());
        }
        for (index, fields) in arrived.iter().enumerate() {
            let is = |list: &[bool]| list.get(index).copied().unwrap_or_default();
            let is_conditional =
                fields.contains_key("If-None-Match") || fields.contains_key("If-Modified-Since");
            // A variant may be validated or asked for anew.
            let may_be = self.vary.is_some() && !is_conditional;
            let cache_control = match (
                is(&self.expected_no_cache_headers),
                is(&self.expected_max_age_headers),
            ) {
                (_, true) => Some("max-age=0"),
                (true, false) => Some("no-cache"),
                (false, false) => None,
            };
            let pragma = cache_control.filter(|_| is(&self.expected_no_cache_headers));
            let found = |name: &str| fields.get(name).map(String::as_str);
            if (is_conditional != is(&self.expected_validation_headers) && !may_be)
                || found("Cache-Control") != cache_control
                || found("Pragma") != pragma
            {
                return Err(format!("request {} arrived with {fields:?}", index + 1));
            }
        }
        Ok(())
    }
}

/// A case's URL, and what there is.
struct Script {
    url: String,
    state: String,
    content: String,
    identifier: String,
}

impl Script {
    fn new(case: &ModeCase, world: &World, number: usize, validator: Validator) -> Self {
        let now = world.session.platform().runtime.wall_clock();
        let content = format!("content-{number}-{validator:?}");
        let (key, identifier) = match validator {
            Validator::Tag => ("tag", format!("0.{number}")),
            Validator::Date => ("date", case.own_date().unwrap_or_else(|| imf_fixdate(now))),
        };
        let mut query = format!(
            "{MODES}?token={content}&content={content}&{key}={}&expires={}",
            encoded(&identifier),
            encoded(&case.state.expires(now))
        );
        for (name, value) in [("vary", &case.vary), ("cache_control", &case.cache_control)] {
            if let Some(value) = value {
                query = format!("{query}&{name}={}", encoded(value));
            }
        }
        if case.request_headers.is_some() {
            query.push_str("&ignore");
        }
        let url = format!("{}{query}", world.base);
        let target = case.redirect.map(|target| match target {
            Target::SameOrigin => url.clone(),
            Target::CrossOrigin => format!("{}{query}", world.other_base),
        });
        let redirect = target.map(|target| format!("&redirect={}", encoded(&target)));
        Self {
            url: format!("{url}{}", redirect.unwrap_or_default()),
            state: format!("{}{MODES}?querystate&token={content}", world.base),
            content,
            identifier,
        }
    }

    async fn arrived(&self, world: &World) -> Vec<BTreeMap<String, String>> {
        let request = Request::get(&*self.state).unwrap();
        let seen = world.ask(request, Redirects::Follow).await.unwrap();
        serde_json::from_slice(&seen.body).unwrap()
    }
}

impl State {
    fn expires(self, now: SystemTime) -> String {
        const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
        imf_fixdate(match self {
            Self::Fresh => now + YEAR,
            Self::Stale => now - YEAR,
        })
    }
}

/// Percent-encoded, but for letters and digits.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
