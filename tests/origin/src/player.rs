//! Plays a script on a connection.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::h2_read::FrameReader;
use crate::script::{Script, Step};
use crate::wire::Wire;

/// The most a scripted server takes in before it calls the request endless, in bytes.
const REQUEST_LIMIT: usize = 64 * 1024 * 1024;

/// How a scripted connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The script closed it with FIN.
    Closed,
    /// The script sent FIN without TLS's close_notify.
    Cut,
    /// The script dropped the socket.
    Dropped,
    /// The script sent RST.
    Reset,
    /// The peer closed it.
    PeerClosed,
    /// The peer reset it, or a write found it closed.
    PeerReset,
}

/// Where a script left its connection.
pub(crate) enum Played {
    /// Open, with all steps done.
    Open(Wire),
    /// Ended, by this.
    Ended(Ending),
}

/// Sees the bytes that come in while a script plays.
pub(crate) trait Listen: Send {
    /// Bytes came in.
    fn received(&mut self, bytes: &[u8]);
}

/// Plays `script`; with `head_read` its first reading of a head is taken as done.
pub(crate) async fn play(
    script: Script,
    wire: Wire,
    listen: &mut dyn Listen,
    head_read: bool,
) -> Played {
    let mut player = Player::new(wire, listen);
    let mut steps = script.steps.into_iter().peekable();
    if head_read && let Some(Step::ReadHead | Step::ReadRequest) = steps.peek() {
        steps.next();
    }
    for step in steps {
        if let Some(ending) = Ending::of(&step) {
            player.end(ending).await;
            return Played::Ended(ending);
        }
        if let Err(stop) = player.run(step).await {
            return Played::Ended(stop.0);
        }
    }
    Played::Open(player.hand_back())
}

/// Reads a request's head for whoever chooses a script by it.
pub(crate) async fn read_head(wire: &mut Wire, listen: &mut dyn Listen) -> Result<Vec<u8>, Ending> {
    let mut unread = BytesMut::new();
    loop {
        if let Some(end) = find(&unread, b"\r\n\r\n") {
            let head = unread.split_to(end + 4).to_vec();
            wire.unread(&unread);
            return Ok(head);
        }
        fill(wire, &mut unread, listen)
            .await
            .map_err(|stop| stop.0)?;
    }
}

impl Ending {
    /// The ending that a step makes by itself.
    fn of(step: &Step) -> Option<Self> {
        match step {
            Step::Close => Some(Self::Closed),
            Step::Cut => Some(Self::Cut),
            Step::Drop => Some(Self::Dropped),
            Step::Reset => Some(Self::Reset),
            Step::ReadHead
            | Step::ReadBody(_)
            | Step::ReadRequest
            | Step::ReadH2Preface
            | Step::ReadH2Head
            | Step::ReadH2Request
            | Step::Write(_)
            | Step::WriteSlowly { .. }
            | Step::WriteForever(_)
            | Step::Pause(_)
            | Step::WaitFor(_)
            | Step::Release(_)
            | Step::Stall
            | Step::ExpectClose
            | Step::HalfClose => None,
        }
    }
}

/// The connection ended in the middle of the script.
struct Stop(Ending);

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Self {
        Self(Ending::PeerReset)
    }
}

struct Player<'a> {
    wire: Wire,
    listen: &'a mut dyn Listen,
    unread: BytesMut,
    frames: FrameReader,
}

impl<'a> Player<'a> {
    fn new(wire: Wire, listen: &'a mut dyn Listen) -> Self {
        Self {
            wire,
            listen,
            unread: BytesMut::new(),
            frames: FrameReader::default(),
        }
    }

    fn hand_back(mut self) -> Wire {
        self.wire.unread(&self.unread);
        self.wire
    }

    async fn end(self, ending: Ending) {
        match ending {
            Ending::Closed => self.wire.close().await,
            Ending::Cut => self.wire.cut().await,
            Ending::Reset => self.wire.reset(),
            Ending::Dropped | Ending::PeerClosed | Ending::PeerReset => drop(self.wire),
        }
    }

    async fn run(&mut self, step: Step) -> Result<(), Stop> {
        match step {
            Step::ReadHead => drop(self.head().await?),
            Step::ReadBody(length) => drop(self.take(length).await?),
            Step::ReadRequest => self.request().await?,
            Step::ReadH2Preface => self.h2_preface().await?,
            Step::ReadH2Head => self.h2_until(|frames| frames.take_head()).await?,
            Step::ReadH2Request => self.h2_until(|frames| frames.take_request()).await?,
            Step::Write(bytes) => self.write(&bytes).await?,
            Step::WriteSlowly {
                bytes,
                chunk,
                every,
            } => self.dribble(&bytes, chunk, every).await?,
            Step::WriteForever(bytes) => return Err(self.write_forever(bytes).await),
            Step::Pause(time) => tokio::time::sleep(time).await,
            Step::WaitFor(signal) => signal.released().await,
            Step::Release(signal) => signal.release(),
            Step::HalfClose => self.wire.half_close().await?,
            Step::Stall => {
                self.wire.peer_gone().await;
                return Err(Stop(Ending::PeerClosed));
            }
            Step::ExpectClose => loop {
                self.unread.clear();
                self.fill().await?;
            },
            Step::Close | Step::Cut | Step::Drop | Step::Reset => {}
        }
        Ok(())
    }

