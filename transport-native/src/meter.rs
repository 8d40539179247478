//! Times and counts an HTTP/1 exchange by the bytes that pass between hyper and the connection, for its metrics.

use urlsession_core::{ExchangeEvents, Moment, TransactionMetrics};

/// Watches one exchange's bytes, above TLS.
#[derive(Debug)]
pub(crate) struct Meter {
    events: ExchangeEvents,
    sent: Head,
    received: Head,
    /// Bytes of interim heads that have come.
    interim: u64,
}

impl Meter {
    /// `None` where nobody wants metrics.
    pub(crate) fn of(events: &ExchangeEvents) -> Option<Self> {
        events.wants_metrics().then(|| Self {
            events: events.clone(),
            sent: Head::default(),
            received: Head::default(),
            interim: 0,
        })
    }

    /// These bytes of the request went out.
    pub(crate) fn wrote(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.sent.feed(bytes);
        let head = self.sent.is_whole.then_some(self.sent.length);
        self.note(|transaction, now| {
            transaction.request_start.get_or_insert(now);
            transaction.request_end = Some(now);
            transaction.count_of_request_header_bytes_sent = head;
        });
    }

    /// These bytes of the response came.
    pub(crate) fn read(&mut self, mut bytes: &[u8]) {
        if bytes.is_empty() || self.received.is_whole {
            return;
        }
        while !bytes.is_empty() && !self.received.is_whole {
            bytes = self.received.feed(bytes);
            if self.received.is_whole && self.received.is_interim() {
                self.interim += std::mem::take(&mut self.received).length;
            }
        }
        let head = (self.received.is_whole).then_some(self.interim + self.received.length);
        self.note(|transaction, now| {
            transaction.response_start.get_or_insert(now);
            transaction.count_of_response_header_bytes_received = head;
        });
    }

    fn note(&self, work: impl FnOnce(&mut TransactionMetrics, Moment)) {
        let now = self.events.clock().now();
        self.events.measure(|transaction| work(transaction, now));
    }
}

/// Where in `HTTP/1.1 200` the first digit of the status stands.
const STATUS_AT: u64 = 9;

/// A head on its way: up to the empty line, lines ending as RFC 9112 section 2.2 lets them.
#[derive(Debug, Default)]
struct Head {
    length: u64,
    is_whole: bool,
    line_is_empty: bool,
    first_digit: u8,
}

impl Head {
    /// Takes what belongs to it; gives the rest.
    fn feed<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        if self.is_whole {
            return bytes;
        }
        for (at, &byte) in bytes.iter().enumerate() {
            if self.length == STATUS_AT {
                self.first_digit = byte;
            }
            self.length += 1;
            match byte {
                b'\n' if self.line_is_empty => {
                    self.is_whole = true;
                    return &bytes[at + 1..];
                }
                b'\n' => self.line_is_empty = true,
                b'\r' => {}
                _ => self.line_is_empty = false,
            }
        }
        &[]
    }

    fn is_interim(&self) -> bool {
        self.first_digit == b'1'
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(text: &[u8]) -> (u64, &[u8]) {
        let mut head = Head::default();
        let rest = head.feed(text);
        (head.length, rest)
    }

    #[test]
    fn a_head_ends_with_its_empty_line() {
        let whole = b"HTTP/1.1 200 OK\r\na: b\r\n\r\nbody\r\n\r\n";
        assert_eq!(length(whole), (25, &b"body\r\n\r\n"[..]));
        let bare = b"HTTP/1.1 200 OK\na: b\n\nbody";
        assert_eq!(length(bare), (22, &b"body"[..]));
    }

    #[test]
    fn a_head_in_pieces_is_the_same() {
        let text = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
        let mut head = Head::default();
        for byte in text {
            assert!(!head.is_whole);
            head.feed(&[*byte]);
        }
        assert_eq!((head.is_whole, head.length), (true, text.len() as u64));
    }

    #[test]
    fn an_interim_head_is_known_by_its_status() {
        let is_interim = |text: &[u8]| {
            let mut head = Head::default();
            head.feed(text);
            head.is_interim()
        };
        assert!(is_interim(b"HTTP/1.1 103 Early Hints\r\n\r\n"));
        assert!(!is_interim(b"HTTP/1.1 200 OK\r\n\r\n"));
    }
}
