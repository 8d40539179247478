//! The byte stream under hyper, h2 and rustls: a TCP socket that can be asked twice and that fails late.

use std::io::{self, IoSlice, Read as _};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use urlsession_core::{CipherSuite, ErrorCode, ExchangeEvents, TlsVersion};

use crate::errors::{self, Fault};
use crate::head::HEADER_BYTES_LIMIT;
use crate::meter::Meter;
#[cfg(feature = "tls")]
use crate::tls;

const FLOWING: u8 = 0;
const LOOKING: u8 = 1;
const RESTING: u8 = 2;
const REFUSED: u8 = 3;

/// The most bytes that may come before the final head is complete: what heads may have in all, and what TLS adds.
const HEADS_LIMIT: usize = HEADER_BYTES_LIMIT + 16 * 1024;

/// What a connection's owner and its stream, buried in hyper, tell each other.
#[derive(Debug, Default)]
pub(crate) struct Line {
    mode: AtomicU8,
    /// Bytes that have come since the exchange began.
    heard: AtomicUsize,
    /// The final head is still to come.
    awaits_head: AtomicBool,
    /// The request's body is not out.
    is_sending: AtomicBool,
    /// What reading failed with, where that is better known here than above: h2 keeps an I/O error's text alone.
    failure: OnceLock<ErrorCode>,
    /// What there is to say of the connection, once it is made.
    link: OnceLock<Link>,
    is_metered: AtomicBool,
    meter: Mutex<Option<Meter>>,
}

/// What metrics say of a connection, whoever uses it.
#[derive(Clone, Copy, Debug, Default)]
struct Link {
    local: Option<SocketAddr>,
    remote: Option<SocketAddr>,
    tls: Option<(TlsVersion, CipherSuite)>,
}

impl Line {
    /// Makes each read ask the kernel, whatever the reactor has heard, for as long as `look` runs.
    pub(crate) fn looking<T>(&self, look: impl FnOnce() -> T) -> T {
        self.mode.store(LOOKING, Ordering::Relaxed);
        let seen = look();
        self.mode.store(FLOWING, Ordering::Relaxed);
        seen
    }

    /// Has nothing read for as long as `rest` runs: what hyper has buffered must do.
    pub(crate) fn resting<T>(&self, rest: impl FnOnce() -> T) -> T {
        self.mode.store(RESTING, Ordering::Relaxed);
        let seen = rest();
        self.mode.store(FLOWING, Ordering::Relaxed);
        seen
    }

    /// Makes all further reads fail: the peer has sent more interim responses than anybody reads.
    pub(crate) fn refuse(&self) {
        self.mode.store(REFUSED, Ordering::Relaxed);
    }

    /// A request's body is on its way: closed from now on, the connection is reset.
    pub(crate) fn begin_sending(&self) {
        self.is_sending.store(true, Ordering::Relaxed);
    }

    /// The request's body is out.
    pub(crate) fn end_sending(&self) {
        self.is_sending.store(false, Ordering::Relaxed);
    }

    /// What reading failed with, where it is known.
    #[cfg(feature = "http2")]
    pub(crate) fn failure(&self) -> Option<ErrorCode> {
        self.failure.get().copied()
    }

    /// A new exchange begins: nothing was heard.
    pub(crate) fn listen(&self) {
        self.heard.store(0, Ordering::Relaxed);
        self.awaits_head.store(true, Ordering::Relaxed);
    }

    /// The final head is there.
    pub(crate) fn answered(&self) {
        self.awaits_head.store(false, Ordering::Relaxed);
    }

    /// The bytes that have come since the exchange began.
    pub(crate) fn heard(&self) -> usize {
        self.heard.load(Ordering::Relaxed)
    }

    /// An exchange begins on it: what metrics say of the connection.
    pub(crate) fn describe(&self, events: &ExchangeEvents, protocol: &str, is_reused: bool) {
        let link = self.link.get().copied().unwrap_or_default();
        events.measure(|transaction| {
            transaction.network_protocol_name = Some(protocol.to_owned());
            transaction.is_reused_connection = Some(is_reused);
            transaction.is_proxy_connection = Some(false);
            transaction.local_address = link.local;
            transaction.remote_address = link.remote;
            transaction.negotiated_tls_protocol_version = link.tls.map(|(version, _)| version);
            transaction.negotiated_tls_cipher_suite = link.tls.map(|(_, suite)| suite);
        });
    }

    /// Has the bytes of an exchange measured from now on, where somebody wants that.
    pub(crate) fn measure(&self, events: &ExchangeEvents) {
        if let Some(meter) = Meter::of(events) {
            *self.meter() = Some(meter);
            self.is_metered.store(true, Ordering::Relaxed);
        }
    }

    /// The exchange is over: what moves from now on is not its.
    pub(crate) fn end_measuring(&self) {
        if self.is_metered.swap(false, Ordering::Relaxed) {
            *self.meter() = None;
        }
    }

    fn meter(&self) -> MutexGuard<'_, Option<Meter>> {
        self.meter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn metered(&self, work: impl FnOnce(&mut Meter)) {
        if self.is_metered.load(Ordering::Relaxed)
            && let Some(meter) = &mut *self.meter()
        {
            work(meter);
        }
    }

    /// Interim responses and head together may take so much; reading ends where they take more.
    fn has_heard_too_much(&self) -> bool {
        self.awaits_head.load(Ordering::Relaxed) && self.heard() > HEADS_LIMIT
    }
}

