//! Connections that end, servers that lie.

use std::time::Duration;

use urlsession::{
    Bytes, Configuration, DownloadOptions, Error, ErrorCode, ExpiredTimer, ResumeData, Session,
};
use urlsession_origin::faults::How;
use urlsession_origin::{RawOrigin, pattern};

use crate::server::{Fault, answer_length, serve};
use crate::{Folder, is_campaign, session_in};

/// Downloads `url` to `to` in so many parts, and goes on each time that it stops, in a new session as in a new process.
async fn to_the_end(folder: &Folder, url: &str, to: &str, segments: usize) -> Result<usize, Error> {
    let to = folder.path(to);
    let options = || DownloadOptions::new().to(&to).segments(segments);
    let mut attempts = 1;
    let mut outcome = session().download((url, options())).await;
    while let Err(error) = outcome {
        assert!(!to.exists(), "a part has the final name");
        if attempts == 10 {
            return Err(error);
        }
        attempts += 1;
        let session = session();
        outcome = match ResumeData::for_destination(&session, &to).await {
            Some(data) => session.download((data, options())).await,
            None => session.download((url, options())).await,
        };
    }
    Ok(attempts)
}

fn session() -> Session {
    urlsession::session(Configuration::default())
}

fn content(length: u64) -> Bytes {
    pattern(0..length).into()
}

