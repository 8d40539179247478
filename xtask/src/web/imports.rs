//! Short names for what goes between a module and its glue, and nobody else sees.
//!
//! wasm-bindgen ends such a name with a hash, which no compression makes smaller, in the module and in the glue. What the JavaScript of crates has for the module, it has as its glue's own.

use std::collections::BTreeMap;

use super::binary::{MAGIC, Reader, sections, write_number, write_section};

const IMPORTS: u8 = 2;
const EXPORTS: u8 = 7;

/// What the names of wasm-bindgen's own exports begin with.
const OWN: [&str; 4] = [
    "wasm_bindgen__",
    "__wbindgen_",
    "__externref_",
    "_ZN12wasm_bindgen",
];

/// Where the JavaScript of crates is.
const SNIPPETS: &str = "/snippets/";

/// What all is imported from.
pub(super) const MODULE: &str = "j";

/// What begins the functions that the glue has for the module, and what says whose they are.
const FUNCTIONS: &str = "    const import0 = {
        __proto__: null,
";
const SAYS: &str = ": import0,";

/// Glue and module with short names for what goes between them.
///
/// # Errors
///
/// What in them is not as wasm-bindgen writes it.
pub(super) fn shorten(glue: &str, module: &[u8]) -> Result<(String, Vec<u8>), String> {
    let (mut names, mut own) = (BTreeMap::new(), BTreeMap::new());
    let mut members = Vec::new();
    let mut written = MAGIC.to_vec();
    for section in sections(module)? {
        let mut reader = section.reader(module);
        let content = match section.id {
            IMPORTS => imports(&mut reader, &mut names, &mut members)?,
            EXPORTS => exports(&mut reader, &mut own)?,
            _ => module[section.content].to_vec(),
        };
        write_section(&mut written, section.id, &content);
    }
    let (glue, found) = renamed(&taking(glue, &members)?, &names)?;
    if found != names.len() {
        return Err(format!(
            "{} imports, {found} of them in the glue",
            names.len()
        ));
    }
    // An export is used in as many places as it takes, or in none.
    let (glue, _) = renamed(&glue, &own)?;
    Ok((glue, written))
}

/// The section with short names for wasm-bindgen's own, which are noted.
fn exports(
    section: &mut Reader<'_>,
    names: &mut BTreeMap<String, String>,
) -> Result<Vec<u8>, String> {
    let count = section.number()?;
    let mut written = Vec::new();
    write_number(&mut written, count);
    for number in 0..count {
        let name = section.text()?;
        let is_own = OWN.iter().any(|beginning| name.starts_with(beginning));
        let short = format!("${number}");
        let new = if is_own { &short } else { name };
        write_number(&mut written, new.len());
        written.extend(new.as_bytes());
        if is_own {
            names.insert(name.to_owned(), short);
        }
        written.push(section.byte()?);
        write_number(&mut written, section.number()?);
    }
    Ok(written)
}

/// What a file has for the module: the file, its name there, and the short one.
type Member = (String, String, String);

/// The section with short names, which are noted, as is what comes from the JavaScript of crates.
fn imports(
    section: &mut Reader<'_>,
    names: &mut BTreeMap<String, String>,
    members: &mut Vec<Member>,
) -> Result<Vec<u8>, String> {
    let count = section.number()?;
    let mut written = Vec::new();
    write_number(&mut written, count);
    for number in 0..count {
        let (module, name) = (section.text()?, section.text()?);
        let short = format!("_{number}");
        if module.contains(SNIPPETS) {
            members.push((module.to_owned(), name.to_owned(), short.clone()));
        } else {
            names.insert(name.to_owned(), short.clone());
        }
        for text in [MODULE, &short] {
            write_number(&mut written, text.len());
            written.extend(text.as_bytes());
        }
        let kind = section.byte()?;
        if kind != 0 {
            return Err(format!("{name} is imported, and no function"));
        }
        written.push(kind);
        write_number(&mut written, section.number()?);
    }
    Ok(written)
}

