//! What wasm-bindgen's glue has for a module in parts, and how it takes them.

use super::statements::{File, names_in};
use crate::web::imports::MODULE;

/// What wasm-bindgen calls what loads a module, what that imports, and what the first part exports.
const NEEDED: [&str; 3] = [
    "async function __wbg_load(module, imports)",
    "function __wbg_get_imports()",
    "wasm = instance.exports;",
];

const FUNCTIONS: &str = "    const import0 = {";
const BEGINS: &str = "        _";
const END: &str = "    };";

/// The glue, and in it the functions that it has for the module.
pub(super) struct Glue<'g> {
    pub(super) functions: Vec<Function<'g>>,
    before: Vec<&'g str>,
    behind: Vec<&'g str>,
}

/// A function for the module.
pub(super) struct Function<'g> {
    pub(super) name: &'g str,
    lines: Vec<&'g str>,
}

impl<'g> Function<'g> {
    /// It without comments.
    pub(super) fn text(&self) -> String {
        let lines = self.lines.iter().copied();
        let lines: Vec<_> = lines
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        lines.join("\n")
    }

    /// What the glue calls the file that it is of, and its name there, where it is a file's.
    pub(super) fn of_file(&self) -> Option<(&'g str, &'g str)> {
        let [line] = self.lines[..] else {
            return None;
        };
        let (_, value) = line.split_once(": ")?;
        value.strip_suffix(',')?.split_once('.')
    }
}

impl<'g> Glue<'g> {
    /// # Errors
    ///
    /// What in it is not as wasm-bindgen writes it.
    pub(super) fn read(text: &'g str) -> Result<Self, String> {
        if let Some(needed) = NEEDED.into_iter().find(|needed| !text.contains(needed)) {
            return Err(format!("the glue has no `{needed}`"));
        }
        let lines: Vec<_> = text.lines().collect();
        let place = |what: &str, from: usize| {
            let found = lines[from..].iter().position(|line| *line == what);
            let found = found.ok_or_else(|| format!("the glue has no `{what}`"));
            found.map(|at| from + at)
        };
        // Behind that, what says that it inherits nothing.
        let first = place(FUNCTIONS, 0)? + 2;
        let end = place(END, first)?;
        let mut functions: Vec<Function<'g>> = Vec::new();
        for line in &lines[first..end] {
            let name = line.strip_prefix(BEGINS).and_then(|it| it.split_once(':'));
            match (name, functions.last_mut()) {
                (Some((number, _)), _) => functions.push(Function {
                    name: &line[BEGINS.len() - 1..][..=number.len()],
                    lines: vec![line],
                }),
                (None, Some(last)) => last.lines.push(line),
                (None, None) => return Err(format!("the glue has for the module: {line}")),
            }
        }
        Ok(Self {
            functions,
            before: lines[..first].to_vec(),
            behind: lines[end..].to_vec(),
        })
    }

    /// Itself with those functions that are kept, and what it still imports.
    pub(super) fn with(&self, is_kept: impl Fn(&str) -> bool) -> Result<String, String> {
        let kept = self.functions.iter().filter(|it| is_kept(it.name));
        let kept: Vec<_> = kept.flat_map(|it| it.lines.iter().copied()).collect();
        let all = self.before.iter().chain(&kept).chain(&self.behind);
        let code = all.clone().filter(|line| !line.starts_with("import "));
        let used = names_in(&code.copied().collect::<Vec<_>>().join("\n"));
        let mut written = String::new();
        for line in all {
            if line.starts_with("import {") {
                written.push_str(&pruned(line, &used)?);
            } else {
                written.extend([line, "\n"]);
            }
        }
        Ok(written)
    }
}

/// An import of names, as far as they are used.
pub(super) fn pruned(import: &str, used: &[String]) -> Result<String, String> {
    let file = File::read(import)?;
    let names = file.imports.iter().filter(|(here, _)| used.contains(here));
    let names: Vec<_> = names
        .map(|(here, (_, there))| format!("{there} as {here}"))
        .collect();
    let from = file.imports.values().next().map_or("", |(from, _)| from);
    match names.is_empty() {
        true => Ok(String::new()),
        false => Ok(format!(
            "import {{ {} }} from \"{from}\";\n",
            names.join(", ")
        )),
    }
}

/// A part imports what the first one does, what that, the base and its own JavaScript have for it, and what the first one and the base export to it.
pub(super) fn taking_parts(glue: &str, given: &str) -> String {
    format!(
        "{glue}
let imports, given;
export async function addPart(module, {{ of, default: javascript }}) {{
    imports ??= {{ ...__wbg_get_imports(), m: {{ ...wasm }} }};
    given ??= {{ {given} }};
    if (!(of in imports.m)) throw new Error(\"of another version\");
    const [functions, more] = javascript(given);
    Object.assign(imports.{MODULE}, functions);
    Object.assign(given, more);
    const {{ instance }} = await __wbg_load(module, imports);
    Object.assign(imports.m, instance.exports);
}}
"
    )
}
