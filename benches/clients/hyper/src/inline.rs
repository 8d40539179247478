//! One connection, polled by the task that makes the requests.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::Poll;

use harness::{Args, Meter, Result, split_url};
use http::{Request, Uri, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::body::Outgoing;
use crate::exchange;

/// `small_seq`.
pub(crate) async fn run(args: &Args) -> Result<()> {
    let (host, path) = split_url(&args.url)?;
    let stream = TcpStream::connect(host).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake::<_, Outgoing>(TokioIo::new(stream)).await?;
    let mut connection = pin!(connection);
    let path: Uri = path.parse()?;
    get(&mut sender, connection.as_mut(), host, &path).await?; // the warm-up
    let meter = Meter::start()?;
    let mut bytes = 0;
    for _ in 0..args.n {
        bytes += get(&mut sender, connection.as_mut(), host, &path).await?;
    }
    meter.finish(args, bytes)
}

async fn get(
    sender: &mut http1::SendRequest<Outgoing>,
    mut connection: Pin<&mut impl Future>,
    host: &str,
    path: &Uri,
) -> Result<u64> {
    let mut exchange = pin!(async {
        sender.ready().await?;
        let request = Request::get(path.clone())
            .header(header::HOST, host)
            .header(header::ACCEPT, "*/*");
        let response = sender.send_request(request.body(Outgoing::Empty)?).await?;
        exchange::gather(response.into_body()).await
    });
    std::future::poll_fn(|cx| {
        if let Poll::Ready(result) = exchange.as_mut().poll(cx) {
            return Poll::Ready(result);
        }
        // Its end shows in the exchange.
        let _ = connection.as_mut().poll(cx);
        exchange.as_mut().poll(cx)
    })
    .await
}
