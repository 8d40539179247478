//! What traffic is for, on connections and on the wire.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use support::{Client, get};
use urlsession_core::{ConnectionId, HopRequest, NetworkServiceType};
use urlsession_origin::Origin;

fn of_service(url: &str, service: NetworkServiceType) -> HopRequest {
    let mut request = get(url);
    request.hints.service_type = service;
    request
}

async fn connections(client: &Client, url: &str) -> [ConnectionId; 4] {
    let mut connections = [ConnectionId(0); 4];
    for (service, connection) in [
        NetworkServiceType::Default,
        NetworkServiceType::Voice,
        NetworkServiceType::Default,
        NetworkServiceType::Voice,
    ]
    .into_iter()
    .zip(&mut connections)
    {
        let got = client.whole(of_service(url, service)).await.unwrap();
        *connection = got.connection;
    }
    connections
}

#[tokio::test]
async fn each_kind_has_its_connections() {
    let origin = Origin::spawn().unwrap();
    let used = connections(&Client::new(), &origin.url("/Nepal")).await;
    assert_eq!(used[..2], used[2..]);
    assert_ne!(used[0], used[1]);
}

#[cfg(feature = "http2")]
#[tokio::test]
async fn each_kind_has_its_shared_connection() {
    let origin = Origin::spawn().unwrap();
    let used = connections(&Client::http2(), &origin.h2_url("/Nepal")).await;
    assert_eq!(used[..2], used[2..]);
    assert_ne!(used[0], used[1]);
}

#[cfg(target_os = "linux")]
mod wire {
    use std::io::Read as _;
    use std::net::SocketAddrV4;
    use std::time::Duration;

    use socket2::{Domain, Protocol, SockFilter, Socket, Type};

    use super::*;

    /// Sees every TCP packet that reaches `server`; `None`, said aloud, where that is not allowed.
    #[expect(clippy::print_stdout, reason = "a skip is said aloud")]
    fn listener(server: SocketAddrV4) -> Option<Socket> {
        let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::TCP));
        let Ok(socket) = socket else {
            println!("SKIPPED: no raw sockets without the right to them");
            return None;
        };
        // Whatever else this machine says to itself would push out what is waited for.
        socket.attach_filter(&to_port(server.port())).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        Some(socket)
    }

    /// Lets packets to `port` through, from their IP headers on.
    fn to_port(port: u16) -> [SockFilter; 5] {
        /// The next instruction, if what was read is as expected.
        const NEXT: u8 = 0;
        const SKIP_ONE: u8 = 1;
        /// How the kernel's `linux/bpf_common.h` puts the codes together.
        const LENGTH_OF_HEADER: u16 = 0xb1; // LDX | B | MSH
        const HALF_WORD_AFTER_IT: u16 = 0x48; // LD | H | IND
        const IS_EQUAL: u16 = 0x15; // JMP | JEQ | K
        const KEEP: u16 = 0x06; // RET | K
        [
            SockFilter::new(LENGTH_OF_HEADER, 0, 0, 0),
            SockFilter::new(HALF_WORD_AFTER_IT, 0, 0, 2),
            SockFilter::new(IS_EQUAL, NEXT, SKIP_ONE, port.into()),
            SockFilter::new(KEEP, 0, 0, u32::MAX),
            SockFilter::new(KEEP, 0, 0, 0),
        ]
    }

    /// The class of the first `count` packets to `server`, as they arrive.
    fn classes(mut socket: &Socket, server: SocketAddrV4, count: usize) -> Vec<u8> {
        let mut packet = [0; 65_536];
        let mut classes = Vec::new();
        while classes.len() < count {
            let length = socket.read(&mut packet).unwrap();
            let header = usize::from(packet[0] & 0x0f) * 4;
            let Some(ports) = packet[..length].get(header..header + 4) else {
                continue;
            };
            // What came before there was a filter is here too.
            if ports[2..] == server.port().to_be_bytes() && packet[16..20] == server.ip().octets() {
                classes.push(packet[1]);
            }
        }
        classes
    }

    #[tokio::test]
    async fn every_packet_from_the_first_on_is_marked() {
        for (service, class) in [
            (NetworkServiceType::Default, 0),
            (NetworkServiceType::Background, 1 << 2),
            (NetworkServiceType::ResponsiveData, 18 << 2),
            (NetworkServiceType::Voice, 46 << 2),
        ] {
            let origin = Origin::spawn().unwrap();
            let url = origin.url("/Nepal");
            let port = url.rsplit(':').next().unwrap();
            let port = port.trim_end_matches("/Nepal").parse().unwrap();
            let server = SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, port);
            let Some(socket) = listener(server) else {
                return;
            };
            let got = Client::new()
                .whole(of_service(&url, service))
                .await
                .unwrap();
            assert_eq!(got.text(), "Kathmandu");
            // SYN, its acknowledgement, the request.
            assert_eq!(classes(&socket, server, 3), [class; 3], "{service:?}");
        }
    }
}
