//! Bodies under content codings, as servers send them, and bombs that are never whole in memory.

use std::io::Write;

use bytes::Bytes;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use flate2::{Compress, Compression, Crc, FlushCompress};

/// What a bomb is made of: so many zeros at a time.
const UNIT: usize = 1024 * 1024;

/// `bytes` under these codings, applied in this order, by the names of Content-Encoding; `raw-deflate` is deflate without its zlib header.
///
/// br is made of uncompressed parts: there is no compressor here.
///
/// # Panics
/// When it does not know a coding.
#[must_use]
pub fn encode(codings: &[&str], bytes: &[u8]) -> Vec<u8> {
    let start = bytes.to_vec();
    codings.iter().fold(start, |bytes, coding| match *coding {
        "identity" => bytes,
        "gzip" => written(
            GzEncoder::new(Vec::new(), Compression::default()),
            &bytes,
            GzEncoder::finish,
        ),
        "deflate" => written(
            ZlibEncoder::new(Vec::new(), Compression::default()),
            &bytes,
            ZlibEncoder::finish,
        ),
        "raw-deflate" => written(
            DeflateEncoder::new(Vec::new(), Compression::default()),
            &bytes,
            DeflateEncoder::finish,
        ),
        "br" => stored_brotli(&bytes),
        "zstd" => zstd(&bytes),
        unknown => panic!("no coding is called {unknown}"),
    })
}

fn written<W: Write>(
    mut encoder: W,
    bytes: &[u8],
    finish: impl FnOnce(W) -> std::io::Result<Vec<u8>>,
) -> Vec<u8> {
    encoder.write_all(bytes).expect("a write to memory");
    finish(encoder).expect("a write to memory")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(zstd_safe::compress_bound(bytes.len()));
    zstd_safe::compress(&mut frame, bytes, 3).expect("room for any bytes");
    frame
}

/// Metablocks of at most 64 KiB, uncompressed (RFC 7932 section 9.2).
fn stored_brotli(bytes: &[u8]) -> Vec<u8> {
    let mut stream = Vec::new();
    for (number, block) in bytes.chunks(1 << 16).enumerate() {
        // From the lowest bit: a window of 64 KiB, before the first block only; not the last; four nibbles; length - 1; uncompressed.
        let header = (block.len() as u32 - 1) << 3 | 1 << 19;
        let header = if number == 0 { header << 1 } else { header };
        stream.extend_from_slice(&header.to_le_bytes()[..3]);
        stream.extend_from_slice(block);
    }
    // The last block, and empty; with the window before it where there was no other.
    stream.push(if bytes.is_empty() { 0x06 } else { 0x03 });
    stream
}

/// Zeros under one coding: a start, a part that stands for 1 MiB and can be repeated, and an end.
#[derive(Clone, Debug)]
pub struct Bomb {
    /// Comes first.
    pub start: Bytes,
    /// Comes once for each MiB.
    pub unit: Bytes,
    /// Comes last.
    pub end: Bytes,
}

impl Bomb {
    /// So many MiB of zeros under `gzip`, `br` or `zstd`; `None` for another coding.
    #[must_use]
    pub fn new(coding: &str, mebibytes: u64) -> Option<Self> {
        match coding {
            "gzip" => Some(gzip_bomb(mebibytes)),
            "br" => Some(brotli_bomb()),
            "zstd" => Some(zstd_bomb()),
            _ => None,
        }
    }
}

fn gzip_bomb(mebibytes: u64) -> Bomb {
    let zeros = vec![0; UNIT];
    let mut unit = Vec::with_capacity(UNIT);
    // A full flush leaves nothing that the next part would depend on.
    Compress::new(Compression::best(), false)
        .compress_vec(&zeros, &mut unit, FlushCompress::Full)
        .expect("zeros can be compressed");
    let (mut one, mut all) = (Crc::new(), Crc::new());
    one.update(&zeros);
    (0..mebibytes).for_each(|_| all.combine(&one));
    let mut end = vec![0x03, 0x00];
    end.extend_from_slice(&all.sum().to_le_bytes());
    end.extend_from_slice(&all.amount().to_le_bytes());
    Bomb {
        start: Bytes::from_static(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 0xff]),
        unit: unit.into(),
        end: end.into(),
    }
}

/// What a compressor makes of zeros, flushed after each MiB: the first, and any later one.
fn brotli_bomb() -> Bomb {
    Bomb {
        start: Bytes::from_static(&[
            0xa3, 0xff, 0xff, 0x83, 0x7f, 0x02, 0x20, 0x1e, 0x0b, 0x04, 0x72, 0xef, 0x0f, 0xf4,
            0xff, 0x7f, 0xf0, 0x4f, 0x00, 0xc4, 0x61, 0x11, 0x80, 0xee, 0xfd, 0x81, 0x01,
        ]),
        unit: Bytes::from_static(&[
            0xfa, 0xff, 0x3f, 0xf8, 0x27, 0x00, 0xe2, 0xb0, 0x00, 0x40, 0xf7, 0xfe, 0x40, 0xff,
            0xff, 0x07, 0xff, 0x04, 0x40, 0x1c, 0x16, 0x00, 0xe8, 0xde, 0x1f, 0x18,
        ]),
        end: Bytes::from_static(&[0x03]),
    }
}

/// A frame of a window of 8 MiB, of blocks that repeat one byte 128 Ki times (RFC 8878 section 3.1.1.2).
fn zstd_bomb() -> Bomb {
    Bomb {
        start: Bytes::from_static(&[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x68]),
        unit: [0x02, 0x00, 0x10, 0x00].repeat(8).into(),
        end: Bytes::from_static(&[0x01, 0x00, 0x00]),
    }
}