    async fn fill(&mut self) -> Result<(), Stop> {
        fill(&mut self.wire, &mut self.unread, self.listen).await
    }

    async fn head(&mut self) -> Result<BytesMut, Stop> {
        self.until(b"\r\n\r\n").await
    }

    /// Takes everything up to and with `mark`.
    async fn until(&mut self, mark: &[u8]) -> Result<BytesMut, Stop> {
        loop {
            if let Some(start) = find(&self.unread, mark) {
                return Ok(self.unread.split_to(start + mark.len()));
            }
            self.fill().await?;
        }
    }

    async fn take(&mut self, length: usize) -> Result<BytesMut, Stop> {
        while self.unread.len() < length {
            self.fill().await?;
        }
        Ok(self.unread.split_to(length))
    }

    async fn request(&mut self) -> Result<(), Stop> {
        let head = self.head().await?;
        match Framing::of(&head) {
            Framing::Length(length) => drop(self.take(length).await?),
            Framing::Chunked => self.chunked_body().await?,
        }
        Ok(())
    }

    async fn chunked_body(&mut self) -> Result<(), Stop> {
        loop {
            let line = self.until(b"\r\n").await?;
            let digits = line[..]
                .split(|byte| matches!(byte, b';' | b'\r'))
                .next()
                .unwrap_or_default();
            let digits = std::str::from_utf8(digits).unwrap_or_default();
            match usize::from_str_radix(digits, 16) {
                Ok(0) | Err(_) => break,
                Ok(size) => drop(self.take(size.saturating_add(2)).await?),
            }
        }
        while self.until(b"\r\n").await?.len() > 2 {}
        Ok(())
    }

    async fn h2_preface(&mut self) -> Result<(), Stop> {
        self.take(crate::frame::CLIENT_PREFACE.len()).await?;
        self.h2_until(|frames| frames.take_settings()).await
    }

    async fn h2_until(
        &mut self,
        mut done: impl FnMut(&mut FrameReader) -> bool,
    ) -> Result<(), Stop> {
        while !done(&mut self.frames) {
            while !self.frames.advance(&mut self.unread) {
                self.fill().await?;
            }
        }
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.wire.write_all(bytes).await?;
        self.wire.flush().await?;
        Ok(())
    }

    async fn dribble(&mut self, bytes: &[u8], chunk: usize, every: Duration) -> Result<(), Stop> {
        for piece in bytes.chunks(chunk.max(1)) {
            self.write(piece).await?;
            match every {
                Duration::ZERO => tokio::task::yield_now().await,
                every => tokio::time::sleep(every).await,
            }
        }
        Ok(())
    }

    async fn write_forever(&mut self, bytes: Bytes) -> Stop {
        let (mut reader, mut writer) = tokio::io::split(&mut self.wire);
        let write = async {
            loop {
                if writer.write_all(&bytes).await.is_err() || writer.flush().await.is_err() {
                    return Stop(Ending::PeerReset);
                }
                tokio::task::yield_now().await;
            }
        };
        let listen = &mut *self.listen;
        let read = async {
            let mut scratch = vec![0; 16 * 1024];
            loop {
                match reader.read(&mut scratch).await {
                    Ok(0) => return Stop(Ending::PeerClosed),
                    Ok(count) => listen.received(&scratch[..count]),
                    Err(_) => return Stop(Ending::PeerReset),
                }
            }
        };
        tokio::select! { stop = write => stop, stop = read => stop }
    }
}

async fn fill(wire: &mut Wire, unread: &mut BytesMut, listen: &mut dyn Listen) -> Result<(), Stop> {
    if unread.len() > REQUEST_LIMIT {
        return Err(Stop(Ending::Dropped));
    }
    let before = unread.len();
    match wire.read_buf(unread).await {
        Ok(0) => Err(Stop(Ending::PeerClosed)),
        Ok(_) => {
            listen.received(&unread[before..]);
            Ok(())
        }
        // What rustls says of a peer that closed without close_notify.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Stop(Ending::PeerClosed)),
        Err(error) => Err(error.into()),
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// How a request's body is delimited.
enum Framing {
    Length(usize),
    Chunked,
}

impl Framing {
    fn of(head: &[u8]) -> Self {
        let head = String::from_utf8_lossy(head).to_ascii_lowercase();
        let value = |name: &str| {
            head.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(str::trim)
        };
        if value("transfer-encoding").is_some_and(|coding| coding.ends_with("chunked")) {
            return Self::Chunked;
        }
        Self::Length(
            value("content-length")
                .and_then(|it| it.parse().ok())
                .unwrap_or_default(),
        )
    }
}
