//! `bench-server-fast`: answers every http/1.1 GET with the bytes `/small` gives, without parsing:
//! about the least a server can spend, so that the client is the bottleneck at concurrency > 1.
//! GET only, no bodies. Prints one JSON line with its URL, serves until its standard input closes.

mod life;

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, RawFd};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1024\r\n\
                    date: Sat, 01 Jan 2028 00:00:00 GMT\r\n\r\n";
const EVENTS: usize = 512;

/// A connection, and how much of "\r\n\r\n" stood at the end of what was read last.
struct Connection {
    stream: TcpStream,
    seen: u8,
}

fn main() -> harness::Result<()> {
    harness::raise_file_limit()?;
    let mut answer = HEAD.as_bytes().to_vec();
    answer.extend_from_slice(&[b'a'; 1024]);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let epoll = Epoll::new(EpollCreateFlags::empty())?;
    watch(&epoll, &listener)?;
    life::announce(&[("http", listener.local_addr()?.port())]);
    let mut connections: BTreeMap<RawFd, Connection> = BTreeMap::new();
    let mut events = [EpollEvent::empty(); EVENTS];
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let ready = match epoll.wait(&mut events, EpollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            ready => ready?,
        };
        for event in &events[..ready] {
            let fd = RawFd::try_from(event.data())?;
            if fd == listener.as_raw_fd() {
                accept_all(&listener, &epoll, &mut connections)?;
            } else if let Some(connection) = connections.get_mut(&fd)
                && connection.serve(&mut buffer, &answer).is_err()
            {
                connections.remove(&fd);
            }
        }
    }
}

fn watch(epoll: &Epoll, socket: &(impl AsRawFd + std::os::fd::AsFd)) -> harness::Result<()> {
    let data = u64::try_from(socket.as_raw_fd())?;
    Ok(epoll.add(socket, EpollEvent::new(EpollFlags::EPOLLIN, data))?)
}

fn accept_all(
    listener: &TcpListener,
    epoll: &Epoll,
    connections: &mut BTreeMap<RawFd, Connection>,
) -> harness::Result<()> {
    while let Ok((stream, _)) = listener.accept() {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        watch(epoll, &stream)?;
        connections.insert(stream.as_raw_fd(), Connection { stream, seen: 0 });
    }
    Ok(())
}

impl Connection {
    /// Reads once and answers every head that ended in it; an error when the connection is over.
    fn serve(&mut self, buffer: &mut [u8], answer: &[u8]) -> std::io::Result<()> {
        let read = match self.stream.read(buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            read => read?,
        };
        for &byte in &buffer[..read] {
            self.seen = match (self.seen, byte) {
                (0 | 2, b'\r') | (1 | 3, b'\n') => self.seen + 1,
                (_, b'\r') => 1,
                _ => 0,
            };
            if self.seen == 4 {
                self.seen = 0;
                self.stream.write_all(answer)?;
            }
        }
        Ok(())
    }
}
