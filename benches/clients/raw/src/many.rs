//! Many connections on epoll, each asking again as soon as it is answered.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use harness::Result;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use crate::exchange::{head, request, some};

const EVENTS: usize = 512;
/// Bytes within which a response's head ends.
const HEAD: usize = 256;

/// A connection and how far its response has come; nothing is wanted until the head is read.
struct Connection {
    stream: TcpStream,
    read: usize,
    wanted: Option<usize>,
    start: [u8; HEAD],
}

/// `n` exchanges on `connections` connections; the body bytes.
pub(crate) fn run(url: &str, n: u64, connections: usize) -> Result<u64> {
    let (host, request) = request(url)?;
    let epoll = Epoll::new(EpollCreateFlags::empty())?;
    let mut open = Vec::with_capacity(connections);
    let mut sent = 0;
    for index in 0..connections {
        let mut connection = Connection::open(&host)?;
        epoll.add(
            &connection.stream,
            EpollEvent::new(EpollFlags::EPOLLIN, index as u64),
        )?;
        if sent < n {
            connection.stream.write_all(&request)?;
            sent += 1;
        }
        open.push(connection);
    }
    let mut events = [EpollEvent::empty(); EVENTS];
    let mut buffer = vec![0; 16 * 1024];
    let (mut done, mut bytes) = (0, 0);
    while done < n {
        let ready = match epoll.wait(&mut events, EpollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            ready => ready?,
        };
        for event in &events[..ready] {
            let connection = &mut open[usize::try_from(event.data())?];
            let Some(body) = connection.receive(&mut buffer)? else {
                continue;
            };
            bytes += body;
            done += 1;
            if sent < n {
                connection.stream.write_all(&request)?;
                sent += 1;
            }
        }
    }
    Ok(bytes)
}

impl Connection {
    fn open(host: &str) -> Result<Self> {
        let stream = TcpStream::connect(host)?;
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            read: 0,
            wanted: None,
            start: [0; HEAD],
        })
    }

    /// Reads once; the length of the body when that ended the response.
    fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<u64>> {
        let read = match self.stream.read(buffer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            read => usize::try_from(some(read?)?)?,
        };
        if self.wanted.is_none() {
            self.wanted = self.wants(&buffer[..read]);
        }
        self.read += read;
        let Some(wanted) = self.wanted.filter(|wanted| self.read >= *wanted) else {
            return Ok(None);
        };
        let whole = std::mem::take(&mut self.read);
        self.wanted = None;
        if whole > wanted {
            return Err("more than was asked for".into());
        }
        Ok(Some(self.body_of(wanted)))
    }

    /// Bytes of the whole response, once its head is there.
    fn wants(&mut self, new: &[u8]) -> Option<usize> {
        let end = HEAD.min(self.read + new.len());
        if self.read < end {
            self.start[self.read..end].copy_from_slice(&new[..end - self.read]);
        }
        let (head, length) = head(&self.start[..end])?;
        Some(head + usize::try_from(length).ok()?)
    }

    fn body_of(&self, wanted: usize) -> u64 {
        let (head, _) = head(&self.start).unwrap_or((wanted, 0));
        (wanted - head) as u64
    }
}
