//! What is measured: every scenario, the clients that do it, and how much of it.

/// Bytes in a MiB.
pub(crate) const MIB: u64 = 1 << 20;

/// Which of the server's addresses a scenario goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Address {
    Http,
    H2c,
    Https,
    /// The server that does next to nothing.
    Fast,
}

/// How much is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Work {
    /// So many exchanges by so many workers.
    Exchanges { n: u64, concurrency: u64 },
    /// One GET of so many bytes.
    Download(u64),
    /// One PUT of so many bytes.
    Upload(u64),
}

/// What the figure of a scenario is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metric {
    /// Requests a second.
    Rate,
    /// GB a second.
    Throughput,
    /// Bytes of memory a request.
    Memory,
}

/// One row of the plan.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// What the tables call it.
    pub(crate) label: &'static str,
    /// What the clients call it.
    pub(crate) name: &'static str,
    pub(crate) address: Address,
    pub(crate) path: &'static str,
    pub(crate) work: Work,
    pub(crate) clients: &'static [&'static str],
    /// Whether client and server share a core, so that no idle core has to be woken.
    pub(crate) one_core: bool,
    pub(crate) metric: Metric,
    /// Two lengths (exchanges, or MiB of a download) whose difference callgrind counts.
    pub(crate) lengths: Option<(u64, u64)>,
}

impl Scenario {
    pub(crate) fn is_memory(&self) -> bool {
        self.metric == Metric::Memory
    }

    /// What callgrind's figure is for one of.
    pub(crate) fn unit(&self) -> &'static str {
        if matches!(self.work, Work::Download(_)) {
            "MiB"
        } else {
            "request"
        }
    }
}

const SEQ: &[&str] = &[
    "ours",
    "ours-parse",
    "ours-task",
    "raw",
    "raw-tokio",
    "hyper",
    "hyper-inline",
    "hyper-util",
    "reqwest",
    "ureq",
    "curl",
];
const MANY: &[&str] = &[
    "ours",
    "raw",
    "raw-tokio",
    "hyper",
    "hyper-util",
    "reqwest",
    "curl",
];
const H2: &[&str] = &["ours", "hyper", "hyper-util", "reqwest", "curl"];
const TLS: &[&str] = &["ours", "reqwest", "ureq", "curl"];
const DROP: &[&str] = &[
    "ours",
    "raw",
    "raw-trunc",
    "raw-tokio",
    "hyper",
    "hyper-util",
    "reqwest",
    "ureq",
    "curl",
];
/// Between a file and a server, either way.
const FILE: &[&str] = &[
    "ours",
    "raw",
    "raw-splice",
    "hyper",
    "hyper-util",
    "reqwest",
    "reqwest-tuned",
    "ureq",
    "curl",
];
const HIT: &[&str] = &[
    "ours",
    "ours-disk",
    "raw",
    "raw-file",
    "reqwest-cache-moka",
    "reqwest-cache-cacache",
];
const REVALIDATED: &[&str] = &[
    "ours",
    "ours-disk",
    "reqwest-cache-moka",
    "reqwest-cache-cacache",
];
const STORED: &[&str] = &["ours-disk"];

/// The package that a client's name is served by.
pub(crate) fn package(client: &str) -> &'static str {
    match client {
        "ours" | "ours-parse" | "ours-task" | "ours-disk" => "client-ours",
        "raw" | "raw-trunc" | "raw-splice" | "raw-file" | "raw-tokio" => "client-raw",
        "hyper" | "hyper-inline" | "hyper-util" => "client-hyper",
        "reqwest" | "reqwest-tuned" => "client-reqwest",
        "reqwest-cache-moka" | "reqwest-cache-cacache" => "client-reqwest-cache",
        "ureq" => "client-ureq",
        _ => "client-curl",
    }
}

/// Whether there is such a client.
pub(crate) fn knows(client: &str) -> bool {
    SCENARIOS
        .iter()
        .any(|scenario| scenario.clients.contains(&client))
        || super::cold::PACKAGES
            .iter()
            .any(|(name, _)| *name == client)
}

const fn exchanges(n: u64, concurrency: u64) -> Work {
    Work::Exchanges { n, concurrency }
}

