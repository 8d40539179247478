//! The scenarios, for clients that run on tokio.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::{Args, Error, Meter, Result, Unsupported};

/// Exchanges on the wire at once, for clients without a limit of their own.
const CAP: usize = 6;

/// What a tokio client has to give. Every method makes one whole exchange and returns its
/// number of body bytes.
pub trait Client: Clone + Send + Sync + 'static {
    /// Whether the client itself keeps to the limit of connections per host.
    const LIMITS_CONNECTIONS: bool = false;

    /// GET, the body gathered into one buffer.
    fn get(&self) -> impl Future<Output = Result<u64>> + Send;

    /// GET, the body streamed and dropped.
    fn discard(&self) -> impl Future<Output = Result<u64>> + Send {
        async { Err(Unsupported.into()) }
    }

    /// GET, the body streamed to `BENCH_FILE`.
    fn to_disk(&self) -> impl Future<Output = Result<u64>> + Send {
        async { Err(Unsupported.into()) }
    }

    /// PUT of `BENCH_FILE`, streamed; the size sent.
    fn upload(&self) -> impl Future<Output = Result<u64>> + Send {
        async { Err(Unsupported.into()) }
    }
}

/// Runs a future on a current-thread runtime.
///
/// # Errors
///
/// The future's, or that no runtime could be made.
pub fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(future)
}

/// Runs the scenario named in `args` with a client built for it.
///
/// # Errors
///
/// The client's, or [`Unsupported`].
pub async fn drive<C: Client>(args: &Args, client: C) -> Result<()> {
    let warm = matches!(
        &*args.scenario,
        "small_seq"
            | "https_seq"
            | "https_handshake"
            | "cache_fresh"
            | "cache_reval"
            | "small_conc"
            | "h2_conc"
            | "small_cap6"
    );
    if warm {
        client.get().await?;
    }
    let meter = Meter::start()?;
    let every = usize::try_from(args.n)?;
    let bytes = match &*args.scenario {
        "small_seq" | "https_seq" | "https_handshake" | "cache_fresh" | "cache_reval" => {
            in_turn(&client, args.n).await?
        }
        "small_conc" | "h2_conc" => at_once(&client, args.n, args.concurrency, false).await?,
        "small_cap6" => at_once(&client, args.n, args.concurrency, true).await?,
        "queued" => at_once(&client, args.n, every, true).await?,
        "inflight" => at_once(&client, args.n, every, false).await?,
        "download" => client.discard().await?,
        "download_disk" => client.to_disk().await?,
        "upload" => client.upload().await?,
        _ => return Err(Unsupported.into()),
    };
    meter.finish(args, bytes)
}

/// One exchange after another.
async fn in_turn<C: Client>(client: &C, n: u64) -> Result<u64> {
    let mut bytes = 0;
    for _ in 0..n {
        bytes += client.get().await?;
    }
    Ok(bytes)
}

/// Workers that each make their share of exchanges back to back; `capped` limits those on the wire.
async fn at_once<C: Client>(client: &C, n: u64, workers: usize, capped: bool) -> Result<u64> {
    let cap = (capped && !C::LIMITS_CONNECTIONS).then(|| Arc::new(Semaphore::new(CAP)));
    let mut tasks = Vec::with_capacity(workers);
    for worker in 0..workers as u64 {
        let share = n / workers as u64 + u64::from(worker < n % workers as u64);
        let (client, cap) = (client.clone(), cap.clone());
        tasks.push(tokio::spawn(async move {
            let mut bytes = 0;
            for _ in 0..share {
                let _permit = match &cap {
                    Some(cap) => Some(cap.acquire().await?),
                    None => None,
                };
                bytes += client.get().await?;
            }
            Ok::<u64, Error>(bytes)
        }));
    }
    let mut bytes = 0;
    for task in tasks {
        bytes += task.await??;
    }
    Ok(bytes)
}
