//! How a module's glue takes the other parts.

/// What wasm-bindgen calls what loads a module, what that imports, and what the first part exports.
const NEEDED: [&str; 3] = [
    "async function __wbg_load(module, imports)",
    "function __wbg_get_imports()",
    "wasm = instance.exports;",
];

/// A part imports what the first one does, and what that and the base export to it.
const TAKES: &str = "
let exported;
export async function addPart(module) {
    exported ??= { ...wasm };
    const { instance } = await __wbg_load(module, { ...__wbg_get_imports(), m: exported });
    Object.assign(exported, instance.exports);
}
";

/// The glue that does.
///
/// # Errors
///
/// What in it is not as wasm-bindgen writes it.
pub(crate) fn taking_parts(glue: &str) -> Result<String, String> {
    match NEEDED.into_iter().find(|needed| !glue.contains(needed)) {
        Some(needed) => Err(format!("the glue has no `{needed}`")),
        None => Ok([glue, TAKES].concat()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_taken_by_what_loads_the_module() {
        let glue = NEEDED.concat();
        let taking = taking_parts(&glue).unwrap();
        assert!(taking.starts_with(&glue) && taking.contains("export async function addPart"));
        for needed in NEEDED {
            assert!(taking_parts(&glue.replace(needed, "")).is_err());
        }
    }
}
