//! A listener that never accepts.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// How many connections are put in the listener's way: more than a backlog of zero takes.
const FILLERS: usize = 4;

/// A port that listens but never accepts, its backlog full: a client's connect neither succeeds nor
/// fails, and times out.
///
/// Proven on Linux, where a full backlog drops the client's SYN; elsewhere a client may be refused.
#[derive(Debug)]
pub struct FullBacklog {
    address: SocketAddr,
    _listener: Socket,
    _fillers: Vec<Socket>,
}

impl FullBacklog {
    /// Listens, and fills the backlog.
    ///
    /// # Errors
    /// If no port can be bound.
    pub fn start() -> io::Result<Self> {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        listener.listen(0)?;
        let bound = listener.local_addr()?;
        let address = bound.as_socket();
        let address = address.ok_or_else(|| io::Error::other("a port without an IP address"))?;
        let mut fillers = Vec::new();
        for _ in 0..FILLERS {
            let filler = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            filler.set_nonblocking(true)?;
            // In progress, which is all that is wanted of it.
            let _ = filler.connect(&bound);
            fillers.push(filler);
        }
        Ok(Self {
            address,
            _listener: listener,
            _fillers: fillers,
        })
    }

    /// The URL of a path there.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
