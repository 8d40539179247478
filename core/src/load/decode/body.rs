//! Bodies that are decoded as they are pulled, and those that are not.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;

use super::chain::{Chain, Pulled};
use crate::seams::signals::Signals;
use crate::words::body::Body;
use crate::words::decoding::DecodingError;
use crate::words::error::Error;

/// After so many steps without a byte for the app, others have their turn.
const STEPS: u32 = 32;

/// A body decoded chunk by chunk: nothing is decoded, and nothing read, that nobody asks for.
pub(super) struct DecodedBody {
    body: Box<dyn Body>,
    chain: Chain,
    signals: Arc<Signals>,
}

impl DecodedBody {
    pub(super) fn new(body: Box<dyn Body>, chain: Chain, signals: Arc<Signals>) -> Self {
        Self {
            body,
            chain,
            signals,
        }
    }

    fn poll_decoded(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        let mut steps = STEPS;
        loop {
            match self.chain.pull(&mut steps)? {
                Pulled::Chunk(chunk) => return Poll::Ready(Ok(Some(chunk))),
                Pulled::Ended => return Poll::Ready(Ok(None)),
                Pulled::Tired => {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Pulled::Hungry => match ready!(self.body.poll_next_chunk(context)).transpose()? {
                    Some(chunk) => {
                        self.signals.add_encoded(chunk.len() as u64);
                        self.chain.feed(chunk);
                    }
                    None => self.chain.end(),
                },
            }
        }
    }
}

impl Body for DecodedBody {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        self.poll_decoded(context).map(Result::transpose)
    }

    fn trailers(&mut self) -> Option<HeaderMap> {
        self.body.trailers()
    }
}

/// A body that must not be decoded: its first byte is an error.
pub(super) struct RefusedBody {
    body: Box<dyn Body>,
    refusal: DecodingError,
}

impl RefusedBody {
    pub(super) fn new(body: Box<dyn Body>, refusal: DecodingError) -> Self {
        Self { body, refusal }
    }
}

impl Body for RefusedBody {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let chunk = ready!(self.body.poll_next_chunk(context));
        Poll::Ready(chunk.map(|chunk| match chunk {
            Ok(chunk) if chunk.is_empty() => Ok(chunk),
            Ok(_) => Err(self.refusal.clone().into()),
            Err(error) => Err(error),
        }))
    }

    fn trailers(&mut self) -> Option<HeaderMap> {
        self.body.trailers()
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::policy::coding::Bounds;
    use crate::seams::decoder::{Decoded, Decoder, Decoding};
    use crate::seams::runtime::Clock;
    use crate::testing::test;
    use crate::words::body::InMemory;
    use crate::words::configuration::Configuration;
    use crate::words::error::Cause;
    use crate::words::time::Moment;

    struct Stopped;

    impl Clock for Stopped {
        fn now(&self) -> Moment {
            Moment::from_nanos(0)
        }
    }

    /// Each byte twice.
    struct Twice;

    impl Decoder for Twice {
        fn codings(&self) -> &[&'static str] {
            &["twice"]
        }

        fn decoding(&self, _: &str) -> Box<dyn Decoding> {
            Box::new(Self)
        }
    }

    impl Decoding for Twice {
        fn decode(&mut self, input: &mut Bytes, output: &mut Vec<u8>) -> Result<Decoded, Cause> {
            output.extend(input.split_off(0).iter().flat_map(|&byte| [byte; 2]));
            Ok(Decoded::NeedsInput)
        }

        fn may_end(&self) -> bool {
            true
        }
    }

    #[test]
    fn the_bytes_that_came_are_counted_as_they_came() {
        let signals = Arc::new(Signals::new(Arc::new(Stopped), false));
        let bounds = Bounds::of(&Configuration::default());
        let chain = Chain::new(vec!["twice".to_owned()], Arc::new(Twice), bounds);
        let body = Box::new(InMemory::new("abc".into()));
        let mut decoded = DecodedBody::new(body, chain, signals.clone());
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(Some(Ok(chunk))) = decoded.poll_next_chunk(&mut context) else {
            panic!("no chunk");
        };
        assert_eq!((&chunk[..], signals.encoded()), (&b"aabbcc"[..], 3));
    }
}
