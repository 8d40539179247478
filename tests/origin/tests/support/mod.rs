//! Plain sockets for the tests: what a client sends and what comes back, as bytes.

#![allow(dead_code, reason = "every test file takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use urlsession_origin::{Listener, Origin};

/// A response as text: its head and its body as the wire had them.
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let end = bytes
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .unwrap_or_else(|| panic!("no head in {:?}", String::from_utf8_lossy(bytes)));
        Self {
            head: String::from_utf8_lossy(&bytes[..end]).into_owned(),
            body: bytes[end + 4..].to_vec(),
        }
    }

    pub(crate) fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Sends `request` to the origin's first port and reads until the server closes.
pub(crate) async fn send(origin: &Origin, request: &str) -> Answer {
    send_to(origin.address(Listener::Plain).unwrap(), request).await
}

/// Sends `request` to an address and reads until the server closes.
pub(crate) async fn send_to(address: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    Answer::parse(&read_to_end(&mut stream).await)
}

/// GETs a path on a connection of its own.
pub(crate) async fn get(origin: &Origin, path: &str) -> Answer {
    send(origin, &get_request(path)).await
}

pub(crate) fn get_request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: origin\r\nConnection: close\r\n\r\n")
}

/// Everything until FIN or an error.
pub(crate) async fn read_to_end(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut scratch = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = stream.read(&mut scratch).await {
        bytes.extend_from_slice(&scratch[..count]);
    }
    bytes
}

/// Reads until `mark` has come.
pub(crate) async fn read_until(stream: &mut (impl AsyncRead + Unpin), mark: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(mark) {
        match stream.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&bytes)),
        }
    }
    bytes
}
