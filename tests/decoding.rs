//! Coded bodies of any kind on the mock, decoded by the native codecs: what is sound comes back, and nothing panics or hangs.

#![cfg(all(not(target_arch = "wasm32"), feature = "decode", feature = "mock"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use urlsession::http::HeaderValue;
use urlsession::mock::{MockPlatform, Reply};
use urlsession::native::NativeDecoder;
use urlsession::{Bytes, Configuration, Error, ErrorCode, Session};
use urlsession_origin::encode;

const URL: &str = "http://a.example/";

/// What a session makes of a body in these pieces under these fields; a hang is a panic of the mock's.
fn load(codings: &[HeaderValue], pieces: &[&[u8]]) -> Result<Bytes, Error> {
    let mock = MockPlatform::new();
    let mut reply = Reply::new(200);
    for coding in codings {
        reply = reply.header("content-encoding", coding.clone());
    }
    for piece in pieces {
        reply = reply.chunk(piece.to_vec());
    }
    mock.transport().respond(move |_| reply.clone());
    let platform = mock.platform().with_decoder(NativeDecoder::new());
    let session = Session::new(platform, Configuration::default());
    let load = mock.runtime().block_on(session.data(URL));
    load.map(|(body, _)| body)
}

/// `bytes` split at these places.
fn split<'a>(bytes: &'a [u8], places: &[Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<_> = places
        .iter()
        .map(|place| place.index(bytes.len() + 1))
        .collect();
    places.sort_unstable();
    let ends = places.iter().copied().chain([bytes.len()]);
    let starts = [0].into_iter().chain(places.iter().copied());
    starts
        .zip(ends)
        .map(|(start, end)| &bytes[start..end])
        .collect()
}

fn coding() -> impl Strategy<Value = &'static str> {
    select(&["gzip", "deflate", "raw-deflate", "br", "zstd"][..])
}

fn fields(codings: &[&str]) -> Vec<HeaderValue> {
    let names = codings
        .iter()
        .map(|coding| coding.trim_start_matches("raw-"));
    names.map(|name| name.parse().unwrap()).collect()
}

/// Long runs and short ones, text and noise.
fn content() -> impl Strategy<Value = Vec<u8>> {
    vec((any::<u8>(), 0..300_usize), 0..40).prop_map(|runs| {
        let runs = runs.into_iter();
        runs.flat_map(|(byte, count)| std::iter::repeat_n(byte, count))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sound_bodies_come_back(
        codings in vec(coding(), 1..=5),
        content in content(),
        places in vec(any::<Index>(), 0..8),
    ) {
        let coded = encode(&codings, &content);
        let decoded = load(&fields(&codings), &split(&coded, &places)).unwrap();
        prop_assert!(decoded == content);
    }

    #[test]
    fn sound_bodies_cut_short_are_errors(
        codings in vec(coding(), 1..=5),
        content in content(),
        place in any::<Index>(),
    ) {
        let coded = encode(&codings, &content);
        prop_assume!(coded.len() > 1);
        let cut = 1 + place.index(coded.len() - 1);
        let error = load(&fields(&codings), &[&coded[..cut]]).unwrap_err();
        prop_assert_eq!(error.code(), ErrorCode::CannotDecodeRawData);
    }

    #[test]
    fn flawed_bodies_end(
        codings in vec(coding(), 1..=5),
        content in content(),
        flaws in vec((any::<Index>(), any::<u8>()), 1..6),
        places in vec(any::<Index>(), 0..4),
    ) {
        let mut coded = encode(&codings, &content);
        for (place, byte) in flaws {
            let place = place.index(coded.len());
            coded[place] = byte;
        }
        // A flaw may give other bytes where a coding has no checksum.
        if let Err(error) = load(&fields(&codings), &split(&coded, &places)) {
            prop_assert!(matches!(
                error.code(),
                ErrorCode::CannotDecodeRawData | ErrorCode::DataLengthExceedsMaximum
            ));
        }
    }

    #[test]
    fn any_bytes_under_any_coding_end(
        codings in vec(coding(), 1..=5),
        bytes in vec(any::<u8>(), 0..2000),
        places in vec(any::<Index>(), 0..4),
    ) {
        if let Err(error) = load(&fields(&codings), &split(&bytes, &places)) {
            prop_assert!(matches!(
                error.code(),
                ErrorCode::CannotDecodeRawData | ErrorCode::DataLengthExceedsMaximum
            ));
        }
    }

    #[test]
    fn any_field_can_be_read(
        values in vec(vec(32..=255_u8, 0..60), 0..9),
        bytes in vec(any::<u8>(), 1..50),
    ) {
        let sendable = values.iter().filter_map(|value| HeaderValue::from_bytes(value).ok());
        let values: Vec<_> = sendable.collect();
        match load(&values, &[&bytes]) {
            Ok(body) => prop_assert!(body == bytes),
            Err(error) => prop_assert_eq!(error.code(), ErrorCode::CannotDecodeContentData),
        }
    }
}
