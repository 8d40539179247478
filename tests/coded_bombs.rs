//! What bombs under a content coding cost: 64 MiB at most, whether they are let through or not (SECURITY row 25).

#![cfg(all(target_os = "linux", feature = "decode"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/guard.rs"]
mod guard;
#[path = "support/resident.rs"]
mod resident;

use guard::within;
use resident::growth;
use tokio::runtime::Runtime;
use urlsession::futures::StreamExt as _;
use urlsession::{Configuration, ErrorCode};
use urlsession_origin::Origin;

const MIB: u64 = 1024 * 1024;
/// How much more may be resident, of client and server together.
const MORE: u64 = 64 * MIB;

/// How many MiB a bomb comes to: 10 GiB where `URLSESSION_LONG` is set.
fn length() -> u64 {
    match std::env::var_os("URLSESSION_LONG") {
        Some(_) => 10 * 1024,
        None => 256,
    }
}

/// Into memory, it ends at the bound on the ratio.
async fn is_refused(url: &str) -> u64 {
    let session = urlsession::session(Configuration::ephemeral());
    growth(async {
        let error = within(url, session.data(url)).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::DataLengthExceedsMaximum);
    })
    .await
}

/// Without the bound it comes chunk by chunk, and is never whole in memory.
async fn is_let_through(url: &str) -> u64 {
    let mut unbounded = Configuration::ephemeral();
    unbounded.maximum_decoding_ratio = None;
    let session = urlsession::session(unbounded);
    growth(async {
        let (mut chunks, _) = within(url, session.bytes(url)).await.unwrap();
        let mut decoded = 0;
        while let Some(chunk) = chunks.next().await {
            decoded += chunk.unwrap().len() as u64;
        }
        assert_eq!(decoded, length() * MIB, "{url}");
    })
    .await
}

/// One test: what is resident is the process's.
#[test]
fn zeros_under_gzip_br_and_zstd_cost_their_window() {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let origin = Origin::spawn().unwrap();
        for coding in ["gzip", "br", "zstd"] {
            let url = origin.url(&format!("/bomb/{coding}/{}", length()));
            for grown in [is_refused(&url).await, is_let_through(&url).await] {
                assert!(grown <= MORE, "{coding}: {} MiB more", grown / MIB);
            }
        }
    });
}
