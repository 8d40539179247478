//! The physical floor: bare sockets that read a head only well enough for the benchmark server.
//! Names:
//!
//! * `raw`: blocking sockets (one after another, bodies), epoll (many connections)
//! * `raw-trunc` (download): MSG_TRUNC, the kernel drops the bytes without a copy
//! * `raw-splice`: download_disk by splice(2) through a pipe, upload by sendfile(2)
//! * `raw-file` (cache_fresh): open, read, close a stored body for each hit (`raw`: a map in memory)
//! * `raw-tokio`: the same minimal exchange on tokio's TcpStream

mod bulk;
mod exchange;
mod many;
mod on_tokio;
mod stored;

use std::process::ExitCode;

use harness::{Args, Meter, Result, Unsupported, scenario};

/// Connections where the scenario has a limit.
const CAP: usize = 6;

fn main() -> ExitCode {
    harness::main(|args| {
        if args.name == "raw-tokio" {
            let client = on_tokio::RawTokio::new(&args.url)?;
            return scenario::block_on(scenario::drive(args, client));
        }
        let every = usize::try_from(args.n)?;
        match (&*args.name, &*args.scenario) {
            ("raw", "small_seq") => exchange::in_turn(args),
            ("raw", "small_conc") => {
                measured(args, |args| many::run(&args.url, args.n, args.concurrency))
            }
            ("raw", "small_cap6" | "queued") => {
                measured(args, |args| many::run(&args.url, args.n, CAP))
            }
            ("raw", "inflight") => measured(args, |args| many::run(&args.url, args.n, every)),
            ("raw", "download") => measured(args, bulk::read_and_drop),
            ("raw-trunc", "download") => measured(args, bulk::truncate),
            ("raw", "download_disk") => measured(args, bulk::read_and_write),
            ("raw-splice", "download_disk") => measured(args, bulk::splice),
            ("raw", "upload") => measured(args, bulk::send_by_copy),
            ("raw-splice", "upload") => measured(args, bulk::send_file),
            ("raw", "cache_fresh") => stored::in_memory(args),
            ("raw-file", "cache_fresh") => stored::in_a_file(args),
            _ => Err(Unsupported.into()),
        }
    })
}

fn measured(args: &Args, run: impl FnOnce(&Args) -> Result<u64>) -> Result<()> {
    let meter = Meter::start()?;
    let bytes = run(args)?;
    meter.finish(args, bytes)
}
