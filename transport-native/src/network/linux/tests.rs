//! Against a bus of the test's own, with a NetworkManager that says what the test wants, and against peers that are no bus.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use urlsession_core::NetworkMonitor as _;
use zbus::Variant;

use super::*;
use crate::network::NativeNetwork;

fn facts(state: u32, kind: &str, metered: u32) -> Facts {
    Facts {
        state: Some(state),
        kind: Some(kind.to_owned()),
        metered: Some(metered),
    }
}

#[test]
fn what_the_manager_says_is_the_path() {
    let path = |state, kind, metered| facts(state, kind, metered).path(true);
    let satisfied = NetworkPath::satisfied;
    assert_eq!(path(70, "802-3-ethernet", 4), satisfied(NetworkKind::Wired));
    assert_eq!(path(70, "802-11-wireless", 2), satisfied(NetworkKind::Wifi));
    assert_eq!(
        path(60, "802-11-wireless", 1),
        satisfied(NetworkKind::Wifi).expensive()
    );
    assert_eq!(
        path(70, "802-11-wireless", 3),
        satisfied(NetworkKind::Wifi).expensive()
    );
    assert_eq!(path(70, "gsm", 2), satisfied(NetworkKind::Cellular));
    assert_eq!(path(50, "wireguard", 0), satisfied(NetworkKind::Other));
    assert_eq!(path(70, "", 0), satisfied(NetworkKind::Unknown));
}

#[test]
fn disconnected_is_believed_only_without_a_route() {
    for state in [10, 20, 30, 40] {
        let facts = facts(state, "", 0);
        assert_eq!(facts.path(true), NetworkPath::UNKNOWN, "{state}");
        assert_eq!(facts.path(false), NetworkPath::unsatisfied(), "{state}");
    }
    assert_eq!(facts(0, "gsm", 1).path(false), NetworkPath::UNKNOWN);
    assert_eq!(Facts::default().path(false), NetworkPath::UNKNOWN);
}

/// Where nothing else listens.
fn socket(name: &str) -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let file = format!("urlsession-{name}-{}-{number}", std::process::id());
    std::env::temp_dir().join(file)
}

fn monitor(address: String) -> NativeNetwork {
    NativeNetwork::of(Source {
        address: Some(address),
    })
}

/// A bus of its own, ended with this.
struct Bus {
    daemon: Child,
    address: String,
}

impl Bus {
    /// `None`, said aloud, where there is no `dbus-daemon`.
    fn start() -> Option<Self> {
        let path = socket("bus");
        let daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address=1"])
            .arg(format!("--address=unix:path={}", path.display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut daemon) = daemon else {
            let _ = writeln!(std::io::stderr(), "SKIPPED: no dbus-daemon");
            return None;
        };
        let mut address = String::new();
        let mut output = BufReader::new(daemon.stdout.take().unwrap());
        output.read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        assert!(!address.is_empty(), "the daemon listens nowhere");
        Some(Self { daemon, address })
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// A manager that says what it is told.
struct Manager {
    connection: Connection,
    facts: Arc<Mutex<Facts>>,
}

impl Manager {
    async fn start(bus: &Bus, facts: Facts) -> Self {
        let builder = connection::Builder::address(bus.address.as_str());
        let connection = builder.build().await.unwrap();
        let facts = Arc::new(Mutex::new(facts));
        let mut calls = MessageStream::from(&connection);
        tokio::spawn({
            let (connection, facts) = (connection.clone(), facts.clone());
            async move {
                while let Some(Ok(call)) = calls.next().await {
                    let header = call.header();
                    if header.member().is_some_and(|member| member == "GetAll") {
                        let said = properties(&facts.lock().unwrap().clone());
                        connection.reply(&header, &said).await.unwrap();
                    }
                }
            }
        });
        connection.request_name(MANAGER).await.unwrap();
        Self { connection, facts }
    }

    async fn say(&self, facts: Facts) {
        *self.facts.lock().unwrap() = facts;
        let changed = (MANAGER, HashMap::<&str, Variant<'_>>::new(), ["State"]);
        self.connection
            .emit_signal(
                None::<&str>,
                MANAGER_PATH,
                PROPERTIES,
                "PropertiesChanged",
                &changed,
            )
            .await
            .unwrap();
    }
}

fn properties(facts: &Facts) -> HashMap<&'static str, Variant<'static>> {
    let mut said = HashMap::from([("Version", Variant::from("1.42.0"))]);
    said.extend(facts.state.map(|state| ("State", Variant::from(state))));
    said.extend(
        facts
            .metered
            .map(|metered| ("Metered", Variant::from(metered))),
    );
    said.extend(
        facts
            .kind
            .clone()
            .map(|kind| ("PrimaryConnectionType", Variant::from(kind))),
    );
    said
}

#[tokio::test]
async fn paths_come_over_the_bus_as_the_manager_says_them() {
    let Some(bus) = Bus::start() else { return };
    let manager = Manager::start(&bus, facts(70, "802-11-wireless", 2)).await;
    let monitor = monitor(bus.address.clone());
    assert_eq!(monitor.path(), NetworkPath::UNKNOWN);
    let wifi = NetworkPath::satisfied(NetworkKind::Wifi);
    assert_eq!(monitor.settled().await, wifi);
    manager.say(facts(70, "gsm", 1)).await;
    let cellular = NetworkPath::satisfied(NetworkKind::Cellular);
    assert_eq!(monitor.changed(wifi).await, cellular);
    drop(manager.connection.close().await);
    assert_eq!(monitor.changed(cellular).await, NetworkPath::UNKNOWN);
    let _again = Manager::start(&bus, facts(70, "802-11-wireless", 2)).await;
    assert_eq!(monitor.changed(NetworkPath::UNKNOWN).await, wifi);
    drop(bus);
    assert_eq!(monitor.changed(wifi).await, NetworkPath::UNKNOWN);
}

#[tokio::test]
async fn a_bus_without_a_manager_tells_nothing() {
    let Some(bus) = Bus::start() else { return };
    assert_eq!(
        monitor(bus.address.clone()).settled().await,
        NetworkPath::UNKNOWN
    );
}

#[tokio::test]
async fn without_a_bus_nothing_is_known() {
    for address in ["unix:path=/nowhere/at-all", "no address", ""] {
        let settled = monitor(address.to_owned()).settled().await;
        assert_eq!(settled, NetworkPath::UNKNOWN, "{address:?}");
    }
}

/// What a peer says to whoever connects, before it says nothing more.
const PEERS: [&[u8]; 5] = [
    b"",
    b"REJECTED EXTERNAL\r\n",
    b"OK 0123456789abcdef0123456789abcdef\r\n",
    b"OK 0123456789abcdef0123456789abcdef\r\nl\x02\x01\x01\xff\xff\xff\x7f\x01\x00\x00\x00\xff\xff\xff\xff",
    b"\0\xff\xfe garbage without end of line",
];

#[tokio::test]
async fn a_peer_that_is_no_bus_is_given_up_in_time() {
    for said in PEERS {
        let path = socket("peer");
        let listener = UnixListener::bind(&path).unwrap();
        let peer = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.write_all(said);
            stream
        });
        let began = Instant::now();
        let settled = monitor(format!("unix:path={}", path.display()))
            .settled()
            .await;
        assert_eq!(settled, NetworkPath::UNKNOWN);
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "it is not waited for"
        );
        drop(peer.join());
        let _ = std::fs::remove_file(path);
    }
}