/// A TCP socket, and the line to its owner. It lies under rustls as well, so that a look reaches the kernel there too.
#[derive(Debug)]
pub(crate) struct Socket {
    tcp: TcpStream,
    line: Arc<Line>,
}

impl Socket {
    pub(crate) fn new(tcp: TcpStream) -> Self {
        Self {
            tcp,
            line: Arc::default(),
        }
    }

    pub(crate) fn line(&self) -> &Arc<Line> {
        &self.line
    }

    /// Reads what the kernel has, or its end. Nobody waits for a look: when there is nothing, no waker is kept.
    fn look(&self, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let socket = SockRef::from(&self.tcp);
        match socket.peek(&mut [MaybeUninit::uninit()]) {
            Ok(0) => Poll::Ready(Ok(())),
            Ok(_) => {
                let read = (&*socket).read(buffer.initialize_unfilled())?;
                buffer.advance(read);
                Poll::Ready(Ok(()))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl Drop for Socket {
    /// A body that was broken off is not sent on by the kernel to a server that does not read: the connection is reset.
    fn drop(&mut self) {
        if self.line.is_sending.load(Ordering::Relaxed) {
            // Where that cannot be, the kernel goes on for its own time.
            drop(self.tcp.set_zero_linger());
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.line.mode.load(Ordering::Relaxed) {
            LOOKING => return self.look(buffer),
            RESTING => return Poll::Pending,
            REFUSED => return Poll::Ready(Err(io::Error::other(Fault::TooManyInterimResponses))),
            _ => (),
        }
        if self.line.has_heard_too_much() {
            return Poll::Ready(Err(io::Error::other(Fault::TooManyInterimResponses)));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.tcp).poll_read(context, buffer))?;
        let read = buffer.filled().len() - before;
        self.line.heard.fetch_add(read, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}

/// A connection's byte stream, plain or under TLS.
#[derive(Debug)]
pub(crate) enum Stream {
    /// TCP itself.
    Plain(Socket),
    /// TLS over it.
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::client::TlsStream<Socket>>),
}

impl Link {
    fn of(stream: &Stream) -> Self {
        let (tcp, tls) = match stream {
            Stream::Plain(socket) => (&socket.tcp, None),
            #[cfg(feature = "tls")]
            Stream::Tls(stream) => {
                let (socket, session) = stream.get_ref();
                (&socket.tcp, tls::negotiated(session))
            }
        };
        Self {
            local: tcp.local_addr().ok(),
            remote: tcp.peer_addr().ok(),
            tls,
        }
    }
}

macro_rules! either {
    ($self:expr, $stream:ident => $call:expr) => {
        match $self {
            Stream::Plain($stream) => $call,
            #[cfg(feature = "tls")]
            Stream::Tls($stream) => $call,
        }
    };
}

/// The stream as hyper and h2 have it: a write that fails waits for reading to end.
///
/// A server that answers early (413) and closes makes the rest of the upload fail; the answer is in the socket all the same, and
/// only reading tells. When reading ends without one, that is the failure.
#[derive(Debug)]
pub(crate) struct Io {
    stream: Stream,
    parked: bool,
}

impl Io {
    pub(crate) fn new(stream: Stream) -> Self {
        let made = Self {
            stream,
            parked: false,
        };
        made.line().link.get_or_init(|| Link::of(&made.stream));
        made
    }

    pub(crate) fn line(&self) -> &Arc<Line> {
        match &self.stream {
            Stream::Plain(socket) => socket.line(),
            #[cfg(feature = "tls")]
            Stream::Tls(stream) => stream.get_ref().0.line(),
        }
    }

    fn park<T>(&mut self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if matches!(written, Poll::Ready(Err(_))) {
            self.parked = true;
            return Poll::Pending;
        }
        written
    }
}

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = either!(&mut self.stream, stream => Pin::new(stream).poll_read(context, buffer));
        match &read {
            Poll::Pending => {}
            Poll::Ready(Ok(())) => self
                .line()
                .metered(|meter| meter.read(&buffer.filled()[before..])),
            Poll::Ready(Err(error)) => {
                if let Some(code) = errors::known_in_io(error) {
                    self.line().failure.get_or_init(|| code);
                }
            }
        }
        read
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.parked {
            return Poll::Pending;
        }
        let written =
            either!(&mut self.stream, stream => Pin::new(stream).poll_write(context, bytes));
        if let Poll::Ready(Ok(count)) = written {
            self.line().metered(|meter| meter.wrote(&bytes[..count]));
        }
        self.park(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.parked {
            return Poll::Pending;
        }
        let written = either!(&mut self.stream, stream => Pin::new(stream).poll_write_vectored(context, slices));
        if let Poll::Ready(Ok(count)) = written {
            self.line()
                .metered(|meter| wrote_slices(meter, slices, count));
        }
        self.park(written)
    }

    fn is_write_vectored(&self) -> bool {
        either!(&self.stream, stream => stream.is_write_vectored())
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.parked {
            return Poll::Pending;
        }
        let flushed = either!(&mut self.stream, stream => Pin::new(stream).poll_flush(context));
        self.park(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.parked {
            return Poll::Ready(Ok(()));
        }
        either!(&mut self.stream, stream => Pin::new(stream).poll_shutdown(context))
    }
}

/// The first `count` bytes of `slices` went out.
fn wrote_slices(meter: &mut Meter, slices: &[IoSlice<'_>], mut count: usize) {
    for slice in slices {
        let part = &slice[..count.min(slice.len())];
        count -= part.len();
        meter.wrote(part);
    }
}
