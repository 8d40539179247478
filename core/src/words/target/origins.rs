//! The numbers of origins, in a table.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use url::Host;

use crate::words::target::{Origin, OriginId};

type Key = (String, Host<String>, u16);

/// The origins that somebody holds. Those let go are swept out whenever the table has doubled.
#[derive(Default)]
struct Interned {
    origins: HashMap<Key, Weak<Origin>>,
    sweep_at: usize,
}

static INTERNED: LazyLock<Mutex<Interned>> = LazyLock::new(Mutex::default);
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

pub(super) fn intern(scheme: &str, host: Host<&str>, port: u16) -> Arc<Origin> {
    let key: Key = (scheme.to_owned(), host.to_owned(), port);
    let mut interned = INTERNED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(origin) = interned.origins.get(&key).and_then(Weak::upgrade) {
        return origin;
    }
    if interned.origins.len() >= interned.sweep_at.max(64) {
        interned
            .origins
            .retain(|_, origin| origin.strong_count() > 0);
        interned.sweep_at = interned.origins.len() * 2;
    }
    let id = OriginId(NEXT_ID.fetch_add(1, Ordering::Relaxed));
    let (scheme, host, port) = key.clone();
    let origin = Arc::new(Origin {
        id,
        scheme,
        host,
        port,
    });
    interned.origins.insert(key, Arc::downgrade(&origin));
    origin
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
