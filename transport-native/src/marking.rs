//! How packets say what they are for: the differentiated services code point of a socket.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpSocket, TcpStream};
use urlsession_core::NetworkServiceType;

/// Connects to `address`; the first packet is marked already.
pub(crate) async fn connect(
    address: SocketAddr,
    service: NetworkServiceType,
) -> io::Result<TcpStream> {
    if service == NetworkServiceType::Default || !IS_POSSIBLE {
        return TcpStream::connect(address).await;
    }
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A system that does not let its sockets be marked carries the transfer all the same.
    drop(mark(&socket, address, service));
    socket.connect(address).await
}

// One list of systems for both: where socket2 can mark a socket of either kind.
cfg_select! {
    any(
        target_os = "android",
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "linux",
        target_os = "macos",
        target_os = "netbsd",
        target_os = "openbsd",
    ) => {
        /// True where sockets can be marked, for IPv4 and IPv6 alike.
        pub(crate) const IS_POSSIBLE: bool = true;

        /// The code point is the upper six bits of IPv4's TOS and of IPv6's traffic class (RFC 2474 section 3).
        fn mark(socket: &TcpSocket, to: SocketAddr, service: NetworkServiceType) -> io::Result<()> {
            let class = u32::from(service.dscp()) << 2;
            let socket = socket2::SockRef::from(socket);
            match to {
                SocketAddr::V4(_) => socket.set_tos_v4(class),
                SocketAddr::V6(_) => socket.set_tclass_v6(class),
            }
        }
    }
    _ => {
        /// Sockets cannot be marked.
        pub(crate) const IS_POSSIBLE: bool = false;

        fn mark(_: &TcpSocket, _: SocketAddr, _: NetworkServiceType) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

    use socket2::SockRef;

    use super::*;

    #[tokio::test]
    async fn an_ipv4_socket_is_marked() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let to = listener.local_addr().unwrap();
        for (service, class) in [
            (NetworkServiceType::Default, 0),
            (NetworkServiceType::Background, 0x04),
            (NetworkServiceType::Voice, 0xb8),
        ] {
            let stream = connect(to, service).await.unwrap();
            assert_eq!(SockRef::from(&stream).tos_v4().unwrap(), class);
        }
    }

    #[tokio::test]
    async fn an_ipv6_socket_is_marked_where_there_is_ipv6() {
        let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else {
            return;
        };
        let to = listener.local_addr().unwrap();
        let stream = connect(to, NetworkServiceType::Video).await.unwrap();
        assert_eq!(SockRef::from(&stream).tclass_v6().unwrap(), 34 << 2);
    }
}
