//! Cuts a module's JavaScript as the module is cut: its glue, and the files of crates.
//!
//! With the first part goes what that imports, and what this takes; with another what only it imports and takes; with the base of the others what several do. A part's
//! JavaScript is a file that imports nothing: it is called with what it takes of the others', and gives what its module imports. So it is the same to every bundler, and whoever
//! has loaded the first part twice has both whole.

use std::collections::{BTreeMap, BTreeSet};

use super::glue::{Glue, pruned, taking_parts};
use super::shims::common;
use super::statements::{File, names_in, with_names};
use super::whole::{FUNCTION, GLOBAL, IMPORTS, MEMORY, TABLE};
use crate::web::binary::{limits, sections};
use crate::web::imports::MODULE;

/// What a part's JavaScript is called with.
const GIVEN: &str = "$";

/// JavaScript that is cut.
#[derive(Debug)]
pub(crate) struct Cut {
    pub(crate) glue: String,
    /// The files of crates by their paths, as far as they go with the first part.
    pub(crate) files: BTreeMap<String, String>,
    /// That of the other parts.
    pub(crate) parts: Vec<String>,
}

/// What a part of the module imports.
#[derive(Debug, Default)]
struct Imported {
    /// By what names.
    functions: Vec<String>,
    /// The memory's name, which is that of all parts that belong together.
    memory: String,
}

/// Cuts the glue, and the files that it imports, for these parts of a module.
///
/// # Errors
///
/// What in them is not known here.
pub(crate) fn cut(
    glue: &str,
    files: &BTreeMap<String, String>,
    parts: &[Vec<u8>],
) -> Result<Cut, String> {
    let imported: Result<Vec<_>, _> = parts.iter().map(|it| imported(it)).collect();
    let imported = imported?;
    let mut sources = vec![(String::new(), File::read(glue)?)];
    for (path, text) in files {
        sources.push((path.clone(), File::read(text)?));
    }
    let mut whole = Javascript {
        glue: Glue::read(glue)?,
        sources,
        entries: entries(&imported),
        owners: BTreeMap::new(),
    };
    whole.share(parts.len())?;
    let mut given = Given::new();
    let texts: Result<Vec<_>, _> = (1..imported.len())
        .map(|part| whole.part(part, &mut given))
        .collect();
    let base = given.iter().enumerate();
    let base = base.filter(|(_, (_, node))| whole.owner(*node) == 1);
    let base = base.map(|(at, (name, _))| format!("_{at}: {name}"));
    let mut base: Vec<_> = base.collect();
    let parts = texts?.into_iter().zip(&imported[1..]).map(|(text, imported)| {
        // Only the base gives others anything.
        let more = std::mem::take(&mut base).join(", ");
        format!(
            "export const of = \"{}\";\nexport default ({GIVEN}) => {{\n{text}, {{ {more} }}];\n}};\n",
            imported.memory
        )
    });
    Ok(Cut {
        parts: parts.collect(),
        glue: whole.first_glue(&given)?,
        files: whole.first_files(&given)?,
    })
}

/// The owner of each function that parts of a module import.
fn entries(imported: &[Imported]) -> BTreeMap<String, usize> {
    let mut entries = BTreeMap::new();
    for (part, imported) in imported.iter().enumerate() {
        for function in &imported.functions {
            let owner = entries.entry(function.clone());
            owner
                .and_modify(|owner| *owner = common(*owner, part))
                .or_insert(part);
        }
    }
    entries
}

fn imported(module: &[u8]) -> Result<Imported, String> {
    let mut imported = Imported::default();
    for section in sections(module)?.iter().filter(|it| it.id == IMPORTS) {
        let reader = &mut section.reader(module);
        for _ in 0..reader.number()? {
            let (from, name) = (reader.text()?, reader.text()?);
            match reader.byte()? {
                FUNCTION => {
                    reader.number()?;
                    if from == MODULE {
                        imported.functions.push(name.into());
                    }
                }
                TABLE => {
                    reader.byte()?;
                    limits(reader)?;
                }
                MEMORY => {
                    limits(reader)?;
                    imported.memory = name.into();
                }
                GLOBAL => drop(reader.take(2)?),
                other => return Err(format!("{name} is imported, and of kind {other}")),
            }
        }
    }
    Ok(imported)
}

/// A statement: its file, and its place there. The glue is the first file.
type Node = (usize, usize);

/// What parts take of others: each by one name, whoever takes it, and by its place here where it is handed over.
type Given = Vec<(String, Node)>;

