//! How both servers begin and end.

use std::io::Read;

/// Prints `{"http": "http://127.0.0.1:port", ...}`, and sees to it that the process ends when its
/// standard input does: a runner that dies leaves no server behind.
#[expect(
    clippy::print_stdout,
    reason = "the runner reads the URLs on standard output"
)]
pub(crate) fn announce(ports: &[(&str, u16)]) {
    let url = |(name, port): &(&str, u16)| {
        let scheme = if *name == "https" { "https" } else { "http" };
        format!("\"{name}\":\"{scheme}://127.0.0.1:{port}\"")
    };
    println!(
        "{{{}}}",
        ports.iter().map(url).collect::<Vec<_>>().join(",")
    );
    std::thread::spawn(|| {
        // Nothing is ever written to it: what comes is its end, in one way or the other.
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
}
