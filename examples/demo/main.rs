//! The tour: real transfers against a server started here, on loopback, with a table of what happened.
//!
//!     cargo xtask demo             at a pace that can be followed
//!     cargo xtask demo --once      without any pause; ends with 0 when all went as it must, else with 1
//!     cargo xtask demo URL         fetches that URL

mod basics;
mod fetch;
mod figures;
mod flow;
mod queue;
mod redirects;
mod report;
mod screen;
mod secure;
mod stage;
mod tour;
mod trouble;

use std::process::ExitCode;

use screen::Screen;

const USAGE: &str = "usage: demo [--once] [URL]";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (mut once, mut url) = (false, None);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--once" => once = true,
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
        None => tour::tour(screen, once).await,
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
