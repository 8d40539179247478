//! The tour: real transfers against a server started here, on loopback, with a table of what happened.
//!
//!     cargo xtask demo             at a pace that can be followed
//!     cargo xtask demo --once      without any pause; ends with 0 when all went as it must, else with 1
//!     cargo xtask demo --svg FILE  writes the waterfall at its end to that file too
//!     cargo xtask demo URL         fetches that URL

mod basics;
mod cached;
mod fetch;
mod figures;
mod flow;
mod queue;
mod redirects;
mod report;
mod resumed;
mod screen;
mod secure;
mod stage;
mod tour;
mod trouble;
mod waterfall;

use std::process::ExitCode;

use screen::Screen;

const USAGE: &str = "usage: demo [--once] [--svg FILE] [URL]";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (mut once, mut svg, mut url) = (false, None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--once" => once = true,
            "--svg" if arguments.len() > 0 => svg = arguments.next(),
            _ if argument.starts_with('-') || url.is_some() => {
                eprintln!("{USAGE}");
                return ExitCode::FAILURE;
            }
            _ => url = Some(argument),
        }
    }
    let screen = Screen::new();
    let ended = match url {
        Some(url) => fetch::fetch(&screen, &url).await,
        None => tour::tour(screen, once, svg.as_deref()).await,
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}