/// The glue with the functions of files among its own.
fn taking(glue: &str, members: &[Member]) -> Result<String, String> {
    let (mut written, mut spaces) = (String::with_capacity(glue.len()), BTreeMap::new());
    for line in glue.lines() {
        let said = line.trim_start().strip_prefix('"');
        let said = said.and_then(|it| it.strip_suffix(',')?.split_once("\": "));
        match said {
            _ if line.ends_with(SAYS) => {
                written.push_str(&format!("        {MODULE}{SAYS}\n"));
            }
            Some((file, space)) if file.contains(SNIPPETS) => {
                spaces.insert(file, space);
            }
            _ => written.extend([line, "\n"]),
        }
    }
    let mut lines = String::new();
    for (file, name, short) in members {
        let space = spaces.get(file.as_str());
        let space = space.ok_or_else(|| format!("the glue does not say what {file} is"))?;
        lines.push_str(&format!("        {short}: {space}.{name},\n"));
    }
    match members.is_empty() || written.contains(FUNCTIONS) {
        true => Ok(written.replacen(FUNCTIONS, &[FUNCTIONS, &lines].concat(), 1)),
        false => Err("the glue has no functions".into()),
    }
}

/// The glue with each of `names` as it is now, and how many of them there were. None of the new ones may be in it before.
fn renamed(glue: &str, names: &BTreeMap<String, String>) -> Result<(String, usize), String> {
    let is_of_name = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '$';
    let mut written = String::with_capacity(glue.len());
    let mut found = 0;
    let mut rest = glue;
    while !rest.is_empty() {
        let end = rest.find(|it| !is_of_name(it)).unwrap_or(rest.len());
        let (name, behind) = rest.split_at(end);
        if names.values().any(|short| short == name) {
            return Err(format!("the glue has a name {name}"));
        }
        let short = names.get(name);
        found += usize::from(short.is_some());
        written.push_str(short.map_or(name, String::as_str));
        let next = behind.find(is_of_name).unwrap_or(behind.len());
        written.push_str(&behind[..next]);
        rest = &behind[next..];
    }
    Ok((written, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &[u8] =
        b"\0asm\x01\0\0\0\x02\x11\x02\x01g\x03b_1\0\0\x01g\x03a_2\0\x01\x0a\x01\0";

    #[test]
    fn both_sides_have_the_same_short_names() {
        let glue = "({ a_2: () => a_22, b_1() {} })";
        let (glue, module) = shorten(glue, MODULE).unwrap();
        assert_eq!(glue, "({ _1: () => a_22, _0() {} })\n");
        assert_eq!(
            module,
            b"\0asm\x01\0\0\0\x02\x0f\x02\x01j\x02_0\0\0\x01j\x02_1\0\x01\x0a\x01\0"
        );
    }

    #[test]
    fn only_exports_that_are_the_glues_own_have_new_names() {
        let module = b"\0asm\x01\0\0\0\x07\x1c\x02\x03run\0\x05\x12__wbindgen_malloc_\0\x06";
        let (glue, module) = shorten("run(wasm.__wbindgen_malloc_, wasm.run)", module).unwrap();
        assert_eq!(glue, "run(wasm.$1, wasm.run)\n");
        assert_eq!(
            module,
            b"\0asm\x01\0\0\0\x07\x0c\x02\x03run\0\x05\x02$1\0\x06"
        );
    }

    #[test]
    fn what_a_crates_own_javascript_exports_is_among_the_glues() {
        let module = b"\0asm\x01\0\0\0\x02\x1a\x02\x0c./snippets/x\x01b\0\0\x01g\x03a_2\0\x01";
        let glue = "import * as import1 from \"./snippets/x\"
    const import0 = {
        __proto__: null,
        a_2: function() {
        },
    };
    return {
        __proto__: null,
        \"./g.js\": import0,
        \"./snippets/x\": import1,
    };
";
        let (short, module) = shorten(glue, module).unwrap();
        assert_eq!(
            short,
            "import * as import1 from \"./snippets/x\"
    const import0 = {
        __proto__: null,
        _0: import1.b,
        _1: function() {
        },
    };
    return {
        __proto__: null,
        j: import0,
    };
"
        );
        let expected = b"\0asm\x01\0\0\0\x02\x0f\x02\x01j\x02_0\0\0\x01j\x02_1\0\x01";
        assert_eq!(module, expected);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(shorten("({ a_2() {} })", MODULE).is_err());
        assert!(shorten("({ a_2() {}, b_1() {}, _1: 0 })", MODULE).is_err());
        assert!(shorten("({ a_2() {}, b_1() {} })", &MODULE[..20]).is_err());
        let module = b"\0asm\x01\0\0\0\x02\x12\x01\x0c./snippets/x\x01b\0\0";
        assert!(shorten("({})", module).is_err());
    }
}
