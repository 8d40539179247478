use std::collections::BTreeSet;

use urlsession_origin::{Bomb, encode, pattern};

use super::*;

/// The codecs, by the coding's name and what a server calls its variant.
const VARIANTS: [(&str, &str); 5] = [
    ("gzip", "gzip"),
    ("deflate", "deflate"),
    ("deflate", "raw-deflate"),
    ("br", "br"),
    ("zstd", "zstd"),
];

/// Decodes `parts`, given one after the other, in steps of `room` bytes; `Ok` with what is whole, and how much was left over.
fn decode(coding: &str, parts: &[&[u8]], room: usize) -> Result<(Vec<u8>, usize), String> {
    let mut decoding = NativeDecoder::new().decoding(coding);
    let (mut all, mut left_over, mut has_ended) = (Vec::new(), 0, false);
    for part in parts {
        let mut input = Bytes::copy_from_slice(part);
        while !has_ended {
            let mut output = Vec::with_capacity(room);
            let capacity = output.capacity();
            let decoded = decoding.decode(&mut input, &mut output);
            assert_eq!(output.capacity(), capacity, "{coding} grew its output");
            all.extend_from_slice(&output);
            match decoded.map_err(|cause| cause.to_string())? {
                Decoded::NeedsInput => {
                    assert!(input.is_empty(), "{coding} left input");
                    break;
                }
                Decoded::NeedsRoom => assert!(!output.is_empty(), "{coding} does not go on"),
                Decoded::Ended => has_ended = true,
            }
        }
        left_over += input.len();
    }
    match has_ended || decoding.may_end() {
        true => Ok((all, left_over)),
        false => Err("truncated".to_owned()),
    }
}

fn content() -> Vec<u8> {
    [pattern(0..3000), vec![0; 2000], pattern(100..1500)].concat()
}

#[test]
fn whole_data_is_decoded_whatever_the_room() {
    for (coding, variant) in VARIANTS {
        let coded = encode(&[variant], &content());
        for room in [8, 64, 1000, 65_536] {
            let decoded = decode(coding, &[&coded], room);
            assert!(decoded == Ok((content(), 0)), "{variant} by {room}");
        }
    }
}

#[test]
fn no_byte_of_content_is_data_too() {
    for (coding, variant) in VARIANTS {
        let coded = encode(&[variant], b"");
        assert_eq!(decode(coding, &[&coded], 100), Ok((vec![], 0)), "{variant}");
    }
}

#[test]
fn data_is_decoded_wherever_it_is_split() {
    for (coding, variant) in VARIANTS {
        let coded = encode(&[variant], &content());
        for place in 0..=coded.len() {
            let (first, second) = coded.split_at(place);
            let decoded = decode(coding, &[first, second], 1000);
            assert!(decoded == Ok((content(), 0)), "{variant} split at {place}");
        }
        let bytes: Vec<_> = coded.chunks(1).collect();
        assert!(
            decode(coding, &bytes, 1000) == Ok((content(), 0)),
            "{variant}"
        );
    }
}

#[test]
fn data_cut_short_is_never_whole() {
    for (coding, variant) in VARIANTS {
        let coded = encode(&[variant], &content());
        for place in 0..coded.len() {
            let decoded = decode(coding, &[&coded[..place]], 1000);
            assert!(decoded.is_err(), "{variant} cut at {place}");
        }
    }
}

#[test]
fn a_wrong_byte_never_gives_the_content() {
    for (coding, variant) in VARIANTS {
        let coded = encode(&[variant], &content());
        let mut found = BTreeSet::new();
        for place in 0..coded.len() {
            let mut coded = coded.clone();
            coded[place] ^= 0x55;
            match decode(coding, &[&coded], 1000) {
                Ok((decoded, _)) if decoded == content() => {
                    found.insert(place);
                }
                Ok(_) | Err(_) => {}
            }
        }
        // Some bytes say nothing about the content: time, flags and system in gzip's header, say.
        assert!(found.len() <= 16, "{variant}: {found:?}");
    }
}

#[test]
fn members_one_after_the_other_are_one_body() {
    for coding in ["gzip", "zstd"] {
        let coded = [encode(&[coding], b"one "), encode(&[coding], b"two")].concat();
        let boundary = encode(&[coding], b"one ").len();
        for place in 0..coded.len() {
            let (first, second) = coded.split_at(place);
            let whole = Ok((b"one two".to_vec(), 0));
            assert_eq!(
                decode(coding, &[first, second], 100),
                whole,
                "{coding} {place}"
            );
            let cut = decode(coding, &[first], 100);
            let expected = (place == boundary).then(|| (b"one ".to_vec(), 0));
            assert_eq!(cut.ok(), expected, "{coding} cut at {place}");
        }
    }
}

#[test]
fn a_frame_to_skip_is_skipped() {
    let skipped = [&[0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let frame = encode(&["zstd"], b"content");
    for parts in [[&skipped[..], &frame], [&frame, &skipped]] {
        let coded = parts.concat();
        assert_eq!(decode("zstd", &[&coded], 100), Ok((b"content".to_vec(), 0)));
    }
}

#[test]
fn what_follows_the_end_is_left() {
    for (coding, variant) in VARIANTS {
        let coded = [&encode(&[variant], b"content")[..], b"\0\0\0garbage"].concat();
        for place in 0..=coded.len() {
            let (first, second) = coded.split_at(place);
            let (decoded, left) = decode(coding, &[first, second], 100).unwrap();
            assert_eq!(decoded, b"content", "{variant} split at {place}");
            assert!(left > 0, "{variant} split at {place}");
        }
    }
}

#[test]
fn compressed_brotli_is_decoded() {
    let coded = [
        0x8b, 0x05, 0x80, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x20, 0x57, 0x6f, 0x72, 0x6c, 0x64, 0x21,
        0x03,
    ];
    let decoded = decode("br", &[&coded], 100);
    assert_eq!(decoded, Ok((b"Hello World!".to_vec(), 0)));
}

#[test]
fn bombs_are_sound_data() {
    for coding in ["gzip", "br", "zstd"] {
        let Bomb { start, unit, end } = Bomb::new(coding, 3).unwrap();
        let units = if coding == "br" { 2 } else { 3 };
        let coded = [&start[..], &unit.repeat(units), &end].concat();
        let (decoded, left) = decode(coding, &[&coded], 65_536).unwrap();
        assert_eq!((decoded.len(), left), (3 * 1024 * 1024, 0), "{coding}");
        assert!(decoded.iter().all(|&byte| byte == 0), "{coding}");
    }
}

#[test]
fn large_windows_are_refused() {
    // A window of 16 MiB, and one of 8 MiB.
    let frame = |window| [0x28, 0xb5, 0x2f, 0xfd, 0x00, window, 0x01, 0x00, 0x00];
    assert!(decode("zstd", &[&frame(0x70)], 100).is_err());
    assert_eq!(decode("zstd", &[&frame(0x68)], 100), Ok((vec![], 0)));
    // The mark of a large window, and its bits.
    assert!(decode("br", &[&[0x11, 0x1e, 0x03, 0, 0, 0]], 100).is_err());
}

#[test]
fn a_coding_that_is_not_offered_is_an_error() {
    assert!(decode("compress", &[b"abc"], 100).is_err());
}
