//! Tells the tests for browsers whether an origin server is there: it must be known when they are compiled.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(has_origin)");
    println!("cargo::rerun-if-env-changed=URLSESSION_ORIGIN");
    if std::env::var_os("URLSESSION_ORIGIN").is_some() {
        println!("cargo::rustc-cfg=has_origin");
    }
}
