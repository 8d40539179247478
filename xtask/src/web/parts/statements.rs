//! What a file of JavaScript has at its top, as far as lines and names tell.
//!
//! A statement begins where a line does, and what is within it is indented, as formatters have it. A name that is met is taken for the one of the file's top, whatever it
//! is: at worst something is with its user that need not be.

use std::collections::BTreeMap;

/// Something that a file declares, or does.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// It, without `export` and without comments.
    pub(super) text: String,
    /// What it declares: nothing where it only does something.
    pub(super) names: Vec<String>,
    /// What it declares is given other values later.
    pub(super) is_variable: bool,
    pub(super) is_exported: bool,
}

/// A file's statements, and what it imports of others.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) statements: Vec<Statement>,
    /// By the name that it has here: where it is from, and its name there.
    pub(super) imports: BTreeMap<String, (String, String)>,
    /// By the name that all of a file have here.
    pub(super) spaces: BTreeMap<String, String>,
}

impl File {
    /// # Errors
    ///
    /// What in it is not known here.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut file = Self::default();
        let mut lines: Vec<&str> = Vec::new();
        let mut is_comment = false;
        for line in text.lines() {
            let code = line.trim_start();
            is_comment |= code.starts_with("/*");
            if is_comment || code.starts_with("//") {
                is_comment &= !code.contains("*/");
                continue;
            }
            let is_first = !line.starts_with([' ', '\t', '}', ')', ']']) && !line.is_empty();
            if is_first && !lines.is_empty() {
                file.take(&lines)?;
                lines.clear();
            }
            if !code.is_empty() {
                lines.push(line);
            }
        }
        match lines.is_empty() {
            true => Ok(file),
            false => file.take(&lines).map(|()| file),
        }
    }

    fn take(&mut self, lines: &[&str]) -> Result<(), String> {
        let text = lines.join("\n");
        if let Some(import) = text.strip_prefix("import ") {
            return self.import(import);
        }
        let declared = text.strip_prefix("export ");
        let is_exported = declared.is_some_and(|it| !it.starts_with('{'));
        let code = declared.filter(|_| is_exported).unwrap_or(&text);
        let kind = code.split_once(' ').map_or("", |(kind, _)| kind);
        let names = match kind {
            "function" | "class" | "async" => {
                let rest = code.trim_start_matches("async ");
                let (_, rest) = rest.split_once(' ').unwrap_or_default();
                vec![first_word(rest)]
            }
            "const" | "let" => declarations(code).map(first_word).collect(),
            _ => Vec::new(),
        };
        if names.iter().any(String::is_empty) {
            return Err(format!("a name is not known in `{text}`"));
        }
        self.statements.push(Statement {
            text: code.to_owned(),
            names,
            is_variable: kind == "let",
            is_exported,
        });
        Ok(())
    }

    fn import(&mut self, import: &str) -> Result<(), String> {
        let told = || format!("a file imports otherwise: {import}");
        let (what, from) = import.split_once(" from ").ok_or_else(told)?;
        let from = from.trim_end_matches(';').trim_matches(['"', '\'']);
        if let Some(name) = what.strip_prefix("* as ") {
            self.spaces.insert(name.into(), from.into());
            return Ok(());
        }
        let names = what.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
        for name in names.ok_or_else(told)?.split(',').map(str::trim) {
            let (there, here) = name.split_once(" as ").unwrap_or((name, name));
            if !here.is_empty() {
                self.imports
                    .insert(here.into(), (from.into(), there.into()));
            }
        }
        Ok(())
    }

    /// The place of the statement that declares it.
    pub(super) fn declares(&self, name: &str) -> Option<usize> {
        let mut statements = self.statements.iter();
        statements.position(|it| it.names.iter().any(|declared| declared == name))
    }
}

/// What `const` and `let` declare: several only without values.
fn declarations(code: &str) -> impl Iterator<Item = &str> {
    let (_, declared) = code.split_once(' ').unwrap_or_default();
    let count = if declared.contains('=') {
        1
    } else {
        usize::MAX
    };
    declared.splitn(count, ',').map(str::trim_start)
}

fn first_word(text: &str) -> String {
    let end = text.find(|it| !is_of_name(it)).unwrap_or(text.len());
    text[..end].to_owned()
}

pub(super) fn is_of_name(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '_' || it == '$'
}

/// The text with each name that is no member's as `told` has it.
pub(super) fn with_names(text: &str, mut told: impl FnMut(&str) -> Option<String>) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|it| !is_of_name(it)).unwrap_or(rest.len());
        let (name, behind) = rest.split_at(end);
        let is_member = written.ends_with('.') && !written.ends_with("...");
        let other = match name.is_empty() || is_member {
            true => None,
            false => told(name),
        };
        written.push_str(other.as_deref().unwrap_or(name));
        let next = behind.find(is_of_name).unwrap_or(behind.len());
        written.push_str(&behind[..next]);
        rest = &behind[next..];
    }
    written
}

/// The names in a text that are no members'.
pub(super) fn names_in(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    with_names(text, |name| {
        names.push(name.to_owned());
        None
    });
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_begin_where_lines_do() {
        let file = File::read(
            "// Told.\nimport { a, b as c } from \"./x.js\";\nimport * as all from './y.js'\n\n/**\n * export const no = 1;\n */\nexport const d = (it) =>\n  it.a;\n
export async function e() {\n  // b\n  return {\n    f: 1,\n  };\n}\nlet g, h;\nclass I extends J {}\na.b = c;\nexport { e as default };\n",
        )
        .unwrap();
        let told = file.statements.iter().map(|it| {
            let names: Vec<_> = it.names.iter().map(String::as_str).collect();
            (names.join(" "), it.text.as_str(), it.is_exported)
        });
        let expected = [
            ("d", "const d = (it) =>\n  it.a;", true),
            (
                "e",
                "async function e() {\n  return {\n    f: 1,\n  };\n}",
                true,
            ),
            ("g h", "let g, h;", false),
            ("I", "class I extends J {}", false),
            ("", "a.b = c;", false),
            ("", "export { e as default };", false),
        ];
        let expected = expected.map(|(names, text, is)| (names.to_owned(), text, is));
        assert_eq!(told.collect::<Vec<_>>(), expected);
        assert_eq!(file.declares("h"), Some(2));
        assert!(file.statements[2].is_variable);
        assert_eq!(file.imports["c"], ("./x.js".to_owned(), "b".to_owned()));
        assert_eq!(file.spaces["all"], "./y.js");
    }

    #[test]
    fn names_are_no_members() {
        assert_eq!(names_in("a.b(...c, d?.e, 1)"), ["a", "c", "d", "1"]);
        let renamed = with_names("a2(a.a2, a)", |name| (name == "a2").then(|| "b".into()));
        assert_eq!(renamed, "b(a.a2, a)");
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(File::read("import a from \"./a.js\";\n").is_err());
        assert!(File::read("const { a } = b;\n").is_err());
    }
}
