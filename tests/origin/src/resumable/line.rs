//! The way by which a request's body comes, and its answer goes.

use std::io;

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use http::{HeaderName, HeaderValue, Response, header};
use tokio::io::AsyncWriteExt as _;

use super::reader::Reader;
use crate::wire::Wire;

pub(super) enum Line<'a> {
    Http1(&'a mut Wire, Reader),
    Http2(SendResponse<Bytes>, RecvStream, Option<usize>),
}

impl Line<'_> {
    /// How long the body is, where the head says so.
    pub(super) fn declared(&self) -> Option<usize> {
        match self {
            Self::Http1(_, reader) => reader.length(),
            Self::Http2(_, _, declared) => *declared,
        }
    }

    /// The next bytes of the body; `None` at its end.
    pub(super) async fn next(&mut self) -> io::Result<Option<Bytes>> {
        match self {
            Self::Http1(wire, reader) => reader.next(wire).await,
            Self::Http2(_, body, _) => {
                let Some(chunk) = body.data().await else {
                    return Ok(None);
                };
                let chunk = chunk.map_err(io::Error::other)?;
                let flow = body.flow_control();
                flow.release_capacity(chunk.len())
                    .map_err(io::Error::other)?;
                Ok(Some(chunk))
            }
        }
    }

    /// Waits until the client is there no more.
    pub(super) async fn peer_gone(&mut self) {
        match self {
            Self::Http1(wire, _) => wire.peer_gone().await,
            // What the client sends nobody takes, so its window closes.
            Self::Http2(respond, ..) => {
                let _ = std::future::poll_fn(|context| respond.poll_reset(context)).await;
            }
        }
    }

    /// Sends an interim response, with these lines of fields.
    pub(super) async fn interim(&mut self, status: &str, fields: &str) -> io::Result<()> {
        match self {
            Self::Http1(wire, _) => {
                write(wire, &format!("HTTP/1.1 {status}\r\n{fields}\r\n")).await
            }
            Self::Http2(respond, ..) => {
                let interim = response(status, fields)?;
                respond
                    .send_informational(interim)
                    .map_err(io::Error::other)
            }
        }
    }

    /// Sends the answer, with these lines of fields; `None` where it can have no body.
    pub(super) async fn answer(
        &mut self,
        status: &str,
        fields: &str,
        body: Option<String>,
    ) -> io::Result<()> {
        let length = body
            .as_ref()
            .map(|body| format!("Content-Length: {}\r\n", body.len()));
        let (length, body) = (length.unwrap_or_default(), body.unwrap_or_default());
        match self {
            Self::Http1(wire, _) => {
                let text = format!("HTTP/1.1 {status}\r\n{fields}{length}\r\n{body}");
                write(wire, &text).await
            }
            Self::Http2(respond, ..) => {
                let head = response(status, fields)?;
                let is_end = body.is_empty();
                let sending = respond.send_response(head, is_end);
                let mut stream: SendStream<Bytes> = sending.map_err(io::Error::other)?;
                match is_end {
                    true => Ok(()),
                    false => stream
                        .send_data(body.into(), true)
                        .map_err(io::Error::other),
                }
            }
        }
    }
}

/// The head that these lines are on HTTP/2: what is of the connection has no place there.
fn response(status: &str, fields: &str) -> io::Result<Response<()>> {
    let code = status.split(' ').next().unwrap_or_default();
    let mut response = Response::builder().status(code);
    for line in fields.lines() {
        let Some((name, value)) = line.split_once(": ") else {
            continue;
        };
        let name: HeaderName = name.parse().map_err(io::Error::other)?;
        if name != header::CONNECTION {
            let value = HeaderValue::from_str(value).map_err(io::Error::other)?;
            response = response.header(name, value);
        }
    }
    response.body(()).map_err(io::Error::other)
}

async fn write(wire: &mut Wire, text: &str) -> io::Result<()> {
    wire.write_all(text.as_bytes()).await?;
    wire.flush().await
}
