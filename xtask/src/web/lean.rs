//! A module's glue without what is there for engines and callers that it does not have.
//!
//! Every engine that runs the module has `encodeInto` and `FinalizationRegistry` (xtask's `WASM_FEATURES` are newer), and who calls the glue is the package's wrapper: it gives what the types say.

/// What is not needed, and what is in its place.
const PIECES: [(&str, &str); 6] = [
    // Nobody allocates without being able to allocate anew.
    (
        "    if (realloc === undefined) {
        const buf = cachedTextEncoder.encode(arg);
        const ptr = malloc(buf.length, 1) >>> 0;
        getUint8ArrayMemory0().subarray(ptr, ptr + buf.length).set(buf);
        WASM_VECTOR_LEN = buf.length;
        return ptr;
    }
",
        "",
    ),
    (
        "if (!('encodeInto' in cachedTextEncoder)) {
    cachedTextEncoder.encodeInto = function (arg, view) {
        const buf = cachedTextEncoder.encode(arg);
        view.set(buf);
        return {
            read: arg.length,
            written: buf.length
        };
    };
}
",
        "",
    ),
    (
        "const CLOSURE_DTORS = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(",
        "const CLOSURE_DTORS = new FinalizationRegistry(",
    ),
    (
        "        if (Object.getPrototypeOf(module_or_path) === Object.prototype) {
            ({module_or_path} = module_or_path)
        } else {
            console.warn('using deprecated parameters for the initialization function; pass a single object instead')
        }
",
        "        ({module_or_path} = module_or_path)
",
    ),
    // Nobody looks at them.
    (
        "    wasmInstance = instance;
",
        "",
    ),
    (
        "    wasmModule = module;
",
        "",
    ),
];

/// Texts are given to the module as such: none is let go of because the next one is none.
const TRIES: &str = "    try {
        ptr0 = ";
const CATCHES: &str = "    } catch (e) {
";
const GOES_ON: &str = "        throw e;
    }
";

/// The glue without that.
///
/// # Errors
///
/// What in it is not as wasm-bindgen writes it.
pub(super) fn lean(glue: &str) -> Result<String, String> {
    let mut written = glue.to_owned();
    for (piece, other) in PIECES {
        if written.matches(piece).count() != 1 {
            return Err(format!("the glue has otherwise: {piece}"));
        }
        written = written.replace(piece, other);
    }
    while let Some((before, rest)) = written.split_once(TRIES) {
        let parts = rest.split_once(CATCHES);
        let parts = parts.and_then(|(does, rest)| Some((does, rest.split_once(GOES_ON)?.1)));
        let (does, behind) = parts.ok_or("the glue lets go of texts otherwise")?;
        written = [before, "        ptr0 = ", does, behind].concat();
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRYING: &str = "    let ptr0, len0;
    try {
        ptr0 = passStringToWasm0(a, wasm.malloc);
        len0 = WASM_VECTOR_LEN;
    } catch (e) {
        if (ptr0) { wasm.free(ptr0, len0 * 1, 1); }
        throw e;
    }
    wasm.run(ptr0, len0);
";

    #[test]
    fn what_is_not_needed_is_left_out() {
        let glue = PIECES.map(|(piece, _)| piece).concat() + TRYING;
        let expected = PIECES.map(|(_, other)| other).concat()
            + "    let ptr0, len0;
        ptr0 = passStringToWasm0(a, wasm.malloc);
        len0 = WASM_VECTOR_LEN;
    wasm.run(ptr0, len0);
";
        assert_eq!(lean(&glue).unwrap(), expected);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let glue = PIECES.map(|(piece, _)| piece).concat();
        for (piece, _) in PIECES {
            assert!(lean(&glue.replace(piece, "")).is_err());
        }
        let (open, _) = TRYING.split_once("        throw").unwrap();
        assert!(lean(&[&glue, open].concat()).is_err());
    }
}
