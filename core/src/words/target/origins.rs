//! The numbers of origins, in a table.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::words::parsing::SchemeHostPort;
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

pub(super) fn intern(parts: SchemeHostPort<'_>) -> Arc<Origin> {
    let mut interned = INTERNED.lock().unwrap_or_else(PoisonError::into_inner);
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
    let id = OriginId(NEXT_ID.fetch_add(1, Ordering::Relaxed));
    let origin = Arc::new(Origin::new(id, parts));
    interned.origins.insert(at, origin.clone());
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
