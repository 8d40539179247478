//! Resumable uploads on HTTP/2, by h2 itself: hyper's server sends no interim responses there.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::Poll;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use h2::RecvStream;
use h2::server::SendResponse;
use http::{Request, header};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinSet};

use super::{End, Line, UploadExchange, number_of};
use crate::listen::{Site, bind, received};
use crate::wire::Wire;

/// A port where resumable uploads are served on HTTP/2 with prior knowledge, and nothing else. Dropped, it closes.
#[derive(Debug)]
pub struct H2Uploads {
    address: SocketAddr,
    task: AbortHandle,
}

impl Drop for H2Uploads {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl H2Uploads {
    /// `http://127.0.0.1:PORT/path`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn spawn(runtime: &Handle, site: Site) -> io::Result<Self> {
        let (bound, binding) = std::sync::mpsc::channel();
        let task = runtime.spawn(async move {
            match bind(SocketAddr::from(([127, 0, 0, 1], 0))).await {
                Ok((listener, address)) => {
                    // Whoever asked for it may have gone.
                    let _ = bound.send(Ok(address));
                    accept(listener, site).await;
                }
                Err(error) => drop(bound.send(Err(error))),
            }
        });
        let address = binding.recv().map_err(io::Error::other)??;
        let task = task.abort_handle();
        Ok(Self { address, task })
    }
}

async fn accept(listener: TcpListener, site: Site) {
    let mut connections = JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        let site = site.clone();
        connections.spawn(async move {
            let connection = site.log.connection_accepted(site.listener);
            let meter = site.log.meter(connection);
            if let Ok(wire) = Wire::accept(tcp, None, meter).await {
                // The client learns of an error from the connection; there is nobody else to tell.
                let _ = serve(wire, connection, site).await;
            }
        });
    }
}

/// Serves streams until the client goes, or a fault ends the connection.
async fn serve(wire: Wire, connection: usize, site: Site) -> Result<(), h2::Error> {
    let mut http = h2::server::handshake(wire).await?;
    let mut exchanges = FuturesUnordered::new();
    loop {
        tokio::select! {
            accepted = http.accept() => match accepted {
                Some(accepted) => {
                    let (request, respond) = accepted?;
                    exchanges.push(exchange(request, respond, (connection, site.clone())));
                }
                None => return Ok(()),
            },
            Some(end) = exchanges.next() => match end {
                End::Open | End::Closed => {}
                End::Reset => {
                    // What was said before the fault goes out: a turn of the connection writes it.
                    let said = poll_fn(|context| Poll::Ready(http.poll_closed(context)));
                    let _ = said.await;
                    return Ok(());
                }
            }
        }
    }
}

async fn exchange(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    (connection, site): (usize, Site),
) -> End {
    let (head, body) = request.into_parts();
    let log = site.log.clone();
    let request = log.request_received(received(&head, connection, &site));
    let Some(number) = number_of(&head) else {
        respond.send_reset(h2::Reason::REFUSED_STREAM);
        return End::Closed;
    };
    let declared = head.headers.get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|length| length.to_str().ok()?.parse().ok());
    let exchange = UploadExchange {
        head,
        number,
        uploads: site.uploads,
        log,
        request,
    };
    let mut line = Line::Http2(respond, body, declared);
    match exchange.answer(&mut line).await {
        Ok(end) => end,
        Err(_) => End::Closed,
    }
}
