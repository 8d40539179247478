//! A stored response, and the date at which it was confirmed last.

use std::sync::OnceLock;

use http::header::{DATE, HeaderValue};

use crate::words::response::Response;

/// A response as it is stored. Servers confirm responses again and again with nothing new but the date: that stands beside the fields that
/// came once, which all share.
#[derive(Clone)]
pub(super) struct Dated {
    came: Response,
    /// Where it is another than the one that came.
    date: Option<HeaderValue>,
    /// Both as one, for who asks for it.
    whole: OnceLock<Response>,
}

impl From<Response> for Dated {
    fn from(response: Response) -> Self {
        Self {
            came: response,
            date: None,
            whole: OnceLock::new(),
        }
    }
}

impl Dated {
    /// The same with another date.
    pub(super) fn confirmed(&self, date: HeaderValue) -> Self {
        Self {
            date: Some(date),
            ..Self::from(self.came.clone())
        }
    }

    /// The response.
    pub(super) fn response(&self) -> &Response {
        let Some(date) = &self.date else {
            return &self.came;
        };
        self.whole.get_or_init(|| {
            let mut response = self.came.clone();
            response.headers_mut().insert(DATE, date.clone());
            response
        })
    }

    /// All of the response but its date, which may be an older one.
    pub(super) fn but_for_date(&self) -> &Response {
        &self.came
    }

    /// The date, where it is another than the one that came.
    pub(super) fn later(&self) -> Option<&HeaderValue> {
        self.date.as_ref()
    }

    /// True when `date` is the one date that it has.
    pub(super) fn is_of(&self, date: &HeaderValue) -> bool {
        match &self.date {
            Some(own) => own == date,
            None => self.came.headers().get_all(DATE).iter().eq([date]),
        }
    }

    /// True when both share their fields.
    pub(super) fn shares_fields(&self, other: &Self) -> bool {
        std::ptr::eq(self.came.headers(), other.came.headers())
    }
}