/// Cut at `at`, a file in so many parts is `body`, or there is none.
async fn cut_at(origin: &RawOrigin, folder: &Folder, (at, segments): (usize, usize), body: &Bytes) {
    let url = origin.url(&format!("/{at}"));
    let name = format!("file-{at}");
    // A server that ends there each time it is asked for the whole gives it once the whole is asked for without a head.
    let outcome = to_the_end(folder, &url, &name, segments).await;
    let path = folder.path(&name);
    match outcome {
        Ok(_) => {
            assert!(
                std::fs::read(&path).unwrap() == *body,
                "cut at {at}: another file"
            );
            std::fs::remove_file(path).unwrap();
        }
        Err(error) => {
            assert_eq!(
                error.code(),
                ErrorCode::NetworkConnectionLost,
                "cut at {at}"
            );
            assert!(!path.exists(), "cut at {at}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_cut_at_any_byte_gives_the_right_file_or_none() {
    let body = content(4096);
    let whole = answer_length(&body);
    let head = whole - body.len();
    let stride = if is_campaign() { 1 } else { 13 };
    for how in [How::Close, How::Reset] {
        let (origin, folder) = (serve(body.clone(), Fault::Cut(0, how)), Folder::new());
        for at in (0..whole).step_by(stride) {
            cut_at(&origin, &folder, (at, 1), &body).await;
            // Once a byte of the body has come, nothing is asked for twice.
            if at > head && how == How::Close {
                let last = origin.connection(origin.accepted() - 1).unwrap();
                let last = last.text().to_ascii_lowercase();
                assert!(last.contains("range: bytes="), "cut at {at}: {last}");
            }
        }
        assert_eq!(folder.names(), Vec::<String>::new());
    }
}

/// Numbers that look like chance, and are the same each time.
fn scattered() -> impl Iterator<Item = usize> {
    let next = |place: &u64| {
        let next = place.wrapping_mul(6_364_136_223_846_793_005);
        Some(next.wrapping_add(1))
    };
    std::iter::successors(Some(0x9e37_79b9_7f4a_7c15), next)
        .map(|place: u64| usize::try_from(place >> 33).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_response_cut_anywhere_gives_the_right_file() {
    let body = content(64 * 1024 * 1024);
    let whole = answer_length(&body);
    let (cuts, of_parts) = if is_campaign() { (500, 150) } else { (2, 2) };
    let mut places = scattered().map(|place| place % (whole - 300) + 300);
    for (fault, segments, cuts) in [
        (Fault::Cut(0, How::Close), 1, cuts),
        (Fault::Cut(0, How::Reset), 1, cuts),
        (Fault::Cut(0, How::Close), 4, of_parts),
        (Fault::CutParts(How::Close), 4, of_parts),
        (Fault::CutParts(How::Reset), 4, of_parts),
    ] {
        let (origin, folder) = (serve(body.clone(), fault), Folder::new());
        for at in places.by_ref().take(cuts) {
            cut_at(&origin, &folder, (at, segments), &body).await;
        }
        assert_eq!(folder.names(), Vec::<String>::new());
        println!("{fault:?}, {segments} at once: cut {cuts} times");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_download_goes_on_later() {
    let body = content(1_000_000);
    let fault = Fault::Cut(500_000, How::Stall);
    let (origin, folder) = (serve(body.clone(), fault), Folder::new());
    let mut configuration = Configuration::default();
    configuration.timeout_interval_for_request = Duration::from_millis(300);
    let session = session_in(&folder.0, configuration);
    let error = session.download(origin.url("/")).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::TimedOut);
    let timer = std::error::Error::source(&error).unwrap();
    assert_eq!(timer.downcast_ref(), Some(&ExpiredTimer::Idle));
    let data = error.resume_data().cloned().unwrap();
    assert!(data.received() > 400_000, "{data:?}");
    let (file, _) = session.download(data).await.unwrap();
    assert!(std::fs::read(file.path()).unwrap() == body);
    file.remove().await.unwrap();
    assert_eq!(folder.names(), Vec::<String>::new());
}

/// Row 42: two resources are never joined.
#[tokio::test(flavor = "multi_thread")]
async fn security_42_nothing_is_spliced() {
    let body = content(100_000);
    for (fault, ends_well) in [
        (Fault::WrongPart, false),
        (Fault::WrongTotal, false),
        (Fault::Changes, false),
        (Fault::ShortParts(10_000), true),
        (Fault::Longer(1), false),
        (Fault::Cut(60_000, How::Drop), true),
    ] {
        let (origin, folder) = (serve(body.clone(), fault), Folder::new());
        let outcome = to_the_end(&folder, &origin.url("/"), "file", 1).await;
        assert_eq!(outcome.is_ok(), ends_well, "{fault:?}: {outcome:?}");
        match outcome {
            Ok(_) => assert!(std::fs::read(folder.path("file")).unwrap() == body),
            Err(error) => {
                assert_eq!(error.code(), ErrorCode::NetworkConnectionLost, "{fault:?}");
                assert!(!folder.path("file").exists());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_by_itself_as_often_as_it_may() {
    let body = content(100_000);
    let fault = Fault::Cut(60_000, How::Reset);
    let (origin, folder) = (serve(body.clone(), fault), Folder::new());
    let mut configuration = Configuration::default();
    configuration.retries_downloads = 3;
    let session = session_in(&folder.0, configuration);
    let (file, _) = session.download(origin.url("/")).await.unwrap();
    assert!(std::fs::read(file.path()).unwrap() == body);
    assert_eq!(origin.accepted(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_at_once_are_the_file_whatever_becomes_of_them() {
    let body = content(9_000_001);
    let whole = answer_length(&body);
    for (fault, connections) in [
        // The first answer ends in its half, where it is of no use any more.
        (Fault::ShortParts(usize::MAX), Some(4)),
        (Fault::ShortParts(1_000_000), None),
        (Fault::WrongPart, None),
        (Fault::WrongTotal, None),
        (Fault::Changes, None),
        (Fault::Cut(1_000_000, How::Reset), None),
        (Fault::Cut(1_000_000, How::Close), None),
        (Fault::Cut(whole, How::Close), Some(4)),
    ] {
        let (origin, folder) = (serve(body.clone(), fault), Folder::new());
        let mut configuration = Configuration::default();
        configuration.retries_downloads = 3;
        let session = session_in(&folder.0, configuration);
        let options = DownloadOptions::new().to(folder.path("file")).segments(4);
        match session.download((origin.url("/"), options)).await {
            Ok(_) => {
                let found = std::fs::read(folder.path("file")).unwrap();
                assert!(found == body, "{fault:?}: another file");
                assert_eq!(folder.names(), ["file"]);
            }
            Err(error) => {
                assert_eq!(connections, None, "{fault:?}: {error:?}");
                assert!(!folder.path("file").exists(), "{fault:?}");
            }
        }
        if let Some(connections) = connections {
            assert_eq!(origin.accepted(), connections, "{fault:?}");
        }
    }
}
