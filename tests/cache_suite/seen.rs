//! One request, and what a client saw of its exchange.

use std::sync::Arc;

use urlsession::http::HeaderMap;
use urlsession::{
    Answer, CachedResponse, Delegate, Error, ErrorCode, Informational, Request, Session, Task,
    Wants,
};

/// What a client saw of one exchange.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) interim: Vec<Informational>,
}

impl Seen {
    /// The values of a field, joined.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        let values = self.headers.get_all(name);
        let texts: Vec<_> = values
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    }

    /// A field as a number.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.value(name)?.parse().ok()
    }
}

/// Why nothing came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    TimedOut(String),
    Failed(String),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error.code() == ErrorCode::TimedOut {
            true => Self::TimedOut(error.to_string()),
            false => Self::Failed(error.to_string()),
        }
    }
}

/// What Fetch's `redirect` says; across origins `mode: same-origin` has its say too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Redirects {
    #[default]
    Follow,
    Manual,
    SameOrigin,
}

/// How a request is made, beside what it says itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Manner {
    pub(crate) redirects: Redirects,
    /// False: what comes is not stored, by the delegate's word.
    pub(crate) stores: bool,
}

impl From<Redirects> for Manner {
    fn from(redirects: Redirects) -> Self {
        let stores = true;
        Self { redirects, stores }
    }
}

/// Notes interim responses, and decides about redirects and storing.
struct Watch {
    manner: Manner,
    interim: Arc<std::sync::Mutex<Vec<Informational>>>,
}

impl Delegate for Watch {
    fn wants(&self) -> Wants {
        let storing = match self.manner.stores {
            true => Wants::NONE,
            false => Wants::WILL_CACHE_RESPONSE,
        };
        Wants::REDIRECTION | Wants::INFORMATIONAL | storing
    }

    fn will_cache_response(&self, _: &Task, _: CachedResponse) -> Answer<Option<CachedResponse>> {
        match self.manner.stores {
            true => Answer::Unhandled,
            false => Answer::Now(None),
        }
    }

    fn will_perform_http_redirection(
        &self,
        task: &Task,
        response: &urlsession::Response,
        request: Request,
    ) -> Answer<Option<Request>> {
        match self.manner.redirects {
            Redirects::Follow => Answer::Unhandled,
            Redirects::Manual => Answer::Now(None),
            Redirects::SameOrigin if response.url().origin() == request.url().origin() => {
                Answer::Unhandled
            }
            Redirects::SameOrigin => {
                task.cancel();
                Answer::Now(None)
            }
        }
    }

    fn did_receive_informational_response(&self, _: &Task, response: &Informational) -> Answer<()> {
        self.interim.lock().unwrap().push(response.clone());
        Answer::HANDLED
    }
}

/// Makes one request.
pub(crate) async fn ask(
    session: &Session,
    request: Request,
    manner: Manner,
) -> Result<Seen, Trouble> {
    let interim = Arc::default();
    let watch = Watch {
        manner,
        interim: Arc::clone(&interim),
    };
    let (body, response) = session.data_with_delegate(request, watch).await?;
    let interim = std::mem::take(&mut *interim.lock().unwrap());
    Ok(Seen {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: body.to_vec(),
        interim,
    })
}
