//! From a host to its addresses.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use urlsession_core::url::Host;
use urlsession_core::{Error, Origin};

use crate::errors::{self, Fault};
use crate::phases::{Phase, Phases};

/// Addresses given by the program in place of what the name service would say.
pub(crate) type Overrides = BTreeMap<String, Vec<SocketAddr>>;

/// A host's name as it is compared: lower case, without the dot of the root.
pub(crate) fn canonical(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// The addresses of `origin`, IPv6 and IPv4 in turn, as RFC 8305 section 4 has it.
pub(crate) async fn addresses(
    origin: &Origin,
    overrides: &Overrides,
    phases: &Phases,
) -> Result<Vec<SocketAddr>, Error> {
    let port = origin.port();
    let name = match origin.host() {
        Host::Ipv4(address) => return Ok(vec![(*address, port).into()]),
        Host::Ipv6(address) => return Ok(vec![(*address, port).into()]),
        Host::Domain(name) => name,
    };
    let canonical = canonical(name);
    if let Some(given) = overrides.get(&canonical) {
        return Ok(given
            .iter()
            .map(|address| with_port(*address, port))
            .collect());
    }
    if let Some(known) = special_use(&canonical) {
        return Ok(known?
            .map(|address| SocketAddr::new(address, port))
            .to_vec());
    }
    phases.begin(Phase::Lookup);
    let found = tokio::net::lookup_host((name.as_str(), port))
        .await
        .map_err(errors::of_lookup)?;
    phases.end(Phase::Lookup);
    let found = in_turn(found.collect());
    if found.is_empty() {
        Err(Fault::NoAddress.into())
    } else {
        Ok(found)
    }
}

/// An override without a port goes to the URL's.
fn with_port(mut address: SocketAddr, port: u16) -> SocketAddr {
    if address.port() == 0 {
        address.set_port(port);
    }
    address
}

/// Names that RFC 6761 sections 6.3 and 6.4 keep from the name service: `localhost` is here, `invalid` is nowhere.
fn special_use(name: &str) -> Option<Result<[IpAddr; 2], Error>> {
    let top = name.rsplit('.').next().unwrap_or(name);
    match top {
        "localhost" => Some(Ok([Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()])),
        "invalid" => Some(Err(Fault::NoAddress.into())),
        _ => None,
    }
}

fn in_turn(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let (v6, v4): (Vec<_>, Vec<_>) = addresses.into_iter().partition(SocketAddr::is_ipv6);
    let count = v6.len() + v4.len();
    let (mut v6, mut v4) = (v6.into_iter(), v4.into_iter());
    let mut turns = Vec::with_capacity(count);
    while turns.len() < count {
        turns.extend(v6.next());
        turns.extend(v4.next());
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use urlsession_core::{ErrorCode, ExchangeEvents, Target};

    fn resolve(url: &str, overrides: &Overrides) -> Result<Vec<String>, Error> {
        let target = Target::parse(url).unwrap();
        let runtime = crate::runtime::NativeRuntime::new(crate::executor::Executor::OwnThread);
        let phases = Phases::new(&ExchangeEvents::detached(Arc::new(runtime)));
        let found = futures::executor::block_on(addresses(target.origin(), overrides, &phases))?;
        Ok(found.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn addresses_need_no_lookup() {
        let none = Overrides::new();
        assert_eq!(
            resolve("http://127.0.0.1:81/", &none).unwrap(),
            ["127.0.0.1:81"]
        );
        assert_eq!(resolve("http://[::1]/", &none).unwrap(), ["[::1]:80"]);
    }

    #[test]
    fn an_override_wins_whatever_the_spelling() {
        let given = vec![
            "127.0.0.1:9".parse().unwrap(),
            "127.0.0.2:0".parse().unwrap(),
        ];
        let overrides = Overrides::from([("wild.test".to_owned(), given)]);
        let found = resolve("http://WILD.test.:81/", &overrides).unwrap();
        assert_eq!(found, ["127.0.0.1:9", "127.0.0.2:81"]);
    }

    #[test]
    fn special_names_are_not_looked_up() {
        let none = Overrides::new();
        assert_eq!(
            resolve("http://a.localhost/", &none).unwrap(),
            ["[::1]:80", "127.0.0.1:80"]
        );
        let error = resolve("http://no.such.invalid/", &none).unwrap_err();
        assert_eq!(error.code(), ErrorCode::CannotFindHost);
    }

    #[test]
    fn the_families_take_turns() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let found = in_turn(vec![
            address("1.1.1.1:1"),
            address("2.2.2.2:1"),
            address("[::1]:1"),
        ]);
        assert_eq!(
            found,
            [
                address("[::1]:1"),
                address("1.1.1.1:1"),
                address("2.2.2.2:1")
            ]
        );
    }
}
