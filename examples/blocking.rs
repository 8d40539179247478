//! A program without async code: copies one URL's body to standard output.
//!
//!     cargo run --features blocking --example blocking -- https://example.com/

use std::io::{self, Write};
use std::process::ExitCode;

use urlsession::Configuration;
use urlsession::blocking::Session;

fn main() -> ExitCode {
    let Some(url) = std::env::args().nth(1) else {
        eprintln!("usage: blocking URL");
        return ExitCode::FAILURE;
    };
    match copy(&url) {
        Ok(count) => {
            eprintln!("{count} bytes");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Each chunk is read from the network as the terminal takes the one before.
fn copy(url: &str) -> Result<u64, Box<dyn std::error::Error>> {
    let session = Session::new(Configuration::default());
    let (mut body, response) = session.bytes(url)?;
    eprintln!("{} {}", response.status(), response.url());
    let mut output = io::stdout().lock();
    let count = io::copy(&mut body, &mut output)?;
    output.flush()?;
    Ok(count)
}
