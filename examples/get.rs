//! Gets one URL by `await`: prints the status, the header fields and the length of the body.
//!
//!     cargo run --example get -- https://example.com/
//!
//! It ends with 1 when there was no response. 404 is a response.
#![expect(clippy::print_stdout, reason = "an example prints what it got")]

use std::error::Error as _;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(url) = std::env::args().nth(1) else {
        eprintln!("usage: get URL");
        return ExitCode::FAILURE;
    };
    match get(&url).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{:?} {}: {error}", error.code(), error.code().raw());
            let mut cause = error.source();
            while let Some(deeper) = cause {
                eprintln!("  because {deeper}");
                cause = deeper.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn get(url: &str) -> Result<(), urlsession::Error> {
    let (body, response) = urlsession::shared().data(url).await?;
    println!(
        "{:?} {} {}",
        response.version(),
        response.status(),
        response.url()
    );
    for (name, value) in response.headers() {
        println!("{name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
    println!("\n{} bytes of body", body.len());
    Ok(())
}