struct Javascript<'j> {
    glue: Glue<'j>,
    /// By their paths.
    sources: Vec<(String, File)>,
    /// The part of what is imported.
    entries: BTreeMap<String, usize>,
    /// The part of what is reached.
    owners: BTreeMap<Node, usize>,
}

impl Javascript<'_> {
    fn owner(&self, node: Node) -> usize {
        // The glue's own is never cut.
        self.owners.get(&node).copied().unwrap_or(0)
    }

    fn source(&self, path: &str) -> Option<usize> {
        self.sources.iter().position(|(of, _)| of == path)
    }

    /// What a name is in a file.
    fn resolve(&self, source: usize, name: &str) -> Option<(Node, String)> {
        let (path, file) = &self.sources[source];
        if let Some(statement) = file.declares(name) {
            return Some(((source, statement), name.into()));
        }
        let (from, there) = file.imports.get(name)?;
        let from = match from.strip_prefix("./") {
            Some(beside) if source > 0 => {
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                format!("{folder}/{beside}")
            }
            _ => from.clone(),
        };
        self.resolve(self.source(&from)?, there)
    }

    /// What a part has for the module: texts, and the file whose names are in each.
    fn functions(&self, part: usize) -> Result<Vec<(usize, String)>, String> {
        let functions = self.glue.functions.iter();
        let own = functions.filter(|it| self.entries.get(it.name) == Some(&part));
        let told = own.map(|function| {
            let Some((space, name)) = function.of_file() else {
                return Ok((0, function.text()));
            };
            let path = self.sources[0].1.spaces.get(space);
            let source = path.and_then(|path| self.source(path));
            let known = source.filter(|source| self.resolve(*source, name).is_some());
            let source = known.ok_or_else(|| format!("{space} has no {name}"))?;
            Ok((source, format!("        {}: {name},", function.name)))
        });
        told.collect()
    }

    /// Gives each statement to a part.
    fn share(&mut self, parts: usize) -> Result<(), String> {
        for part in 0..parts {
            let mut open = Vec::new();
            for (source, text) in self.functions(part)? {
                let names = names_in(&text);
                open.extend(names.iter().filter_map(|it| self.resolve(source, it)));
            }
            for (source, (_, file)) in self.sources.iter().enumerate().skip(1) {
                let statements = file.statements.iter().enumerate();
                let deeds = statements.filter(|(_, it)| part == 0 && it.names.is_empty());
                open.extend(deeds.map(|(at, _)| ((source, at), String::new())));
            }
            let mut reached = BTreeSet::new();
            while let Some((node, _)) = open.pop() {
                let (source, statement) = node;
                if source > 0 && reached.insert(node) {
                    let text = &self.sources[source].1.statements[statement].text;
                    let names = names_in(text);
                    open.extend(names.iter().filter_map(|it| self.resolve(source, it)));
                }
            }
            for node in reached {
                let owner = self.owners.entry(node);
                owner
                    .and_modify(|owner| *owner = common(*owner, part))
                    .or_insert(part);
            }
        }
        Ok(())
    }

    /// The JavaScript of a part, but its end. What it takes of others is noted in `given`.
    fn part(&self, part: usize, given: &mut Given) -> Result<String, String> {
        let mut scope = Scope {
            whole: self,
            part,
            names: BTreeMap::new(),
            given,
        };
        let mut statements = String::new();
        for source in self.in_order() {
            for (at, statement) in self.sources[source].1.statements.iter().enumerate() {
                if self.owners.get(&(source, at)) == Some(&part) {
                    statements.push_str(&scope.told(source, &statement.text)?);
                    statements.push('\n');
                }
            }
        }
        let mut functions = String::new();
        for (source, text) in self.functions(part)? {
            functions.push_str(&scope.told(source, &text)?);
            functions.push('\n');
        }
        let taken = scope.taken();
        Ok(format!(
            "const {{ {taken} }} = {GIVEN};\n{statements}return [{{\n{functions}}}"
        ))
    }

    /// The files of crates, each behind those that it imports.
    fn in_order(&self) -> Vec<usize> {
        let mut order = Vec::new();
        let mut open: Vec<usize> = (1..self.sources.len()).rev().collect();
        while let Some(source) = open.pop() {
            let (_, file) = &self.sources[source];
            let names = file.imports.keys();
            let nodes = names.filter_map(|name| self.resolve(source, name));
            let before: BTreeSet<_> = nodes.map(|((of, _), _)| of).collect();
            let missing: Vec<_> = before
                .into_iter()
                .filter(|it| !order.contains(it))
                .collect();
            if order.contains(&source) {
                continue;
            }
            if missing.is_empty() {
                order.push(source);
            } else {
                open.push(source);
                open.extend(missing);
            }
        }
        order
    }

    fn first_glue(&self, given: &[(String, Node)]) -> Result<String, String> {
        let glue = self.glue.with(|name| self.entries.get(name) == Some(&0))?;
        let mut members = Vec::new();
        for (at, (name, node)) in given.iter().enumerate() {
            let (path, file) = &self.sources[node.0];
            let spaces = &self.sources[0].1.spaces;
            members.push(match spaces.iter().find(|(_, of)| *of == path) {
                _ if self.owner(*node) > 0 => continue,
                _ if node.0 == 0 && file.statements[node.1].is_variable => {
                    format!("get _{at}() {{ return {name}; }}")
                }
                _ if node.0 == 0 => format!("_{at}: {name}"),
                Some((space, _)) => format!("_{at}: {space}.{name}"),
                None => return Err(format!("the glue does not import {path} as one")),
            });
        }
        Ok(taking_parts(&glue, &members.join(", ")))
    }

    fn first_files(&self, given: &[(String, Node)]) -> Result<BTreeMap<String, String>, String> {
        let mut files = BTreeMap::new();
        for (source, (path, file)) in self.sources.iter().enumerate().skip(1) {
            let mut written = String::new();
            let mut used = Vec::new();
            for (at, statement) in file.statements.iter().enumerate() {
                let node = (source, at);
                if self.owners.get(&node) != Some(&0) {
                    continue;
                }
                used.extend(names_in(&statement.text));
                if statement.is_exported || given.iter().any(|(_, of)| *of == node) {
                    written.push_str("export ");
                }
                written.push_str(&statement.text);
                written.push('\n');
            }
            let mut imports = String::new();
            let from: BTreeSet<_> = file.imports.values().map(|(from, _)| from).collect();
            for from in from {
                let names = file.imports.iter().filter(|(_, (of, _))| of == from);
                let names: Vec<_> = names.map(|(_, (_, there))| there.as_str()).collect();
                let line = format!("import {{ {} }} from \"{from}\";", names.join(", "));
                imports.push_str(&pruned(&line, &used)?);
            }
            files.insert(path.clone(), imports + &written);
        }
        Ok(files)
    }
}

