//! Whose the functions are that wasm-bindgen puts before those of JavaScript.
//!
//! The linker knows nothing of them. Each is where all are that call it, and with it what it imports.

use super::crossings::calls;
use super::whole::Whole;

/// What the names end with that wasm-bindgen gives them.
const SHIM: &str = " externref shim";

/// What is done for several parts is in the base of them all, unless it is done for the first one.
pub(super) fn common(one: usize, other: usize) -> usize {
    match (one, other) {
        (0, _) | (_, 0) => 0,
        _ if one == other => one,
        _ => 1,
    }
}

/// True for the name of such a function.
pub(super) fn is_shim(name: &str) -> bool {
    name.ends_with(SHIM)
}

/// Gives these functions to whoever calls them. One that nobody calls is called from outside.
///
/// # Errors
///
/// What in a function is not known here.
pub(super) fn settle(whole: &mut Whole<'_>, shims: &[usize]) -> Result<(), String> {
    let calls = calls(whole)?;
    for shim in shims {
        let callers = calls.iter().filter(|(_, callee)| callee == shim);
        let callers = callers.map(|(caller, _)| whole.owners[*caller]);
        whole.owners[*shim] = callers.reduce(common).unwrap_or(0);
    }
    Ok(())
}
