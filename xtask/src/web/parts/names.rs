//! The paths of functions in the names that the compiler gives them.

/// What stands for characters that no linker takes.
const ESCAPES: [(&str, &str); 10] = [
    ("$LT$", "<"),
    ("$GT$", ">"),
    ("$u20$", " "),
    ("$u7b$", "{"),
    ("$u7d$", "}"),
    ("$RF$", "&"),
    ("$BP$", "*"),
    ("$C$", ","),
    ("..", "::"),
    // A name that begins with an escape.
    ("::_<", "::<"),
];

/// The path of a function, without what makes it unique; as it is where it is no name of the compiler's.
pub(super) fn path(symbol: &str) -> String {
    let Some(mut rest) = symbol.strip_prefix("_ZN") else {
        return symbol.into();
    };
    let mut path = String::new();
    while let Some((name, behind)) = component(rest) {
        rest = behind;
        // The last one is a hash.
        if rest != "E" || !name.starts_with('h') {
            path.push_str("::");
            path.push_str(name);
        }
    }
    for (escaped, character) in ESCAPES {
        path = path.replace(escaped, character);
    }
    path.split_off(path.len().min(2))
}

/// The name behind its length.
fn component(symbol: &str) -> Option<(&str, &str)> {
    let digits = symbol.find(|it: char| !it.is_ascii_digit())?;
    let length: usize = symbol[..digits].parse().ok()?;
    symbol[digits..].split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        for (symbol, expected) in [
            ("_ZN4core3ptr5write17h0123456789abcdefE", "core::ptr::write"),
            (
                "_ZN4load6cached28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE",
                "load::cached::_{{closure}}",
            ),
            (
                "_ZN29_$LT$a..B$u20$as$u20$c..D$GT$3run17h0123456789abcdefE",
                "<a::B as c::D>::run",
            ),
            ("call", "call"),
        ] {
            assert_eq!(path(symbol), expected);
        }
    }
}
