//! What is delivered of a stored response: its fields, their date the latest, and its age of this moment (RFC 9111 section 4).

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::header::{AGE, DATE, HeaderMap};

use crate::policy::cache::dated::Dated;
use crate::words::response::Response;

/// The fields of `stored` at this age, in seconds.
pub(super) fn fields(stored: &Dated, age: u64) -> HeaderMap {
    let mut fields = stored.but_for_date().headers().clone();
    if let Some(date) = stored.later() {
        fields.insert(DATE, date.clone());
    }
    fields.insert(AGE, age.into());
    fields
}

/// What was delivered last of a stored response. What comes next differs in date and age: where nobody else has it any more, it is changed
/// in its place.
#[derive(Default)]
pub(super) struct Delivered(Mutex<Option<Latest>>);

struct Latest {
    age: u64,
    has_date: bool,
    response: Response,
}

impl Delivered {
    fn latest(&self) -> MutexGuard<'_, Option<Latest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `stored` at this age, in seconds.
    pub(super) fn at(&self, age: u64, stored: &Dated) -> Response {
        let mut latest = self.latest();
        let latest = latest.get_or_insert_with(|| Latest::new(age, stored));
        latest.renew(age, stored);
        latest.response.clone()
    }

    /// Takes it over, for a stored response that shares its fields with this one's; their dates may differ.
    pub(super) fn handed_over(&self, has_date: bool) -> Self {
        let latest = self.latest().take().map(|latest| Latest {
            has_date: latest.has_date && has_date,
            ..latest
        });
        Self(Mutex::new(latest))
    }
}

impl Latest {
    fn new(age: u64, stored: &Dated) -> Self {
        let came = stored.but_for_date();
        Self {
            age,
            has_date: true,
            response: Response::new(
                came.url().clone(),
                came.status(),
                came.version(),
                fields(stored, age),
            ),
        }
    }

    fn renew(&mut self, age: u64, stored: &Dated) {
        if !self.has_date
            && let Some(date) = stored.later()
        {
            let fields = self.response.headers_mut();
            match fields.get_mut(DATE) {
                Some(own) => *own = date.clone(),
                None => drop(fields.insert(DATE, date.clone())),
            }
        }
        self.has_date = true;
        if self.age != age {
            self.response.headers_mut().insert(AGE, age.into());
            self.age = age;
        }
    }
}
