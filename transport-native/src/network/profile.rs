//! What Windows tells of a connection, and the path that it is.

use urlsession_core::{NetworkKind, NetworkPath, NetworkStatus};

/// A `ConnectionProfile`, as far as it matters. What Windows does not tell is absent, or false.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Profile {
    pub(super) is_mobile: bool,
    pub(super) is_wireless: bool,
    /// The interface's type, by IANA's numbers (ifType of RFC 2863).
    pub(super) interface_type: Option<u32>,
    /// `NetworkCostType` is Fixed or Variable.
    pub(super) is_metered: bool,
    pub(super) is_roaming: bool,
    /// Data Saver is on.
    pub(super) is_restricted: bool,
}

impl Profile {
    pub(super) fn path(self) -> NetworkPath {
        let kind = self.kind();
        let mut path = NetworkPath::UNKNOWN;
        path.status = NetworkStatus::Satisfied;
        path.kind = kind;
        path.is_expensive = self.is_metered || self.is_roaming || kind == NetworkKind::Cellular;
        path.is_constrained = self.is_restricted;
        path
    }

    fn kind(self) -> NetworkKind {
        if self.is_mobile {
            return NetworkKind::Cellular;
        }
        if self.is_wireless {
            return NetworkKind::Wifi;
        }
        match self.interface_type {
            None => NetworkKind::Unknown,
            // ethernetCsmacd.
            Some(6) => NetworkKind::Wired,
            // softwareLoopback.
            Some(24) => NetworkKind::Loopback,
            // ieee80211.
            Some(71) => NetworkKind::Wifi,
            // wwanPP and wwanPP2: GSM's and CDMA's.
            Some(243 | 244) => NetworkKind::Cellular,
            // Tunnels, PPP, Bluetooth and the like.
            Some(_) => NetworkKind::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_type_is_a_kind() {
        for (number, kind) in [
            (6, NetworkKind::Wired),
            (23, NetworkKind::Other),
            (24, NetworkKind::Loopback),
            (71, NetworkKind::Wifi),
            (131, NetworkKind::Other),
            (243, NetworkKind::Cellular),
            (244, NetworkKind::Cellular),
        ] {
            let profile = Profile {
                interface_type: Some(number),
                ..Profile::default()
            };
            assert_eq!(profile.path(), NetworkPath::satisfied(kind), "{number}");
        }
    }

    #[test]
    fn what_windows_says_of_the_profile_precedes_the_interface() {
        let profile = Profile {
            interface_type: Some(6),
            ..Profile::default()
        };
        let mobile = Profile {
            is_mobile: true,
            ..profile
        };
        let wireless = Profile {
            is_wireless: true,
            ..profile
        };
        assert_eq!(mobile.path(), NetworkPath::satisfied(NetworkKind::Cellular));
        assert_eq!(wireless.path(), NetworkPath::satisfied(NetworkKind::Wifi));
    }

    #[test]
    fn metered_and_roaming_are_expensive_and_data_saver_constrains() {
        let wireless = Profile {
            is_wireless: true,
            ..Profile::default()
        };
        let plain = NetworkPath::satisfied(NetworkKind::Wifi);
        let metered = Profile {
            is_metered: true,
            ..wireless
        };
        let roaming = Profile {
            is_roaming: true,
            ..wireless
        };
        let saver = Profile {
            is_restricted: true,
            ..wireless
        };
        assert_eq!(metered.path(), plain.expensive());
        assert_eq!(roaming.path(), plain.expensive());
        assert_eq!(saver.path(), plain.constrained());
    }

    #[test]
    fn of_a_profile_that_tells_nothing_only_the_status_is_known() {
        let path = Profile::default().path();
        assert_eq!(path, NetworkPath::satisfied(NetworkKind::Unknown));
    }
}
