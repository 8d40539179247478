//! Cancels that race with everything a transfer goes through.

#![cfg(all(target_os = "linux", feature = "http2", feature = "tls"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/guard.rs"]
mod guard;
#[path = "support/process.rs"]
mod process;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use guard::within;
use process::{descriptors, until};
use tokio::runtime::{Handle, Runtime};
use urlsession::futures::{StreamExt as _, stream};
use urlsession::{Configuration, Request, Session};
use urlsession_origin::{FullBacklog, Origin};

/// How many transfers are cancelled.
const RACES: usize = 10_000;

/// Numbers that look random, the same in every run.
fn scatter(number: usize) -> u64 {
    let mut x = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 31;
    x.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 16
}

fn request(origin: &Origin, full: &FullBacklog, number: usize) -> Request {
    let get = |url: String| Request::get(url).unwrap();
    match number % 12 {
        0 => get(origin.url("/UK")),
        1 => get(origin.url("/delay/3")),
        2 => get(origin.url("/slow/5/1")),
        3 => get(origin.url("/redirect/4")),
        4 => get(origin.url("/fault/close-mid-body")),
        5 => get(origin.tls_h1_url("/UK")),
        6 => get(origin.tls_url("/slow/5/1")),
        7 => get(origin.tls_url("/delay/3")),
        8 => get(full.url("/")),
        9 => get(origin.closed_url("/")),
        10 => Request::post(origin.url("/echo"))
            .unwrap()
            .with_body(vec![0; 100_000]),
        _ => get(origin.url("/bytes/300000")),
    }
}

async fn race(session: &Session, request: Request, number: usize, ends: Arc<AtomicUsize>) {
    let (tell, told) = tokio::sync::oneshot::channel();
    let task = session.data_task_with(request, move |_| {
        ends.fetch_add(1, Ordering::SeqCst);
        let _ = tell.send(());
    });
    task.resume();
    let chance = scatter(number);
    tokio::time::sleep(Duration::from_micros(chance % 5000)).await;
    if chance & (1 << 20) != 0 {
        task.suspend();
    }
    task.cancel();
    within("the completion of a cancelled task", told)
        .await
        .unwrap();
}

#[test]
fn ten_thousand_cancels_at_random_moments_have_one_completion_each_and_leave_nothing() {
    let (origin, full) = (Origin::spawn().unwrap(), FullBacklog::start().unwrap());
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let alive = || Handle::current().metrics().num_alive_tasks();
        let before = (descriptors(), alive());
        let mut configuration = Configuration::ephemeral();
        configuration
            .tls_additional_roots
            .push(origin.authority().der().to_vec());
        configuration.http_maximum_connections_per_host = 12;
        let session = urlsession::session(configuration);
        let ends = Arc::new(AtomicUsize::new(0));
        let races = (0..RACES).map(|number| {
            race(
                &session,
                request(&origin, &full, number),
                number,
                ends.clone(),
            )
        });
        stream::iter(races)
            .buffer_unordered(64)
            .collect::<Vec<()>>()
            .await;
        assert_eq!(ends.load(Ordering::SeqCst), RACES);
        until(
            || session.task_count() == 0,
            || format!("{} tasks", session.task_count()),
        )
        .await;
        drop(session);
        let open = || (descriptors(), alive());
        until(
            || open() == before,
            || format!("{:?} open, {before:?} before", open()),
        )
        .await;
    });
}
