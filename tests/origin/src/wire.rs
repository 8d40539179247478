//! One accepted connection as bytes: TCP or TLS over it, counted.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use rustls::ServerConfig;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a closed connection is still read from, so that the peer sees FIN and not RST.
const LINGER: Duration = Duration::from_secs(5);

/// Told of the bytes that pass, and (when dropped) that the connection is gone.
pub(crate) trait Meter: Send + Sync {
    /// `count` bytes came in.
    fn read(&self, count: usize);
    /// `count` bytes were taken by the transport.
    fn written(&self, count: usize);
    /// The socket was closed.
    fn closed(&self);
}

/// A connection's bytes, with what was read too far given back first.
pub(crate) struct Wire {
    stream: Stream,
    unread: BytesMut,
    /// Last, so that the socket is closed when the meter hears of it.
    meter: Metering,
}

struct Metering(Arc<dyn Meter>);

impl Drop for Metering {
    fn drop(&mut self) {
        self.0.closed();
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Wire {
    /// Takes an accepted socket, and makes the TLS handshake if a configuration is given.
    pub(crate) async fn accept(
        tcp: TcpStream,
        tls: Option<Arc<ServerConfig>>,
        meter: Arc<dyn Meter>,
    ) -> io::Result<Self> {
        let meter = Metering(meter);
        tcp.set_nodelay(true)?;
        let stream = match tls {
            None => Stream::Plain(tcp),
            Some(config) => Stream::Tls(Box::new(TlsAcceptor::from(config).accept(tcp).await?)),
        };
        Ok(Self {
            stream,
            unread: BytesMut::new(),
            meter,
        })
    }

    /// The protocol agreed by ALPN, if any.
    pub(crate) fn alpn(&self) -> Option<&[u8]> {
        match &self.stream {
            Stream::Plain(_) => None,
            Stream::Tls(tls) => tls.get_ref().1.alpn_protocol(),
        }
    }

    /// Gives bytes back: they are read again before anything else.
    pub(crate) fn unread(&mut self, bytes: &[u8]) {
        let rest = self.unread.split();
        self.unread.extend_from_slice(bytes);
        self.unread.unsplit(rest);
    }

    /// Resolves when the peer has closed or reset, without reading what it sent.
    pub(crate) async fn peer_gone(&self) {
        /// How often the socket is looked at: data that nobody reads hides the event.
        const LOOK_EVERY: Duration = Duration::from_millis(5);
        use tokio::io::Interest;
        loop {
            match self.tcp().ready(Interest::READABLE | Interest::ERROR).await {
                Ok(ready) if !ready.is_read_closed() && !ready.is_error() => {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                Ok(_) | Err(_) => return,
            }
        }
    }

    /// Sends FIN (and close_notify under TLS) and leaves reading open.
    pub(crate) async fn half_close(&mut self) -> io::Result<()> {
        self.shutdown().await
    }

    /// Sends FIN (and close_notify under TLS), then reads the rest away until the peer closes.
    pub(crate) async fn close(mut self) {
        if self.shutdown().await.is_ok() {
            self.read_away().await;
        }
    }

    /// Sends FIN without TLS's close_notify, then reads the rest away until the peer closes.
    pub(crate) async fn cut(mut self) {
        if SockRef::from(self.tcp())
            .shutdown(std::net::Shutdown::Write)
            .is_ok()
        {
            self.read_away().await;
        }
    }

    /// Closes with RST.
    pub(crate) fn reset(self) {
        // Without the option the peer sees FIN; nothing better can be done here.
        let _ = SockRef::from(self.tcp()).set_linger(Some(Duration::ZERO));
    }

    fn tcp(&self) -> &TcpStream {
        match &self.stream {
            Stream::Plain(tcp) => tcp,
            Stream::Tls(tls) => tls.get_ref().0,
        }
    }

    async fn read_away(&mut self) {
        let mut scratch = vec![0; 16 * 1024];
        let drain = async { while matches!(self.read(&mut scratch).await, Ok(1..)) {} };
        let _ = tokio::time::timeout(LINGER, drain).await;
    }

    fn pinned(&mut self) -> Pin<&mut dyn Duplex> {
        let stream: &mut dyn Duplex = match &mut self.stream {
            Stream::Plain(tcp) => tcp,
            Stream::Tls(tls) => tls.as_mut(),
        };
        Pin::new(stream)
    }
}

trait Duplex: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Duplex for T {}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.unread.is_empty() {
            let count = self.unread.len().min(buf.remaining());
            buf.put_slice(&self.unread.split_to(count));
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(self.pinned().poll_read(cx, buf))?;
        self.meter.0.read(buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(self.pinned().poll_write(cx, bytes))?;
        self.meter.0.written(count);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned().poll_shutdown(cx)
    }
}
