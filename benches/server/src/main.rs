//! `bench-server <folder>`: http/1.1, h2c by prior knowledge and https/1.1 on loopback ports of the
//! system's choice, on one thread. Writes the authority's certificate to `<folder>/ca.pem`, prints
//! one JSON line with its URLs, and serves until its standard input closes.

mod body;
mod life;
mod routes;
mod tls;

use std::net::Ipv4Addr;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

const BACKLOG: u32 = 4096;
const STREAMS: u32 = 1000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> harness::Result<()> {
    let folder = std::env::args()
        .nth(1)
        .ok_or("usage: bench-server <folder>")?;
    harness::raise_file_limit()?;
    let acceptor = tls::acceptor(folder.as_ref())?;
    let (http, h2c, https) = (listen()?, listen()?, listen()?);
    let urls = [("http", &http), ("h2c", &h2c), ("https", &https)];
    let urls: Vec<(&str, u16)> = urls
        .into_iter()
        .map(|(name, socket)| Ok((name, socket.local_addr()?.port())))
        .collect::<harness::Result<_>>()?;
    life::announce(&urls);
    let service = hyper::service::service_fn(routes::serve);
    let h1 = hyper::server::conn::http1::Builder::new();
    let mut h2 = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    h2.timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
    loop {
        tokio::select! {
            Ok(stream) = accept(&http) => {
                tokio::spawn(h1.serve_connection(TokioIo::new(stream), service));
            }
            Ok(stream) = accept(&h2c) => {
                tokio::spawn(h2.serve_connection(TokioIo::new(stream), service));
            }
            Ok(stream) = accept(&https) => {
                let (acceptor, h1) = (acceptor.clone(), h1.clone());
                tokio::spawn(async move {
                    let stream = acceptor.accept(stream).await?;
                    Ok::<_, harness::Error>(h1.serve_connection(TokioIo::new(stream), service).await?)
                });
            }
        }
    }
}

fn listen() -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    socket.listen(BACKLOG)
}

async fn accept(listener: &TcpListener) -> std::io::Result<TcpStream> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
