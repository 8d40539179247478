//! The suite on the mock: virtual time, an origin server that is emulated, and each capability turned off in turn.

#[cfg(not(target_arch = "wasm32"))]
mod follow;
#[cfg(not(target_arch = "wasm32"))]
mod ground;
#[cfg(not(target_arch = "wasm32"))]
#[path = "../harness/mod.rs"]
mod harness;
#[cfg(not(target_arch = "wasm32"))]
mod routes;

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    use ground::MockGround;
    use urlsession_core::Capabilities;

    let mut trials = harness::trials("", || MockGround::new(Capabilities::all()));
    trials.extend(harness::measured(|| MockGround::new(Capabilities::all())));
    for (without, capabilities) in ground::lesser() {
        let prefix = format!("without {without}: ");
        trials.extend(harness::trials(&prefix, move || {
            MockGround::new(capabilities)
        }));
    }
    harness::run(trials);
}

/// The mock is for the host; in a browser there is a real one.
#[cfg(target_arch = "wasm32")]
fn main() {}
