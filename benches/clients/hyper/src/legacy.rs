//! hyper-util's client.

use std::sync::Arc;

use harness::{Args, Result, scenario::Client};
use http::{Method, Request, Response, Uri, header};
use hyper::body::Incoming;
use hyper_util::client::legacy::{Client as Pool, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::body::Outgoing;
use crate::exchange;

#[derive(Clone)]
pub(crate) struct Legacy {
    pool: Pool<HttpConnector, Outgoing>,
    uri: Uri,
    args: Arc<Args>,
}

/// The client with its defaults, and prior knowledge of HTTP/2 where the scenario is about it.
pub(crate) fn client(args: &Args) -> Result<Legacy> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let mut builder = Pool::builder(TokioExecutor::new());
    builder
        .http2_only(args.scenario == "h2_conc")
        .pool_timer(TokioTimer::new());
    Ok(Legacy {
        pool: builder.build(connector),
        uri: args.url.parse()?,
        args: Arc::new(args.clone()),
    })
}

impl Legacy {
    async fn send(&self, method: Method, body: Outgoing) -> Result<Response<Incoming>> {
        let request = Request::builder().method(method).uri(self.uri.clone());
        Ok(self
            .pool
            .request(request.header(header::ACCEPT, "*/*").body(body)?)
            .await?)
    }
}

impl Client for Legacy {
    async fn get(&self) -> Result<u64> {
        exchange::gather(self.send(Method::GET, Outgoing::Empty).await?.into_body()).await
    }

    async fn discard(&self) -> Result<u64> {
        exchange::discard(self.send(Method::GET, Outgoing::Empty).await?.into_body()).await
    }

    async fn to_disk(&self) -> Result<u64> {
        let response = self.send(Method::GET, Outgoing::Empty).await?;
        exchange::save(response.into_body(), &self.args.file()?).await
    }

    async fn upload(&self) -> Result<u64> {
        let (body, size) = Outgoing::file(&self.args.file()?)?;
        exchange::gather(self.send(Method::PUT, body).await?.into_body()).await?;
        Ok(size)
    }
}
