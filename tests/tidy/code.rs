//! Rust's code without its comments and texts.

/// The source with comments and the insides of literals blanked; every line stays where it is.
pub(crate) fn code_only(source: &str) -> String {
    let mut rest = source;
    let mut code = String::with_capacity(source.len());
    while let Some(next) = rest.chars().next() {
        let skipped = skipped(rest, code.chars().next_back());
        let (taken, blank) = match skipped {
            0 => (next.len_utf8(), false),
            length => (length, true),
        };
        for c in rest[..taken].chars() {
            code.push(if blank && c != '\n' { ' ' } else { c });
        }
        rest = &rest[taken..];
    }
    code
}

/// How many bytes of a comment or literal stand at the beginning of `rest`; 0 when it is code.
fn skipped(rest: &str, before: Option<char>) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    if rest.starts_with('"') {
        return quoted(rest, '"');
    }
    if rest.starts_with('\'') {
        return character(rest);
    }
    let begins_word = !before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let raw = rest.strip_prefix('b').unwrap_or(rest).strip_prefix('r');
    match raw {
        Some(raw) if begins_word => {
            raw_text(raw).map_or(0, |length| rest.len() - raw.len() + length)
        }
        _ => 0,
    }
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        match here {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A character literal; a lifetime is code.
fn character(rest: &str) -> usize {
    let mut chars = rest.chars().skip(1);
    match (chars.next(), chars.next()) {
        (Some('\\'), _) | (_, Some('\'')) => quoted(rest, '\''),
        _ => 0,
    }
}

/// The length of `#"…"#` at the beginning of `raw`, if it is that.
fn raw_text(raw: &str) -> Option<usize> {
    let hashes = raw.len() - raw.trim_start_matches('#').len();
    let inside = raw[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = inside.find(&end).map_or(inside.len(), |at| at + end.len());
    Some(hashes + 1 + length)
}

#[test]
fn comments_and_texts_are_blanked() {
    for (source, code) in [
        ("a // b\nc", "a     \nc"),
        ("a /* b /* c */ d */ e", "a                   e"),
        ("f(\"x \\\" y\", z)", "f(        , z)"),
        ("f(r#\"a \" b\"#) + c", "f(          ) + c"),
        (
            "fn f<'a>(x: &'a str, y: char) { y == '\\'' || y == '\"' }",
            "",
        ),
    ] {
        let blanked = code_only(source);
        assert_eq!(blanked.len(), source.len());
        if !code.is_empty() {
            assert_eq!(blanked, code);
        }
    }
    assert!(code_only("fn f<'a>(c: char) { c == '\"' } // x\nlet b = 1;").contains("let b = 1;"));
}
