//! How a module's glue imports the JavaScript of crates: each file once.
//!
//! wasm-bindgen imports a file, and names it to the module, once for each function that the module calls without more ado.

use std::collections::BTreeSet;

const BEGINS: &str = "import * as ";

/// The glue that imports each file under one name.
pub(super) fn once(glue: &str) -> String {
    let (mut files, mut names) = (BTreeSet::new(), BTreeSet::new());
    let mut written = String::with_capacity(glue.len());
    for line in glue.lines() {
        let import = line.strip_prefix(BEGINS);
        let is_again = match import.and_then(|rest| rest.split_once(" from ")) {
            Some((name, file)) => !files.insert(file) && names.insert(name),
            None => line
                .trim_start()
                .strip_suffix(',')
                .and_then(|member| member.split_once("\": "))
                .is_some_and(|(_, name)| names.contains(name)),
        };
        if !is_again {
            written.push_str(line);
            written.push('\n');
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_name() {
        let glue = "import * as import1 from \"./a.js\"
import * as import2 from \"./b.js\"
import * as import3 from \"./a.js\"
    return {
        \"./a.js\": import1,
        \"./b.js\": import2,
        \"./a.js\": import3,
    };
";
        let expected = "import * as import1 from \"./a.js\"
import * as import2 from \"./b.js\"
    return {
        \"./a.js\": import1,
        \"./b.js\": import2,
    };
";
        assert_eq!(once(glue), expected);
    }
}
