//! The account of `Windows.Networking.Connectivity`, by the safe interface that the crate `windows` gives to it.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use urlsession_core::NetworkPath;
use windows::Networking::Connectivity::{
    ConnectionCost, ConnectionProfile, NetworkConnectivityLevel, NetworkCostType,
    NetworkInformation, NetworkStatusChangedEventHandler,
};
use windows::core::Result;

use super::Teller;
use super::profile::Profile;
use super::thread::{self, Paths};

/// Windows tells kind and cost.
pub(crate) const TELLS_COST: bool = true;

/// The system itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Source;

/// Tells paths as long as the system tells of changes.
pub(super) async fn follow(_: &Source, teller: &mut Teller) {
    let watch = |paths: &Paths, look_time| {
        // Without the event nothing is followed.
        let _refused = watch(paths, look_time);
    };
    thread::follow(watch, teller).await;
}

fn watch(paths: &Paths, look_time: Duration) -> Result<()> {
    let (heard, changes) = mpsc::channel();
    let _registered = Registered::new(heard)?;
    while paths.unbounded_send(path()).is_ok() {
        if changes.recv_timeout(look_time) == Err(RecvTimeoutError::Disconnected) {
            break;
        }
        // All is asked anew: of several changes one is enough.
        while changes.try_recv().is_ok() {}
    }
    Ok(())
}

/// A handler of `NetworkStatusChanged`, which comes for changes of cost too; dropped, it is taken back.
struct Registered(i64);

impl Registered {
    fn new(heard: mpsc::Sender<()>) -> Result<Self> {
        let handler = NetworkStatusChangedEventHandler::new(move |_| {
            // Nobody listens: the handler is about to be taken back.
            let _closed = heard.send(());
            Ok(())
        });
        NetworkInformation::NetworkStatusChanged(&handler).map(Self)
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        // What cannot be taken back is called in vain.
        let _refused = NetworkInformation::RemoveNetworkStatusChanged(self.0);
    }
}

/// The path as it is; unknown where the system does not say.
fn path() -> NetworkPath {
    let found = connected();
    found.map_or(NetworkPath::UNKNOWN, |profile| match profile {
        Some(profile) => facts(&profile).path(),
        None => NetworkPath::unsatisfied(),
    })
}

/// The connection to the internet, else one that leads anywhere.
fn connected() -> Result<Option<ConnectionProfile>> {
    match NetworkInformation::GetInternetConnectionProfile() {
        Ok(profile) => return Ok(Some(profile)),
        // No failure, but no object either: there is none.
        Err(nothing) if nothing.code().is_ok() => {}
        Err(error) => return Err(error),
    }
    let mut all = NetworkInformation::GetConnectionProfiles()?.into_iter();
    Ok(all.find(|profile| {
        let level = profile.GetNetworkConnectivityLevel();
        level.is_ok_and(|level| level != NetworkConnectivityLevel::None)
    }))
}

fn facts(profile: &ConnectionProfile) -> Profile {
    let interface = profile.NetworkAdapter();
    let mut facts = Profile {
        is_mobile: profile.IsWwanConnectionProfile().unwrap_or(false),
        is_wireless: profile.IsWlanConnectionProfile().unwrap_or(false),
        interface_type: interface
            .and_then(|interface| interface.IanaInterfaceType())
            .ok(),
        ..Profile::default()
    };
    if let Ok(cost) = profile.GetConnectionCost() {
        facts.is_metered = is_metered(&cost);
        facts.is_roaming = cost.Roaming().unwrap_or(false);
        facts.is_restricted = cost.BackgroundDataUsageRestricted().unwrap_or(false);
    }
    facts
}

fn is_metered(cost: &ConnectionCost) -> bool {
    let kind = cost.NetworkCostType();
    kind.is_ok_and(|kind| kind == NetworkCostType::Fixed || kind == NetworkCostType::Variable)
}
