//! The numbers of origins, in a table.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use url::Host;

use crate::words::target::{Origin, OriginId};

/// The origins, in the order of their parts. Those that nobody else holds are swept out whenever the table has doubled.
struct Interned {
    origins: Vec<Arc<Origin>>,
    sweep_at: usize,
}

static INTERNED: Mutex<Interned> = Mutex::new(Interned {
    origins: Vec::new(),
    sweep_at: 64,
});
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

pub(super) fn intern(scheme: &str, host: Host<&str>, port: u16) -> Arc<Origin> {
    let mut interned = INTERNED.lock().unwrap_or_else(PoisonError::into_inner);
    let parts = (port, host, scheme);
    let place =
        |origins: &[Arc<Origin>]| origins.binary_search_by(|known| known.parts().cmp(&parts));
    let mut at = match place(&interned.origins) {
        Ok(at) => return interned.origins[at].clone(),
        Err(at) => at,
    };
    if interned.origins.len() >= interned.sweep_at {
        interned
            .origins
            .retain(|origin| Arc::strong_count(origin) > 1);
        interned.sweep_at = 64.max(interned.origins.len() * 2);
        at = place(&interned.origins).unwrap_or_else(|at| at);
    }
    let origin = Arc::new(Origin {
        id: OriginId(NEXT_ID.fetch_add(1, Ordering::Relaxed)),
        scheme: scheme.to_owned(),
        host: parts.1.to_owned(),
        port,
    });
    interned.origins.insert(at, origin.clone());
    origin
}

impl Origin {
    fn parts(&self) -> (u16, Host<&str>, &str) {
        let host = match &self.host {
            Host::Domain(name) => Host::Domain(name.as_str()),
            Host::Ipv4(address) => Host::Ipv4(*address),
            Host::Ipv6(address) => Host::Ipv6(*address),
        };
        (self.port, host, &self.scheme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;
    use crate::words::target::Target;

    #[test]
    fn the_table_lets_go_of_origins_that_nobody_holds() {
        for n in 0..1000 {
            let _let_go = Target::parse(&format!("http://host-{n}.example/")).unwrap();
        }
        assert!(INTERNED.lock().unwrap().origins.len() < 500);
    }
}
