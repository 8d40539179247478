//! Several transfers under one bar: each is one unit of the whole, and the bar shows what all do together.
//!
//!     cargo run --example progress -- https://example.com/a https://example.com/b
#![expect(clippy::print_stdout, reason = "an example draws its bar")]

use std::error::Error;
use std::io::Write;
use std::time::Duration;

use urlsession::futures::StreamExt;
use urlsession::{Configuration, Progress, ProgressSnapshot};

const WIDTH: usize = 40;

fn draw(seen: ProgressSnapshot) {
    let filled = (seen.fraction_completed * WIDTH as f64) as usize;
    let speed = seen.throughput.unwrap_or_default() / 1e6;
    let left = seen.estimated_time_remaining.unwrap_or_default();
    print!(
        "\r[{:WIDTH$}] {:3.0} % {speed:7.2} MB/s {:4.1} s left",
        "#".repeat(filled.min(WIDTH)),
        seen.fraction_completed * 100.0,
        left.as_secs_f64(),
    );
    // Nobody is to blame for a bar that shows late.
    let _ = std::io::stdout().flush();
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let session = urlsession::session(Configuration::default());
    let urls = std::env::args().skip(1);
    let tasks: Vec<_> = urls.map(|url| session.data_task(&url)).collect();
    let all = Progress::new(tasks.len().try_into()?);
    for task in &tasks {
        all.add_child(&task.progress(), 1)?;
    }
    all.resume(); // Or each task by itself; `all.cancel()` ends them all.

    let runtime = session.platform().runtime.clone();
    all.updates(runtime, Duration::from_millis(100))
        .for_each(async |seen| draw(seen))
        .await;
    println!("\n{:?}", all.state());
    for task in tasks {
        task.finished().await?;
    }
    Ok(())
}
