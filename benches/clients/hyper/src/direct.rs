//! Bare connections, spawned, and a list of those that are idle.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use harness::{Args, Result, scenario::Client, split_url};
use http::{Method, Request, Response, Uri, header};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::body::Outgoing;
use crate::exchange;

enum Sender {
    H1(http1::SendRequest<Outgoing>),
    H2(http2::SendRequest<Outgoing>),
}

struct Shared {
    args: Args,
    host: String,
    path: Uri,
    uri: Uri,
    h2: bool,
    idle: Mutex<Vec<Sender>>,
}

#[derive(Clone)]
pub(crate) struct Direct(Arc<Shared>);

impl Direct {
    pub(crate) fn new(args: &Args) -> Result<Self> {
        let (host, path) = split_url(&args.url)?;
        Ok(Self(Arc::new(Shared {
            args: args.clone(),
            host: host.into(),
            path: path.parse()?,
            uri: args.url.parse()?,
            h2: args.scenario == "h2_conc",
            idle: Mutex::default(),
        })))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Sender>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn request(&self, method: Method, body: Outgoing) -> Result<Request<Outgoing>> {
        let request = Request::builder()
            .method(method)
            .header(header::ACCEPT, "*/*");
        let request = if self.0.h2 {
            request.uri(self.0.uri.clone())
        } else {
            request
                .uri(self.0.path.clone())
                .header(header::HOST, &self.0.host)
        };
        Ok(request.body(body)?)
    }

    async fn connect(&self) -> Result<Sender> {
        let stream = TcpStream::connect(&self.0.host).await?;
        stream.set_nodelay(true)?;
        let stream = TokioIo::new(stream);
        Ok(if self.0.h2 {
            let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await?;
            tokio::spawn(connection);
            Sender::H2(sender)
        } else {
            let (sender, connection) = http1::handshake(stream).await?;
            tokio::spawn(connection);
            Sender::H1(sender)
        })
    }

    /// The response, and for http/1 the sender: it goes back once the body is read, as in a pool.
    async fn send(
        &self,
        method: Method,
        body: Outgoing,
    ) -> Result<(Response<Incoming>, Option<Sender>)> {
        let request = self.request(method, body)?;
        let idle = self.idle().pop();
        let sender = match idle {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        Ok(match sender {
            Sender::H1(mut sender) => {
                sender.ready().await?;
                (
                    sender.send_request(request).await?,
                    Some(Sender::H1(sender)),
                )
            }
            Sender::H2(mut sender) => {
                // One connection for everybody: a handle goes back at once.
                self.idle().push(Sender::H2(sender.clone()));
                (sender.send_request(request).await?, None)
            }
        })
    }
}

impl Client for Direct {
    async fn get(&self) -> Result<u64> {
        let (response, sender) = self.send(Method::GET, Outgoing::Empty).await?;
        let bytes = exchange::gather(response.into_body()).await?;
        if let Some(sender) = sender {
            self.idle().push(sender);
        }
        Ok(bytes)
    }

    async fn discard(&self) -> Result<u64> {
        let (response, _sender) = self.send(Method::GET, Outgoing::Empty).await?;
        exchange::discard(response.into_body()).await
    }

    async fn to_disk(&self) -> Result<u64> {
        let (response, _sender) = self.send(Method::GET, Outgoing::Empty).await?;
        exchange::save(response.into_body(), &self.0.args.file()?).await
    }

    async fn upload(&self) -> Result<u64> {
        let (body, size) = Outgoing::file(&self.0.args.file()?)?;
        let (response, _sender) = self.send(Method::PUT, body).await?;
        exchange::gather(response.into_body()).await?;
        Ok(size)
    }
}
