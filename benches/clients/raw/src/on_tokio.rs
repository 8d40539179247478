//! The minimal exchange on tokio's sockets, with a list of idle ones.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use harness::{Result, scenario::Client};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::exchange::{BUFFER, head, request, some};

#[derive(Clone)]
pub(crate) struct RawTokio {
    host: Arc<str>,
    request: Arc<[u8]>,
    idle: Arc<Mutex<Vec<TcpStream>>>,
}

impl RawTokio {
    pub(crate) fn new(url: &str) -> Result<Self> {
        let (host, request) = request(url)?;
        Ok(Self {
            host: host.into(),
            request: request.into(),
            idle: Arc::default(),
        })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<TcpStream>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(&*self.host).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Client for RawTokio {
    async fn get(&self) -> Result<u64> {
        let idle = self.idle().pop();
        let mut stream = match idle {
            Some(stream) => stream,
            None => self.connect().await?,
        };
        stream.write_all(&self.request).await?;
        let mut response = Vec::with_capacity(4096);
        let (head, length) = loop {
            some(stream.read_buf(&mut response).await?)?;
            if let Some(found) = head(&response) {
                break found;
            }
        };
        while ((response.len() - head) as u64) < length {
            some(stream.read_buf(&mut response).await?)?;
        }
        self.idle().push(stream);
        Ok(length)
    }

    async fn discard(&self) -> Result<u64> {
        let mut stream = self.connect().await?;
        stream.write_all(&self.request).await?;
        let mut buffer = vec![0; BUFFER];
        let mut read = 0;
        let (head, length) = loop {
            read += usize::try_from(some(stream.read(&mut buffer[read..]).await?)?)?;
            if let Some(found) = head(&buffer[..read]) {
                break found;
            }
        };
        let mut bytes = (read - head) as u64;
        while bytes < length {
            bytes += some(stream.read(&mut buffer).await?)?;
        }
        Ok(bytes)
    }
}
