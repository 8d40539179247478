//! May a hop begin on the path that there is, and was it the lack of one that ended an attempt?

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use http::Method;

use crate::words::error::{Error, ErrorCode};
use crate::words::network::{
    Forbidden, NetworkPath, NetworkStatus, NetworkUnavailableReason, NoNetworkPath,
};

/// What stands in a hop's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// There is no path.
    NoPath,
    /// The path that there is may not be used.
    Forbidden(NetworkUnavailableReason),
}

impl From<Obstacle> for Error {
    fn from(obstacle: Obstacle) -> Self {
        match obstacle {
            Obstacle::NoPath => NoNetworkPath.into(),
            Obstacle::Forbidden(reason) => reason.into(),
        }
    }
}

/// What stands in the way of a hop on this path. This machine is reached without a network; what is unknown is allowed.
pub(crate) fn obstacle(
    path: NetworkPath,
    forbidden: Forbidden,
    is_this_machine: impl FnOnce() -> bool,
) -> Option<Obstacle> {
    if path.is_plain() || is_this_machine() {
        return None;
    }
    if path.status == NetworkStatus::Unsatisfied {
        return Some(Obstacle::NoPath);
    }
    forbidden.objection(path).map(Obstacle::Forbidden)
}

/// Was it for lack of a network that an attempt failed, before anything was sent?
///
/// No route, and no answer from any name server, are a network's lack; a refused connection, an unknown name and a failed
/// handshake are a server's, and waiting for a network would not cure them. Where failures are not told apart, the request may have
/// been sent already: only an idempotent one (RFC 9110 section 9.2.2) is sent again.
pub(crate) fn lacks_network(
    error: &Error,
    is_this_machine: impl FnOnce() -> bool,
    method: &Method,
    distinct_errors: bool,
) -> bool {
    let is_unsent = distinct_errors || method.is_idempotent();
    use ErrorCode::{CannotConnectToHost, DnsLookupFailed, NotConnectedToInternet};
    let code = error.code();
    let has_no_way = matches!(code, NotConnectedToInternet | DnsLookupFailed)
        || (code == CannotConnectToHost && has_no_route(error));
    has_no_way && is_unsent && !is_this_machine()
}

fn has_no_route(error: &Error) -> bool {
    let mut link = error.source();
    while let Some(found) = link {
        let kind = found.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(
            kind,
            Some(
                io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NetworkUnreachable
                    | io::ErrorKind::NetworkDown
            )
        ) {
            return true;
        }
        link = found.source();
    }
    false
}

/// How long to wait before another attempt while no change of the path is reported: 1 s, then twice as long each time, at most
/// a minute.
pub(crate) fn patience(attempts: u32) -> Duration {
    Duration::from_secs(1 << attempts.min(6)).min(Duration::from_secs(60))
}

#[cfg(test)]
mod tests {
    use url::Host;

    use super::*;
    use crate::testing::test;
    use crate::words::network::NetworkKind;
    use crate::words::target::is_this_machine;

    fn is_near(host: &str) -> bool {
        is_this_machine(&Host::parse(host).unwrap())
    }

    #[test]
    fn without_a_path_only_this_machine_is_reached() {
        let path = NetworkPath::unsatisfied();
        for near in [
            "localhost",
            "a.localhost",
            "127.0.0.1",
            "127.9.9.9",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ] {
            assert_eq!(
                obstacle(path, Forbidden::CELLULAR, || is_near(near)),
                None,
                "{near}"
            );
        }
        for far in [
            "a.example",
            "localhost.example",
            "notlocalhost",
            "10.0.0.1",
            "[fe80::1]",
        ] {
            let found = obstacle(path, Forbidden::default(), || is_near(far));
            assert_eq!(found, Some(Obstacle::NoPath), "{far}");
        }
    }

    #[test]
    fn what_is_forbidden_stands_in_the_way_and_nothing_else() {
        let (cellular, far) = (NetworkPath::satisfied(NetworkKind::Cellular), "a.example");
        let wifi = NetworkPath::satisfied(NetworkKind::Wifi);
        let of = |path, forbidden| obstacle(path, forbidden, || is_near(far));
        let reason = |reason| Some(Obstacle::Forbidden(reason));
        assert_eq!(of(cellular, Forbidden::default()), None);
        assert_eq!(of(cellular, Forbidden::CONSTRAINED), None);
        assert_eq!(
            of(cellular, Forbidden::CELLULAR),
            reason(NetworkUnavailableReason::Cellular)
        );
        assert_eq!(of(wifi, Forbidden::CELLULAR), None);
        assert_eq!(of(wifi.expensive(), Forbidden::CELLULAR), None);
        assert_eq!(
            of(wifi.expensive(), Forbidden::EXPENSIVE),
            reason(NetworkUnavailableReason::Expensive)
        );
        assert_eq!(
            of(wifi.constrained(), Forbidden::CONSTRAINED),
            reason(NetworkUnavailableReason::Constrained)
        );
        assert_eq!(of(NetworkPath::UNKNOWN, Forbidden::CELLULAR), None);
    }

    #[test]
    fn a_server_that_refuses_is_no_lack_of_network() {
        let lacks = |error: Error, at| lacks_network(&error, || is_near(at), &Method::POST, true);
        let with = |code, kind: io::ErrorKind| Error::new(code).with_cause(io::Error::from(kind));
        let connect = ErrorCode::CannotConnectToHost;
        assert!(lacks(
            with(connect, io::ErrorKind::HostUnreachable),
            "a.example"
        ));
        assert!(!lacks(
            with(connect, io::ErrorKind::ConnectionRefused),
            "a.example"
        ));
        assert!(lacks(ErrorCode::NotConnectedToInternet.into(), "a.example"));
        assert!(!lacks(
            ErrorCode::NotConnectedToInternet.into(),
            "127.0.0.1"
        ));
        assert!(lacks(ErrorCode::DnsLookupFailed.into(), "a.example"));
        for code in ErrorCode::ALL {
            use ErrorCode::{DnsLookupFailed, NotConnectedToInternet};
            let counts = matches!(code, NotConnectedToInternet | DnsLookupFailed);
            assert_eq!(lacks((*code).into(), "a.example"), counts, "{code:?}");
        }
    }

    #[test]
    fn what_may_have_been_sent_is_sent_again_only_if_that_does_no_harm() {
        let error = Error::from(ErrorCode::NotConnectedToInternet);
        let lacks = |method| lacks_network(&error, || false, &method, false);
        assert!(lacks(Method::GET) && lacks(Method::PUT));
        assert!(!lacks(Method::POST) && !lacks(Method::PATCH));
    }

    #[test]
    fn patience_grows_to_a_minute() {
        let waits: Vec<_> = (0..8)
            .map(|attempts| patience(attempts).as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(patience(u32::MAX).as_secs(), 60);
    }
}
