//! One large body, each way it can be moved.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;

use harness::{Args, Result, split_url};
use nix::fcntl::{FcntlArg, SpliceFFlags, fcntl};
use nix::sys::socket::{MsgFlags, recv};

use crate::exchange::{BUFFER, Opened, open, read_head, some};

/// Bytes asked for in one call that moves them inside the kernel.
const MOVED: usize = 1 << 20;
/// Bytes the kernel may drop in one call. The pages of the buffer are never touched.
const DROPPED: usize = 1 << 26;

pub(crate) fn read_and_drop(args: &Args) -> Result<u64> {
    let Opened {
        mut stream,
        first,
        length,
    } = open(&args.url)?;
    let mut buffer = vec![0; BUFFER];
    let mut bytes = first.len() as u64;
    while bytes < length {
        bytes += some(stream.read(&mut buffer)?)?;
    }
    Ok(bytes)
}

pub(crate) fn truncate(args: &Args) -> Result<u64> {
    let Opened {
        stream,
        first,
        length,
    } = open(&args.url)?;
    let mut buffer = vec![0; DROPPED];
    let mut bytes = first.len() as u64;
    while bytes < length {
        bytes += some(recv(stream.as_raw_fd(), &mut buffer, MsgFlags::MSG_TRUNC)?)?;
    }
    Ok(bytes)
}

pub(crate) fn read_and_write(args: &Args) -> Result<u64> {
    let Opened {
        mut stream,
        first,
        length,
    } = open(&args.url)?;
    let mut file = File::create(args.file()?)?;
    file.write_all(&first)?;
    let mut buffer = vec![0; BUFFER];
    let mut bytes = first.len() as u64;
    while bytes < length {
        let read = stream.read(&mut buffer)?;
        bytes += some(read)?;
        file.write_all(&buffer[..read])?;
    }
    Ok(bytes)
}

pub(crate) fn splice(args: &Args) -> Result<u64> {
    let Opened {
        stream,
        first,
        length,
    } = open(&args.url)?;
    let mut file = File::create(args.file()?)?;
    file.write_all(&first)?;
    let (from_pipe, to_pipe) = nix::unistd::pipe()?;
    fcntl(&to_pipe, FcntlArg::F_SETPIPE_SZ(i32::try_from(MOVED)?))?;
    let mut bytes = first.len() as u64;
    while bytes < length {
        let flags = SpliceFFlags::SPLICE_F_MOVE;
        let mut left = nix::fcntl::splice(&stream, None, &to_pipe, None, MOVED, flags)?;
        bytes += some(left)?;
        while left > 0 {
            left -= nix::fcntl::splice(&from_pipe, None, &file, None, left, flags)?;
        }
    }
    Ok(bytes)
}

pub(crate) fn send_by_copy(args: &Args) -> Result<u64> {
    let mut buffer = vec![0; BUFFER];
    send(args, |file, stream, _| {
        let read = file.read(&mut buffer)?;
        stream.write_all(&buffer[..read])?;
        Ok(read)
    })
}

pub(crate) fn send_file(args: &Args) -> Result<u64> {
    send(args, |file, stream, left| {
        let length = usize::try_from(left)?;
        Ok(nix::sys::sendfile::sendfile64(
            &*stream, &*file, None, length,
        )?)
    })
}

/// PUT of the file; `step` moves some of the bytes that are left and says how many.
fn send(
    args: &Args,
    mut step: impl FnMut(&mut File, &mut TcpStream, u64) -> Result<usize>,
) -> Result<u64> {
    let (host, path) = split_url(&args.url)?;
    let mut file = File::open(args.file()?)?;
    let length = file.metadata()?.len();
    let mut stream = TcpStream::connect(host)?;
    write!(
        stream,
        "PUT {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\n\r\n"
    )?;
    let mut sent = 0;
    while sent < length {
        sent += some(step(&mut file, &mut stream, length - sent)?)?;
    }
    read_head(&mut stream, &mut [0; 4096])?;
    Ok(sent)
}
