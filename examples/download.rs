//! A download with a bar. Ctrl-C stops it and says what it left; the same command again goes on there, as it does after a crash.
//!
//!     cargo run --example download -- https://example.com/image.iso [FILE]
#![expect(clippy::print_stdout, reason = "an example draws its bar")]

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use urlsession::futures::StreamExt as _;
use urlsession::{
    Configuration, DownloadOptions, DownloadTask, Progress, ProgressSnapshot, ResumeData, Session,
    Url,
};

const WIDTH: usize = 40;

fn draw(seen: ProgressSnapshot) {
    let filled = (seen.fraction_completed * WIDTH as f64) as usize;
    let speed = seen.throughput.unwrap_or_default() / 1e6;
    print!(
        "\r[{:WIDTH$}] {:3.0} % {speed:7.2} MB/s",
        "#".repeat(filled.min(WIDTH)),
        seen.fraction_completed * 100.0,
    );
    // Nobody is to blame for a bar that shows late.
    let _ = std::io::stdout().flush();
}

/// A task for what is left to do: all of it, or the rest.
async fn begin(session: &Session, url: &str, to: &PathBuf) -> Result<DownloadTask, Box<dyn Error>> {
    if let Some(data) = ResumeData::for_destination(session, to).await {
        println!("going on at byte {}", data.received());
        return Ok(session.download_task_resuming(data)?);
    }
    let options = DownloadOptions::new().to(to).replacing();
    Ok(session.download_task((url, options)))
}

async fn show(session: &Session, progress: Progress) {
    let runtime = session.platform().runtime.clone();
    let mut updates = progress.updates(runtime, Duration::from_millis(100));
    while let Some(seen) = updates.next().await {
        draw(seen);
    }
    println!();
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("usage: download URL [FILE]")?;
    let name = || {
        Some(
            Url::parse(&url)
                .ok()?
                .path_segments()?
                .next_back()?
                .to_owned(),
        )
    };
    let to: PathBuf = match arguments.next() {
        Some(path) => path.into(),
        None => name()
            .filter(|name| !name.is_empty())
            .ok_or("name a file")?
            .into(),
    };
    let mut configuration = Configuration::default();
    configuration.retries_downloads = 5;
    let session = urlsession::session(configuration);
    let task = begin(&session, &url, &to).await?;
    let shown = tokio::spawn({
        let (session, progress) = (session.clone(), task.progress());
        async move { show(&session, progress).await }
    });
    task.resume();
    tokio::select! {
        ended = task.finished() => {
            ended?;
            shown.await?;
            println!("{} bytes in {}", std::fs::metadata(&to)?.len(), to.display());
        }
        stopped = tokio::signal::ctrl_c() => {
            stopped?;
            let data = task.cancel_producing_resume_data().await;
            shown.await?;
            match data {
                Some(data) => println!("{}", String::from_utf8_lossy(&data.to_bytes())),
                None => println!("nothing to go on with"),
            }
        }
    }
    Ok(())
}
