//! The account of the framework SystemConfiguration, by the safe interface that the crate `system-configuration` gives to it.
//!
//! It tells whether there is a way, and the kind of interface that has the default route. What a way costs, and Low Data Mode, only
//! `nw_path_monitor` of the framework Network tells, and no safe interface to that is published.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use system_configuration::core_foundation::array::CFArray;
use system_configuration::core_foundation::base::TCFType as _;
use system_configuration::core_foundation::propertylist::{
    CFPropertyList, create_data, kCFPropertyListXMLFormat_v1_0,
};
use system_configuration::core_foundation::runloop::{CFRunLoop, CFRunLoopRunResult};
use system_configuration::core_foundation::string::CFString;
use system_configuration::dynamic_store::{
    SCDynamicStore, SCDynamicStoreBuilder, SCDynamicStoreCallBackContext,
};
use system_configuration::network_configuration::{SCNetworkInterfaceType, get_interfaces};
use system_configuration::network_reachability::{ReachabilityFlags, SCNetworkReachability};
use urlsession_core::{NetworkKind, NetworkPath};

use super::thread::{self, Paths};
use super::{Teller, property_list};

/// A cellular interface is told, and no other cost.
pub(crate) const TELLS_COST: bool = false;

/// Where the dynamic store has the interface of the default route (`SCDynamicStoreKeyCreateNetworkGlobalEntity`).
const GLOBAL: [&str; 2] = ["State:/Network/Global/IPv4", "State:/Network/Global/IPv6"];

/// `kSCDynamicStorePropNetPrimaryInterface`.
const PRIMARY_INTERFACE: &str = "PrimaryInterface";

/// The mode of the thread's run loop: of our own, so that nobody else's sources run in it.
const MODE: &str = "urlsession.network";

/// The system itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Source;

/// Tells paths as long as the system tells of changes.
pub(super) async fn follow(_: &Source, teller: &mut Teller) {
    let watch = |paths: &Paths, look_time| {
        // Without the store nothing is followed.
        let _refused = watch(paths, look_time);
    };
    thread::follow(watch, teller).await;
}

fn watch(paths: &Paths, look_time: Duration) -> Option<()> {
    let store = store()?;
    let changes = store.create_run_loop_source()?;
    let mode = CFString::from_static_string(MODE);
    CFRunLoop::get_current().add_source(&changes, mode.as_concrete_TypeRef());
    while paths.unbounded_send(path(&store)).is_ok() {
        match CFRunLoop::run_in_mode(mode.as_concrete_TypeRef(), look_time, true) {
            CFRunLoopRunResult::HandledSource | CFRunLoopRunResult::TimedOut => {}
            // The store is gone.
            CFRunLoopRunResult::Finished | CFRunLoopRunResult::Stopped => break,
        }
    }
    Some(())
}

/// The store, telling of changes of the default route.
fn store() -> Option<SCDynamicStore> {
    // That the run loop returns is all that is wanted of a change.
    let context = SCDynamicStoreCallBackContext {
        callout: |_, _, ()| {},
        info: (),
    };
    let store = SCDynamicStoreBuilder::new("urlsession")
        .callback_context(context)
        .build()?;
    let keys = CFArray::from_CFTypes(&GLOBAL.map(CFString::from_static_string));
    let patterns = CFArray::<CFString>::from_CFTypes(&[]);
    store
        .set_notification_keys(&keys, &patterns)
        .then_some(store)
}

/// The path as it is; unknown where the system does not say, or contradicts itself.
fn path(store: &SCDynamicStore) -> NetworkPath {
    match (is_reachable(), kind(store)) {
        (Some(true), kind) => NetworkPath::satisfied(kind.unwrap_or_default()),
        (Some(false), None) => NetworkPath::unsatisfied(),
        (Some(false), Some(_)) | (None, _) => NetworkPath::UNKNOWN,
    }
}

/// Is there a route to anywhere? The address 0.0.0.0 stands for that, in IPv4 and IPv6.
fn is_reachable() -> Option<bool> {
    let anywhere = SCNetworkReachability::from(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
    let flags = anywhere.reachability().ok()?;
    let is_made_by_itself = flags.intersects(
        ReachabilityFlags::CONNECTION_ON_TRAFFIC | ReachabilityFlags::CONNECTION_ON_DEMAND,
    ) && !flags.contains(ReachabilityFlags::INTERVENTION_REQUIRED);
    let is_made = !flags.contains(ReachabilityFlags::CONNECTION_REQUIRED) || is_made_by_itself;
    Some(flags.contains(ReachabilityFlags::REACHABLE) && is_made)
}

/// The kind of interface that has the default route, where there is one.
fn kind(store: &SCDynamicStore) -> Option<NetworkKind> {
    let entities = GLOBAL.iter().filter_map(|&key| store.get(key));
    let name = entities.filter_map(|entity| primary(&entity)).next()?;
    let interfaces = get_interfaces();
    let interface = interfaces
        .iter()
        .find(|interface| interface.bsd_name().is_some_and(|bsd| bsd == name));
    // Tunnels, for one, are no interfaces that can be configured, and are not in the list.
    let configured = interface.and_then(|interface| interface.interface_type());
    Some(configured.map_or(NetworkKind::Other, kind_of))
}

/// The name of the interface. Of a dictionary the crate gives pointers only; as XML it is text.
fn primary(entity: &CFPropertyList) -> Option<String> {
    let data = create_data(entity.as_CFTypeRef(), kCFPropertyListXMLFormat_v1_0).ok()?;
    let list = str::from_utf8(data.bytes()).ok()?;
    property_list::string(list, PRIMARY_INTERFACE).map(str::to_owned)
}

fn kind_of(interface: SCNetworkInterfaceType) -> NetworkKind {
    match interface {
        SCNetworkInterfaceType::Ethernet
        | SCNetworkInterfaceType::Bond
        | SCNetworkInterfaceType::Bridge
        | SCNetworkInterfaceType::VLAN
        | SCNetworkInterfaceType::FireWire => NetworkKind::Wired,
        SCNetworkInterfaceType::IEEE80211 => NetworkKind::Wifi,
        SCNetworkInterfaceType::WWAN => NetworkKind::Cellular,
        SCNetworkInterfaceType::SixToFour
        | SCNetworkInterfaceType::Bluetooth
        | SCNetworkInterfaceType::IPSec
        | SCNetworkInterfaceType::IrDA
        | SCNetworkInterfaceType::L2TP
        | SCNetworkInterfaceType::Modem
        | SCNetworkInterfaceType::PPP
        | SCNetworkInterfaceType::PPTP
        | SCNetworkInterfaceType::Serial
        | SCNetworkInterfaceType::IPv4 => NetworkKind::Other,
    }
}
