//! One exchange on a blocking socket.

use std::io::{Read, Write};
use std::net::TcpStream;

use harness::{Args, Meter, Result, split_url};

/// Bytes of a buffer for bodies.
pub(crate) const BUFFER: usize = 256 * 1024;

/// A response whose head has been read.
pub(crate) struct Opened {
    pub(crate) stream: TcpStream,
    /// What came of the body together with the head.
    pub(crate) first: Vec<u8>,
    pub(crate) length: u64,
}

/// The head of a GET.
pub(crate) fn request(url: &str) -> Result<(String, Vec<u8>)> {
    let (host, path) = split_url(url)?;
    let head = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: */*\r\n\r\n");
    Ok((host.into(), head.into_bytes()))
}

/// The length of the head and the content-length, once the head is whole.
pub(crate) fn head(bytes: &[u8]) -> Option<(usize, u64)> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let length = bytes[..end]
        .split(|&byte| byte == b'\n')
        .find_map(content_length);
    Some((end, length.unwrap_or(0)))
}

fn content_length(line: &[u8]) -> Option<u64> {
    let (name, value) = line.split_at_checked(15)?;
    if !name.eq_ignore_ascii_case(b"content-length:") {
        return None;
    }
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

/// A response on a connection of its own, up to its head.
pub(crate) fn open(url: &str) -> Result<Opened> {
    let (host, request) = request(url)?;
    let mut stream = TcpStream::connect(host)?;
    stream.write_all(&request)?;
    let mut buffer = vec![0; BUFFER];
    let (head, length, read) = read_head(&mut stream, &mut buffer)?;
    Ok(Opened {
        stream,
        first: buffer[head..read].to_vec(),
        length,
    })
}

/// `small_seq`.
pub(crate) fn in_turn(args: &Args) -> Result<()> {
    let (host, request) = request(&args.url)?;
    let mut stream = TcpStream::connect(host)?;
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; BUFFER];
    exchange(&mut stream, &request, &mut buffer)?; // the warm-up
    let meter = Meter::start()?;
    let mut bytes = 0;
    for _ in 0..args.n {
        bytes += exchange(&mut stream, &request, &mut buffer)?;
    }
    meter.finish(args, bytes)
}

fn exchange(stream: &mut TcpStream, request: &[u8], buffer: &mut [u8]) -> Result<u64> {
    stream.write_all(request)?;
    let (head, length, read) = read_head(stream, buffer)?;
    let mut body = (read - head) as u64;
    while body < length {
        body += some(stream.read(buffer)?)?;
    }
    Ok(body)
}

/// The head's length, the body's, and how much was read.
pub(crate) fn read_head(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<(usize, u64, usize)> {
    let mut read = 0;
    loop {
        read += usize::try_from(some(stream.read(&mut buffer[read..])?)?)?;
        if let Some((head, length)) = head(&buffer[..read]) {
            return Ok((head, length, read));
        }
    }
}

/// Something was read: a connection that ends inside a response is an error.
pub(crate) fn some(read: usize) -> Result<u64> {
    if read == 0 {
        Err("the connection closed too early".into())
    } else {
        Ok(read as u64)
    }
}
