//! An app's own logic, tested without a server: it fetches page after page, and waits when the server is busy.
//!
//!     cargo run --example mock --features mock
#![expect(clippy::print_stdout, reason = "an example prints what it found")]

use std::time::{Duration, Instant};

use urlsession::http::Method;
use urlsession::mock::{MockPlatform, Reply};
use urlsession::{Configuration, Error, ErrorCode, Runtime, Session};

/// The app: the text of all pages. `next` names the next page; a 503 says how many seconds to wait.
async fn pages(session: &Session, time: &dyn Runtime, first: &str) -> Result<String, Error> {
    let (mut text, mut next) = (String::new(), Some(first.to_owned()));
    while let Some(url) = next.take() {
        let (body, response) = session.data(&url).await?;
        if response.status() == 503 {
            let seconds = response.value("retry-after").and_then(|s| s.parse().ok());
            let pause = Duration::from_secs(seconds.ok_or(ErrorCode::BadServerResponse)?);
            time.sleep_until(time.now() + pause).await;
            next = Some(url);
        } else {
            text += &String::from_utf8_lossy(&body);
            next = response.value("next");
        }
    }
    Ok(text)
}

/// The app's tests; in a project of yours each `assert` would be in a `#[test]` of its own.
fn main() -> Result<(), Error> {
    let mock = MockPlatform::new();
    let server = |path| mock.transport().on(Method::GET, path);
    let first = Reply::new(200).header("next", "http://a.example/2");
    let busy = Reply::new(503).header("retry-after", "3600");
    let second = Reply::new(200).body("two");
    server("http://a.example/1").reply(first.body("one, "));
    server("http://a.example/2").reply(busy).then(second);
    server("http://a.example/stuck").reply(Reply::never());

    let week = Duration::from_secs(7 * 24 * 60 * 60);
    let mut configuration = Configuration::default();
    configuration.timeout_interval_for_request = week;
    let session = Session::new(mock.platform(), configuration);
    let run = |url| {
        mock.runtime()
            .block_on(pages(&session, mock.runtime(), url))
    };

    assert_eq!(run("http://a.example/1")?, "one, two");
    let asked_at = mock.transport().requests()[2].at.as_nanos();
    assert_eq!(Duration::from_nanos(asked_at).as_secs(), 3600);

    let began = Instant::now();
    let error = run("http://a.example/stuck").err();
    assert_eq!(error.map(|e| e.code()), Some(ErrorCode::TimedOut));
    println!("a 7-day timeout took {:?}", began.elapsed());
    Ok(())
}