/// Every scenario, in the order of the tables.
pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        label: "A small GETs in turn, one core",
        name: "small_seq",
        address: Address::Http,
        path: "/small",
        work: exchanges(20_000, 1),
        clients: SEQ,
        one_core: true,
        metric: Metric::Rate,
        lengths: Some((500, 1500)),
    },
    Scenario {
        label: "B small GETs, 64 workers",
        name: "small_conc",
        address: Address::Http,
        path: "/small",
        work: exchanges(20_000, 64),
        clients: MANY,
        one_core: false,
        metric: Metric::Rate,
        lengths: Some((1000, 3000)),
    },
    Scenario {
        label: "B small GETs, 64 workers, fast server",
        name: "small_conc",
        address: Address::Fast,
        path: "/small",
        work: exchanges(40_000, 64),
        clients: MANY,
        one_core: false,
        metric: Metric::Rate,
        lengths: None,
    },
    Scenario {
        label: "B small GETs, 256 workers, 6 connections",
        name: "small_cap6",
        address: Address::Http,
        path: "/small",
        work: exchanges(20_000, 256),
        clients: MANY,
        one_core: false,
        metric: Metric::Rate,
        lengths: Some((1000, 3000)),
    },
    Scenario {
        label: "C download 1 GiB, dropped",
        name: "download",
        address: Address::Http,
        path: "/bytes/",
        work: Work::Download(1024 * MIB),
        clients: DROP,
        one_core: false,
        metric: Metric::Throughput,
        lengths: Some((64, 192)),
    },
    Scenario {
        label: "C download 1 GiB, to disk",
        name: "download_disk",
        address: Address::Http,
        path: "/bytes/",
        work: Work::Download(1024 * MIB),
        clients: FILE,
        one_core: false,
        metric: Metric::Throughput,
        lengths: None,
    },
    Scenario {
        label: "D upload 512 MiB",
        name: "upload",
        address: Address::Http,
        path: "/upload",
        work: Work::Upload(512 * MIB),
        clients: FILE,
        one_core: false,
        metric: Metric::Throughput,
        lengths: None,
    },
    Scenario {
        label: "E cache, fresh hits",
        name: "cache_fresh",
        address: Address::Http,
        path: "/cacheable",
        work: exchanges(5000, 1),
        clients: HIT,
        one_core: false,
        metric: Metric::Rate,
        lengths: Some((200, 600)),
    },
    Scenario {
        label: "E cache, revalidated",
        name: "cache_reval",
        address: Address::Http,
        path: "/etag",
        work: exchanges(500, 1),
        clients: REVALIDATED,
        one_core: true,
        metric: Metric::Rate,
        lengths: Some((200, 600)),
    },
    Scenario {
        label: "E cache on disk, hits among 100",
        name: "cache_among_100",
        address: Address::Http,
        path: "/entry",
        work: exchanges(5000, 100),
        clients: STORED,
        one_core: false,
        metric: Metric::Rate,
        lengths: None,
    },
    Scenario {
        label: "E cache on disk, hits among 100,000",
        name: "cache_among_100000",
        address: Address::Http,
        path: "/entry",
        work: exchanges(5000, 100),
        clients: STORED,
        one_core: false,
        metric: Metric::Rate,
        lengths: None,
    },
    Scenario {
        label: "E cache on disk, 100,000 entries opened",
        name: "cache_open",
        address: Address::Http,
        path: "/entry",
        work: exchanges(100_000, 1),
        clients: STORED,
        one_core: false,
        metric: Metric::Rate,
        lengths: None,
    },
    Scenario {
        label: "F 10,000 in flight",
        name: "inflight",
        address: Address::Http,
        path: "/delay/2000",
        work: exchanges(10_000, 10_000),
        clients: MANY,
        one_core: false,
        metric: Metric::Memory,
        lengths: None,
    },
    Scenario {
        label: "F 100,000 queued, 6 connections",
        name: "queued",
        address: Address::Http,
        path: "/small",
        work: exchanges(100_000, 100_000),
        clients: MANY,
        one_core: false,
        metric: Metric::Memory,
        lengths: None,
    },
    Scenario {
        label: "H https GETs in turn, one core",
        name: "https_seq",
        address: Address::Https,
        path: "/small",
        work: exchanges(10_000, 1),
        clients: TLS,
        one_core: true,
        metric: Metric::Rate,
        lengths: Some((200, 600)),
    },
    Scenario {
        label: "H https, a connection for each GET",
        name: "https_handshake",
        address: Address::Https,
        path: "/small",
        work: exchanges(500, 1),
        clients: TLS,
        one_core: true,
        metric: Metric::Rate,
        lengths: None,
    },
    Scenario {
        label: "I h2c, 100 streams",
        name: "h2_conc",
        address: Address::H2c,
        path: "/small",
        work: exchanges(20_000, 100),
        clients: H2,
        one_core: false,
        metric: Metric::Rate,
        lengths: Some((1000, 3000)),
    },
];
