//! The way to the network, as a platform tells it: is there one, of what kind, at what cost.

use serde::{Deserialize, Serialize};

use crate::words::error::{Error, ErrorCode};

/// The way to the network as it is at one moment; Apple's `NWPath`.
///
/// What the platform does not tell is unknown, and what is unknown is allowed.
///
/// ```
/// use urlsession_core::{NetworkKind, NetworkPath};
///
/// let tethered = NetworkPath::satisfied(NetworkKind::Wifi).expensive();
/// assert!(tethered.is_expensive && !tethered.is_constrained);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NetworkPath {
    /// Is there one?
    pub status: NetworkStatus,
    /// What it goes over.
    pub kind: NetworkKind,
    /// Its bytes cost money: a cellular network, another's hotspot, a metered connection.
    pub is_expensive: bool,
    /// The user asked for little data: Low Data Mode, Data Saver.
    pub is_constrained: bool,
}

/// Is there a way to the network?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum NetworkStatus {
    /// The platform does not say.
    #[default]
    Unknown,
    /// There is one. Whether a server can be reached is for the attempt to find.
    Satisfied,
    /// There is none: no server but this machine can be reached.
    Unsatisfied,
}

/// What a path goes over; Apple's `NWInterface.InterfaceType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum NetworkKind {
    /// The platform does not say.
    #[default]
    Unknown,
    /// Ethernet and the like.
    Wired,
    /// A wireless local network.
    Wifi,
    /// A mobile operator's network.
    Cellular,
    /// Only this machine.
    Loopback,
    /// Something else: Bluetooth, a tunnel.
    Other,
}

const CELLULAR: u8 = 1;
const EXPENSIVE: u8 = 1 << 1;
const CONSTRAINED: u8 = 1 << 2;

impl NetworkPath {
    /// Nothing is known of it.
    pub const UNKNOWN: Self = Self::of(NetworkStatus::Unknown, NetworkKind::Unknown);

    /// A path over this; a cellular one is expensive.
    #[must_use]
    pub const fn satisfied(kind: NetworkKind) -> Self {
        let mut path = Self::of(NetworkStatus::Satisfied, kind);
        path.is_expensive = matches!(kind, NetworkKind::Cellular);
        path
    }

    /// No path.
    #[must_use]
    pub const fn unsatisfied() -> Self {
        Self::of(NetworkStatus::Unsatisfied, NetworkKind::Unknown)
    }

    /// The same path, its bytes costing money.
    #[must_use]
    pub const fn expensive(mut self) -> Self {
        self.is_expensive = true;
        self
    }

    /// The same path, for little data.
    #[must_use]
    pub const fn constrained(mut self) -> Self {
        self.is_constrained = true;
        self
    }

    const fn of(status: NetworkStatus, kind: NetworkKind) -> Self {
        Self {
            status,
            kind,
            is_expensive: false,
            is_constrained: false,
        }
    }

    /// True where there is a path, as far as is known, that nobody can object to.
    pub(crate) fn is_plain(self) -> bool {
        self.status != NetworkStatus::Unsatisfied && self.traits() == 0
    }

    /// What somebody may object to.
    fn traits(self) -> u8 {
        let is_cellular = self.kind == NetworkKind::Cellular;
        u8::from(is_cellular) * CELLULAR
            + u8::from(is_cellular || self.is_expensive) * EXPENSIVE
            + u8::from(self.is_constrained) * CONSTRAINED
    }

    /// As one number, to be stored at once.
    pub(crate) const fn to_bits(self) -> u8 {
        let flags = (self.is_expensive as u8) << 5 | (self.is_constrained as u8) << 6;
        self.status as u8 | (self.kind as u8) << 2 | flags
    }

    /// The path that [`to_bits`](Self::to_bits) made this number of.
    pub(crate) const fn from_bits(bits: u8) -> Self {
        let status = match bits & 0b11 {
            1 => NetworkStatus::Satisfied,
            2 => NetworkStatus::Unsatisfied,
            _ => NetworkStatus::Unknown,
        };
        let kind = match (bits >> 2) & 0b111 {
            1 => NetworkKind::Wired,
            2 => NetworkKind::Wifi,
            3 => NetworkKind::Cellular,
            4 => NetworkKind::Loopback,
            5 => NetworkKind::Other,
            _ => NetworkKind::Unknown,
        };
        Self {
            status,
            kind,
            is_expensive: bits & (1 << 5) != 0,
            is_constrained: bits & (1 << 6) != 0,
        }
    }
}

