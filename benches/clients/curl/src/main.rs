//! Name: `curl`. libcurl (static, OpenSSL, nghttp2): the easy interface at concurrency 1, the
//! multi-socket interface on epoll for more.

mod multi;
mod watch;

use std::fs::File;
use std::io::{Read, Write};
use std::process::ExitCode;

use curl::easy::{Easy2, Handler, HttpVersion, List, ReadError, WriteError};
use harness::{Args, Meter, Result, Unsupported};

/// As the curl tool does; the library's default is 16 KiB.
const BUFFER: usize = 512 * 1024;
const CAP: usize = 6;

/// Where a body goes.
enum Sink {
    Gather(Vec<u8>),
    Drop,
    File(File),
}

/// One transfer's side of libcurl's callbacks.
struct Exchange {
    bytes: u64,
    sink: Sink,
    source: Option<File>,
}

impl Exchange {
    /// As a user would write it: a fresh buffer for each body.
    fn gathering() -> Self {
        Self {
            bytes: 0,
            sink: Sink::Gather(Vec::new()),
            source: None,
        }
    }
}

impl Handler for Exchange {
    fn write(&mut self, data: &[u8]) -> std::result::Result<usize, WriteError> {
        match &mut self.sink {
            Sink::Gather(body) => body.extend_from_slice(data),
            Sink::Drop => {}
            Sink::File(file) => {
                if file.write_all(data).is_err() {
                    return Ok(0);
                }
            }
        }
        self.bytes += data.len() as u64;
        Ok(data.len())
    }

    fn read(&mut self, data: &mut [u8]) -> std::result::Result<usize, ReadError> {
        self.source
            .as_mut()
            .map_or(Ok(0), |file| file.read(data))
            .map_err(|_| ReadError::Abort)
    }
}

fn main() -> ExitCode {
    harness::main(|args| {
        let every = usize::try_from(args.n)?;
        match &*args.scenario {
            "small_seq" | "https_seq" | "https_handshake" => in_turn(args),
            "download" => single(args, Sink::Drop),
            "download_disk" => single(args, Sink::File(File::create(args.file()?)?)),
            "upload" => upload(args),
            "small_conc" => multi::run(args, args.concurrency, None),
            "h2_conc" => multi::run(args, args.concurrency, Some(1)),
            "small_cap6" => multi::run(args, args.concurrency, Some(CAP)),
            "queued" => multi::run(args, every, Some(CAP)),
            "inflight" => multi::run(args, every, None),
            _ => Err(Unsupported.into()),
        }
    })
}

fn easy(args: &Args, exchange: Exchange) -> Result<Easy2<Exchange>> {
    let mut easy = Easy2::new(exchange);
    easy.url(&args.url)?;
    easy.signal(false)?;
    if args.scenario.starts_with("https") {
        easy.cainfo(args.ca_path()?)?;
        easy.http_version(HttpVersion::V11)?;
    }
    if args.scenario == "https_handshake" {
        easy.forbid_reuse(true)?;
    }
    if args.scenario == "h2_conc" {
        easy.http_version(HttpVersion::V2PriorKnowledge)?;
        easy.pipewait(true)?;
    }
    Ok(easy)
}

fn in_turn(args: &Args) -> Result<()> {
    let mut easy = easy(args, Exchange::gathering())?;
    easy.perform()?; // the warm-up
    let meter = Meter::start()?;
    let mut bytes = 0;
    for _ in 0..args.n {
        *easy.get_mut() = Exchange::gathering();
        easy.perform()?;
        bytes += easy.get_ref().bytes;
    }
    meter.finish(args, bytes)
}

fn single(args: &Args, sink: Sink) -> Result<()> {
    let meter = Meter::start()?;
    let mut easy = easy(
        args,
        Exchange {
            bytes: 0,
            sink,
            source: None,
        },
    )?;
    easy.buffer_size(BUFFER)?;
    easy.perform()?;
    meter.finish(args, easy.get_ref().bytes)
}

fn upload(args: &Args) -> Result<()> {
    let meter = Meter::start()?;
    let source = File::open(args.file()?)?;
    let size = source.metadata()?.len();
    let mut easy = easy(
        args,
        Exchange {
            bytes: 0,
            sink: Sink::Drop,
            source: Some(source),
        },
    )?;
    easy.upload(true)?;
    easy.in_filesize(size)?;
    easy.upload_buffer_size(BUFFER)?;
    let mut headers = List::new();
    headers.append("Expect:")?;
    easy.http_headers(headers)?;
    easy.perform()?;
    meter.finish(args, size)
}