/// What names are in a part's JavaScript.
struct Scope<'s, 'j> {
    whole: &'s Javascript<'j>,
    part: usize,
    names: BTreeMap<String, Node>,
    given: &'s mut Given,
}

impl Scope<'_, '_> {
    /// A text of a file, as it is here.
    fn told(&mut self, source: usize, text: &str) -> Result<String, String> {
        let mut odd = None;
        let told = with_names(text, |name| {
            let (node, there) = self.whole.resolve(source, name)?;
            let taken = self.take(node, &there);
            if taken.is_err() {
                odd = taken.as_ref().err().cloned();
            }
            taken.ok()
        });
        odd.map_or(Ok(told), Err)
    }

    /// The name that something has here.
    fn take(&mut self, node: Node, name: &str) -> Result<String, String> {
        let other = || format!("two things of the JavaScript of parts are {name}");
        if *self.names.entry(name.to_owned()).or_insert(node) != node {
            return Err(other());
        }
        if self.whole.owner(node) == self.part {
            return Ok(name.to_owned());
        }
        let at = match self.given.iter().position(|(given, _)| given == name) {
            Some(at) if self.given[at].1 != node => return Err(other()),
            Some(at) => at,
            None => {
                self.given.push((name.to_owned(), node));
                self.given.len() - 1
            }
        };
        let (source, statement) = node;
        let is_variable = self.whole.sources[source].1.statements[statement].is_variable;
        match is_variable {
            false => Ok(name.to_owned()),
            true if source == 0 => Ok(format!("{GIVEN}._{at}")),
            true => Err(format!("{name} changes, and several parts have it")),
        }
    }

