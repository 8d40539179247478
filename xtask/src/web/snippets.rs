//! The JavaScript of crates beside a module's glue, and how that imports it: each file once.
//!
//! wasm-bindgen imports a file, and names it to the module, once for each function that the module calls without more ado.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const BEGINS: &str = "import * as ";
const FOLDER: &str = "./snippets";

/// Their texts, by the paths that the glue in this folder knows them by.
///
/// # Errors
///
/// They cannot be read.
pub(super) fn files(folder: &Path) -> Result<BTreeMap<String, String>, String> {
    let mut files = BTreeMap::new();
    let mut open = vec![FOLDER.to_owned()];
    while let Some(path) = open.pop() {
        let place = folder.join(&path);
        let told = |error| format!("{}: {error}", place.display());
        if place.is_file() {
            files.insert(path, std::fs::read_to_string(&place).map_err(told)?);
            continue;
        }
        for entry in std::fs::read_dir(&place).map_err(told)? {
            let name = entry.map_err(told)?.file_name();
            open.push(format!("{path}/{}", name.to_string_lossy()));
        }
    }
    Ok(files)
}

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
