//! The rules, each over one file's text.

use crate::code::code_only;

/// The most lines of code in a file.
const LINES: usize = 600;

/// Conditions on the compilation target.
pub(crate) fn target_conditions(source: &str) -> Vec<String> {
    let code = code_only(source);
    let conditions = code.match_indices("cfg").filter_map(|(at, _)| {
        let rest = code[at + "cfg".len()..]
            .trim_start_matches("_attr")
            .trim_start_matches('!');
        let inside = &rest.strip_prefix('(')?[..closing(rest)?];
        inside
            .contains("target")
            .then(|| format!("a condition on the target in line {}", line_of(&code, at)))
    });
    conditions.collect()
}

/// Where the parenthesis that begins `rest` ends, less one for that beginning.
fn closing(rest: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in rest.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at.checked_sub(1);
        }
    }
    None
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// More lines of code than a file should have; blank lines and comments do not count.
pub(crate) fn too_long(source: &str) -> Vec<String> {
    let lines = code_only(source)
        .lines()
        .filter(|line| !line.trim().is_empty())
        .count();
    if lines > LINES {
        vec![format!("{lines} lines of code, more than {LINES}")]
    } else {
        Vec::new()
    }
}

/// Macros and marks of work left undone.
pub(crate) fn undone(source: &str) -> Vec<String> {
    const MACROS: [&str; 2] = [concat!("to", "do!"), concat!("unimple", "mented!")];
    const MARKS: [&str; 3] = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
    ];
    let code = code_only(source);
    let macros = MACROS.iter().filter(|name| code.contains(**name));
    let marks = MARKS.iter().filter(|mark| source.contains(**mark));
    macros
        .chain(marks)
        .map(|what| format!("`{what}`"))
        .collect()
}

/// Paths that are one machine's.
pub(crate) fn machine_paths(text: &str) -> Vec<String> {
    const ROOTS: [&str; 5] = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
        concat!("\\Us", "ers\\"),
    ];
    let named = |root: &&str| {
        let path = root.starts_with('/');
        text.match_indices(*root)
            .any(|(at, _)| !path || begins_path(&text[..at]))
    };
    ROOTS
        .iter()
        .filter(|root| named(root))
        .map(|root| format!("a path under `{root}`"))
        .collect()
}

/// True when no path goes on here: a URL's path has its host before it.
fn begins_path(before: &str) -> bool {
    let last = before.chars().next_back();
    last.is_none_or(|c| c.is_whitespace() || "\"'`=(<[:,".contains(c))
}

/// Macros that write to the terminal.
pub(crate) fn printing(source: &str) -> Vec<String> {
    const MACROS: [&str; 5] = ["print!", "println!", "eprint!", "eprintln!", "dbg!"];
    let code = code_only(source);
    let is_called = |name: &&&str| {
        code.match_indices(**name)
            .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    MACROS
        .iter()
        .filter(is_called)
        .map(|name| format!("`{name}`"))
        .collect()
}

/// A manifest that does not take the workspace's lints.
pub(crate) fn without_lints(manifest: &str) -> Vec<String> {
    let lints = manifest
        .split("\n[")
        .find(|section| section.starts_with("lints]"));
    let takes = lints.is_some_and(|section| {
        section
            .lines()
            .any(|line| line.trim() == "workspace = true")
    });
    if takes {
        Vec::new()
    } else {
        vec!["no `[lints] workspace = true`".to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_on_the_target_are_seen() {
        for source in [
            "#[cfg(target_arch = \"wasm32\")]\nmod a;",
            "#[cfg(all(unix, not(target_os = \"macos\")))]",
            "if cfg!(target_pointer_width = \"64\") {}",
            "#[cfg_attr(target_arch = \"wasm32\", inline)]",
        ] {
            assert_eq!(target_conditions(source).len(), 1, "{source}");
        }
        assert!(target_conditions("#[cfg(test)]\nfn target() {} // cfg(target_os)").is_empty());
    }

    #[test]
    fn length_is_counted_in_lines_of_code() {
        assert!(too_long(&"x;\n".repeat(LINES)).is_empty());
        assert_eq!(too_long(&"x;\n".repeat(LINES + 1)).len(), 1);
        assert!(too_long(&"// x\n\n".repeat(LINES + 1)).is_empty());
    }

    #[test]
    fn work_left_undone_is_seen() {
        assert_eq!(undone(concat!("fn f() { to", "do!() }")).len(), 1);
        assert_eq!(undone(concat!("// TO", "DO: later")).len(), 1);
        assert!(undone("fn to_do() {} // nothing to do").is_empty());
    }

    #[test]
    fn machine_paths_are_seen_and_urls_are_not() {
        assert_eq!(machine_paths(concat!("let x = \"/ro", "ot/a\";")).len(), 1);
        assert_eq!(machine_paths(concat!("cd /ho", "me/me")).len(), 1);
        assert_eq!(machine_paths(concat!("C:\\Us", "ers\\me")).len(), 1);
        assert!(machine_paths(concat!("http://a.example/wo", "rk/b")).is_empty());
    }

    #[test]
    fn printing_is_seen() {
        assert_eq!(printing("fn f() { println!(\"x\") }").len(), 1);
        assert_eq!(printing("dbg!(x);").len(), 1);
        assert!(printing("/// `println!`\nfn f() { my_println!() }").is_empty());
    }

    #[test]
    fn a_manifest_without_lints_is_seen() {
        assert!(without_lints("[package]\n\n[lints]\nworkspace = true\n").is_empty());
        assert_eq!(
            without_lints("[package]\nedition.workspace = true\n").len(),
            1
        );
        assert_eq!(
            without_lints("[lints]\nrust = 1\n\n[other]\nworkspace = true\n").len(),
            1
        );
    }
}