    /// What is taken of others, and the names that it has here.
    fn taken(&self) -> String {
        let given = self.given.iter().enumerate();
        let taken = given.filter(|(_, (name, node))| {
            let statement = &self.whole.sources[node.0].1.statements[node.1];
            self.names.get(name) == Some(node)
                && self.whole.owner(*node) != self.part
                && !statement.is_variable
        });
        let names: Vec<_> = taken
            .map(|(at, (name, _))| format!("_{at}: {name}"))
            .collect();
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::binary::{MAGIC, write_section};

    const FILES: [(&str, &str); 2] = [
        (
            "./snippets/a/js/less.js",
            "export class Wait {}
export const all = () => new Wait();
",
        ),
        (
            "./snippets/a/js/more.js",
            "import { Wait, all } from \"./less.js\";
/** Of all. */
const kept = new Map();
watching.look = () => kept;
export const first = () => new Wait(kept);
const common = () => all();
export const base = () => common(kept);
export class Work extends Wait {}
export const last = () => new Work(base, common);
",
        ),
    ];

    const GLUE: &str = "import { base, first } from './snippets/a/js/more.js';
import * as import1 from \"./snippets/a/js/more.js\"
import * as import2 from \"./snippets/a/js/less.js\"
let wasm;
function text() {}
export function run() {
    wasm.run();
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        _3: import1.first,
        _4: import2.all,
        _5: import1.last,
        _6: import1.base,
        _0: function() {
            first(text());
        },
        _1: function() {
            // Of all.
            base(wasm.$1, text());
        },
        _2: function() {
            nobody();
        },
    };
    return {
        __proto__: null,
        j: import0,
    };
}
async function __wbg_load(module, imports) {
    wasm = instance.exports;
}
";

    /// A module that imports these functions.
    fn module(functions: &[&str]) -> Vec<u8> {
        let mut content = vec![functions.len() as u8 + 1];
        for name in functions {
            for text in [MODULE, name] {
                content.push(text.len() as u8);
                content.extend(text.as_bytes());
            }
            content.extend([FUNCTION, 0]);
        }
        content.extend(b"\x01m\x02m1\x02\x00\x01");
        let mut module = MAGIC.to_vec();
        write_section(&mut module, IMPORTS, &content);
        module
    }

    fn parts() -> Vec<Vec<u8>> {
        [["_0", "_3"], ["_1", "_4"], ["_5", "_6"]]
            .map(|it| module(&it))
            .to_vec()
    }

    fn files() -> BTreeMap<String, String> {
        let files = FILES.iter();
        files
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect()
    }

    #[test]
    fn each_part_has_what_only_it_takes() {
        let Cut { glue, files, parts } = cut(GLUE, &files(), &parts()).unwrap();
        assert_eq!(
            files["./snippets/a/js/more.js"],
            "import { Wait as Wait } from \"./less.js\";
export const kept = new Map();
watching.look = () => kept;
export const first = () => new Wait(kept);
"
        );
        assert_eq!(files["./snippets/a/js/less.js"], "export class Wait {}\n");
        assert_eq!(
            parts,
            [
                "export const of = \"m1\";
export default ($) => {
const { _0: Wait, _1: kept, _3: text } = $;
const all = () => new Wait();
const common = () => all();
const base = () => common(kept);
return [{
        _4: all,
        _1: function() {
            base($._2.$1, text());
        },
}, { _4: base, _5: common }];
};
",
                "export const of = \"m1\";
export default ($) => {
const { _0: Wait, _4: base, _5: common } = $;
class Work extends Wait {}
const last = () => new Work(base, common);
return [{
        _5: last,
        _6: base,
}, {  }];
};
",
            ]
        );
        assert!(glue.starts_with(
            "import { first as first } from \"./snippets/a/js/more.js\";\nimport * as import1"
        ));
        let has = |name: &str| glue.contains(&format!("        {name}: "));
        assert!(has("_0") && has("_3"));
        assert!(
            ["_1", "_2", "_4", "_5", "_6"]
                .into_iter()
                .all(|it| !has(it))
        );
        assert!(glue.contains(
            "{ _0: import2.Wait, _1: import1.kept, get _2() { return wasm; }, _3: text }"
        ));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |glue: &str, from: &str, to: &str| {
            let changed = |(path, text): (String, String)| (path, text.replace(from, to));
            let files = files().into_iter().map(changed).collect();
            cut(glue, &files, &parts()).unwrap_err()
        };
        assert!(refused(&GLUE.replace("import0", "imports"), "", "").contains("glue"));
        assert!(refused(GLUE, "const last", "const other").contains("has no"));
        assert!(refused(GLUE, "const kept", "let kept").contains("kept changes"));
        assert!(refused(GLUE, "common", "text").contains("two things"));
    }
}