/// Why a path that is there may not be used: the cause of [`ErrorCode::DataNotAllowed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkUnavailableReason {
    /// It is cellular, and [`allows_cellular_access`](crate::Configuration::allows_cellular_access) is false.
    #[error("only a cellular network is there, and cellular access is not allowed")]
    Cellular,
    /// It is expensive, and [`allows_expensive_network_access`](crate::Configuration::allows_expensive_network_access) is false.
    #[error("only an expensive network is there, and its use is not allowed")]
    Expensive,
    /// It is constrained, and [`allows_constrained_network_access`](crate::Configuration::allows_constrained_network_access) is false.
    #[error("only a constrained network is there, and its use is not allowed")]
    Constrained,
}

impl From<NetworkUnavailableReason> for Error {
    fn from(cause: NetworkUnavailableReason) -> Self {
        Self::new(ErrorCode::DataNotAllowed).with_cause(cause)
    }
}

/// The cause of a failure for lack of a network: the platform says that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the platform reports no path to the network")]
pub struct NoNetworkPath;

impl From<NoNetworkPath> for Error {
    fn from(cause: NoNetworkPath) -> Self {
        Self::new(ErrorCode::NotConnectedToInternet).with_cause(cause)
    }
}

/// Which paths may not be used. Nothing is forbidden by default; who may forbid can only add.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Forbidden(u8);

impl Forbidden {
    pub(crate) const CELLULAR: Self = Self(CELLULAR);
    pub(crate) const EXPENSIVE: Self = Self(EXPENSIVE);
    pub(crate) const CONSTRAINED: Self = Self(CONSTRAINED);

    /// Forbids `what`, or not, beside what is forbidden already.
    pub(crate) const fn set(self, what: Self, allowed: bool) -> Self {
        match allowed {
            true => Self(self.0 & !what.0),
            false => Self(self.0 | what.0),
        }
    }

    pub(crate) const fn allows(self, what: Self) -> bool {
        self.0 & what.0 == 0
    }

    pub(crate) const fn is_nothing(self) -> bool {
        self.0 == 0
    }

    /// What either forbids.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Why `path` may not be used, if it may not.
    pub(crate) fn objection(self, path: NetworkPath) -> Option<NetworkUnavailableReason> {
        let objects = Self(self.0 & path.traits());
        if !objects.allows(Self::CELLULAR) {
            return Some(NetworkUnavailableReason::Cellular);
        }
        if !objects.allows(Self::EXPENSIVE) {
            return Some(NetworkUnavailableReason::Expensive);
        }
        (!objects.allows(Self::CONSTRAINED)).then_some(NetworkUnavailableReason::Constrained)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    fn every_path() -> Vec<NetworkPath> {
        let statuses = [
            NetworkStatus::Unknown,
            NetworkStatus::Satisfied,
            NetworkStatus::Unsatisfied,
        ];
        let kinds = [
            NetworkKind::Unknown,
            NetworkKind::Wired,
            NetworkKind::Wifi,
            NetworkKind::Cellular,
            NetworkKind::Loopback,
            NetworkKind::Other,
        ];
        let mut paths = Vec::new();
        for status in statuses {
            for kind in kinds {
                for flags in 0..4 {
                    let mut path = NetworkPath::of(status, kind);
                    (path.is_expensive, path.is_constrained) = (flags & 1 != 0, flags & 2 != 0);
                    paths.push(path);
                }
            }
        }
        paths
    }

    #[test]
    fn a_path_survives_its_number() {
        for path in every_path() {
            assert_eq!(NetworkPath::from_bits(path.to_bits()), path);
        }
    }

    #[test]
    fn a_path_survives_its_stored_form() {
        for path in every_path() {
            let text = serde_json::to_string(&path).unwrap();
            assert_eq!(serde_json::from_str::<NetworkPath>(&text).unwrap(), path);
        }
    }

    #[test]
    fn nobody_objects_to_a_plain_path() {
        let all = Forbidden(CELLULAR | EXPENSIVE | CONSTRAINED);
        for path in every_path() {
            let objected =
                path.status == NetworkStatus::Unsatisfied || all.objection(path).is_some();
            assert_eq!(path.is_plain(), !objected, "{path:?}");
        }
    }

    #[test]
    fn a_cellular_path_is_expensive_even_unsaid() {
        let path = NetworkPath::of(NetworkStatus::Satisfied, NetworkKind::Cellular);
        let reason = Forbidden::EXPENSIVE.objection(path);
        assert_eq!(reason, Some(NetworkUnavailableReason::Expensive));
        assert_eq!(Forbidden::CONSTRAINED.objection(path), None);
    }
}
