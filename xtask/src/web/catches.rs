//! How a module's glue catches what JavaScript throws: in place.
//!
//! wasm-bindgen makes a function at each call that may throw, and gives it to another that catches.

const BEGINS: &str = ": function() { return handleError(function (";
const ENDS: &str = "        }, arguments); },";

const CATCHER: &str = "function handleError(f, args) {
    try {
        return f.apply(this, args);
    } catch (e) {
        const idx = addToExternrefTable0(e);
        wasm.__wbindgen_exn_store(idx);
    }
}
";

const NOTES: &str = "function handleError(e) {
    const idx = addToExternrefTable0(e);
    wasm.__wbindgen_exn_store(idx);
}
";

/// The glue whose imports catch for themselves.
///
/// # Errors
///
/// What in it is not as wasm-bindgen writes it.
pub(super) fn in_place(glue: &str) -> Result<String, String> {
    let mut written = String::with_capacity(glue.len());
    let (mut begun, mut is_open) = (0, false);
    for line in glue.lines() {
        if let Some((name, rest)) = line.split_once(BEGINS) {
            let given = rest.strip_suffix(") {");
            let given = given.ok_or_else(|| format!("the glue catches otherwise: {line}"))?;
            written.extend([name, ": function (", given, ") { try {"]);
            (begun, is_open) = (begun + 1, true);
        } else if is_open && line == ENDS {
            written.push_str("        } catch (e) { handleError(e); } },");
            is_open = false;
        } else {
            written.push_str(line);
        }
        written.push('\n');
    }
    // Each by its name, and the one that is left.
    let (told, named) = (written.replace(CATCHER, NOTES), "handleError(");
    match !is_open && told.len() < written.len() && told.matches(named).count() == begun + 1 {
        true => Ok(told),
        false => Err("the glue catches otherwise".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMPORT: &str = "        a: function() { return handleError(function (arg0) {
            const ret = arg0.a;
            return ret;
        }, arguments); },
";

    #[test]
    fn no_function_is_made_to_catch() {
        let told = in_place(&[IMPORT, CATCHER].concat()).unwrap();
        let import = "        a: function (arg0) { try {
            const ret = arg0.a;
            return ret;
        } catch (e) { handleError(e); } },
";
        assert_eq!(told, [import, NOTES].concat());
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(in_place(IMPORT).is_err());
        assert!(in_place(&["b: handleError(c)\n", CATCHER].concat()).is_err());
        let (open, _) = IMPORT.split_once("        }").unwrap();
        assert!(in_place(&[open, CATCHER].concat()).is_err());
    }
}
