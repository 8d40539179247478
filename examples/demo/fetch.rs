//! Fetches a real URL, with a bar.

use urlsession::futures::StreamExt;
use urlsession::{Configuration, Error};

use crate::report::Failure;
use crate::screen::{Ink, Screen};
use crate::stage::named;

/// Reads the whole body, keeping none of it. False when there was no whole body.
pub(crate) async fn fetch(screen: &Screen, url: &str) -> Result<bool, Failure> {
    match read(screen, url).await {
        Ok(()) => Ok(true),
        Err(error) => {
            screen.say(&screen.ink(Ink::Red, &format!("{}: {error}", named(error.code()))));
            let mut cause = std::error::Error::source(&error);
            while let Some(deeper) = cause {
                screen.say(&format!("because {deeper}"));
                cause = deeper.source();
            }
            Ok(false)
        }
    }
}

async fn read(screen: &Screen, url: &str) -> Result<(), Error> {
    let session = urlsession::session(Configuration::ephemeral());
    let (mut chunks, response) = session.bytes(url).await?;
    let head = format!(
        "{:?} {} {}",
        response.version(),
        response.status(),
        response.url()
    );
    screen.say(&screen.ink(Ink::Bold, &head));
    for name in ["content-type", "server", "last-modified"] {
        if let Some(value) = response.value(name) {
            screen.say(&screen.ink(Ink::Faint, &format!("{name}: {value}")));
        }
    }
    let mut bar = screen.bar(response.expected_content_length());
    let mut count = 0;
    while let Some(chunk) = chunks.next().await {
        count += chunk?.len() as u64;
        bar.at(count);
    }
    bar.end(count);
    Ok(())
}
