//! Short names for what parts import of each other: one after the other, in the order of the functions that have them. So they say next to nothing, and compress to that.

use std::collections::BTreeMap;

use super::split::{FIRST, write_name};
use super::whole::{EXPORTS, FUNCTION, GLOBAL, IMPORTS, MEMORY, TABLE, table_type};
use crate::web::binary::{MAGIC, Reader, limits, sections, write_number, write_section};

/// What labels are made of. Nothing else that a module exports has such a name.
const CHARACTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The parts, the first one first, with labels in place of the numbers that `split` gave to functions.
///
/// # Errors
///
/// What in them is not known here.
pub(crate) fn label(parts: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, String> {
    let mut labels = BTreeMap::new();
    let mut count = 0;
    let mut labelled = Vec::new();
    for part in parts {
        let exports = |reader: &mut Reader<'_>| exports(reader, &mut labels, &mut count);
        labelled.push(with(part, EXPORTS, exports)?);
    }
    let imports = |part: &Vec<u8>| with(part, IMPORTS, |reader| imports(part, reader, &labels));
    labelled.iter().map(imports).collect()
}

/// A module, one of its sections as `content` has it.
fn with(
    module: &[u8],
    id: u8,
    mut content: impl FnMut(&mut Reader<'_>) -> Result<Vec<u8>, String>,
) -> Result<Vec<u8>, String> {
    let mut written = MAGIC.to_vec();
    for section in sections(module)? {
        let of_section = match section.id == id {
            true => content(&mut section.reader(module))?,
            false => module[section.content].to_vec(),
        };
        write_section(&mut written, section.id, &of_section);
    }
    Ok(written)
}

/// What a part exports: its labelled functions last, each once.
fn exports(
    reader: &mut Reader<'_>,
    labels: &mut BTreeMap<String, String>,
    count: &mut usize,
) -> Result<Vec<u8>, String> {
    let mut numbered = Vec::new();
    let mut exports = Vec::new();
    for _ in 0..reader.number()? {
        let name = reader.text()?;
        let (kind, index) = (reader.byte()?, reader.number()?);
        match is_number(name) && kind == FUNCTION {
            true => numbered.push((index, name)),
            false => exports.push((name.to_owned(), kind, index)),
        }
    }
    numbered.sort_unstable();
    let mut last = None;
    for (index, name) in numbered {
        if last != Some(index) {
            exports.push((text(*count), FUNCTION, index));
            *count += 1;
            last = Some(index);
        }
        labels.insert(name.to_owned(), text(*count - 1));
    }
    let mut written = Vec::new();
    write_number(&mut written, exports.len());
    for (name, kind, index) in exports {
        write_name(&mut written, &name);
        written.push(kind);
        write_number(&mut written, index);
    }
    Ok(written)
}

fn imports(
    module: &[u8],
    reader: &mut Reader<'_>,
    labels: &BTreeMap<String, String>,
) -> Result<Vec<u8>, String> {
    let count = reader.number()?;
    let mut written = Vec::new();
    write_number(&mut written, count);
    for _ in 0..count {
        let (of, name) = (reader.text()?, reader.text()?);
        let label = labels.get(name).filter(|_| of == FIRST);
        write_name(&mut written, of);
        write_name(&mut written, label.map_or(name, String::as_str));
        let start = reader.at;
        what(reader)?;
        written.extend_from_slice(&module[start..reader.at]);
    }
    Ok(written)
}

/// Passes over the kind of what is imported.
fn what(reader: &mut Reader<'_>) -> Result<(), String> {
    match reader.byte()? {
        FUNCTION => reader.skip_number(),
        TABLE => table_type(reader),
        MEMORY => limits(reader),
        GLOBAL => reader.take(2).map(drop),
        other => Err(format!("something of kind {other} is imported")),
    }
}

fn is_number(name: &str) -> bool {
    name.bytes().all(|it| it.is_ascii_digit())
}

/// The label of a number: two characters, or more where those do not do.
fn text(number: usize) -> String {
    let (rest, last) = (number / CHARACTERS.len(), number % CHARACTERS.len());
    let before = match rest < CHARACTERS.len() {
        true => char::from(CHARACTERS[rest]).to_string(),
        false => text(rest),
    };
    before + &char::from(CHARACTERS[last]).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::binary::section;

    fn module(sections: &[Vec<u8>]) -> Vec<u8> {
        [&MAGIC[..], &sections.concat()].concat()
    }

    #[test]
    fn functions_are_named_in_their_order_on_both_sides() {
        let first = module(&[section(
            7,
            b"\x05\x0241\0\x09\x01g\x03\0\x0242\0\x04\x03run\0\x01\x017\0\x09",
        )]);
        let other = module(&[
            section(
                2,
                b"\x04\x01m\x0242\0\x05\x01m\x017\0\x06\x01m\x01t\x01\x70\0\x05\x01o\x0242\0\x03",
            ),
            section(7, b"\x01\x019\0\x02"),
        ]);
        let labelled = label(&[first, other]).unwrap();
        assert_eq!(
            labelled[0],
            module(&[section(
                7,
                b"\x04\x01g\x03\0\x03run\0\x01\x0200\0\x04\x0201\0\x09"
            )])
        );
        assert_eq!(
            labelled[1],
            module(&[
                section(2, b"\x04\x01m\x0200\0\x05\x01m\x0201\0\x06\x01m\x01t\x01\x70\0\x05\x01o\x0242\0\x03"),
                section(7, b"\x01\x0202\0\x02"),
            ])
        );
    }

    #[test]
    fn there_are_labels_enough() {
        let labels: std::collections::BTreeSet<_> = (0..5000).map(text).collect();
        assert_eq!(
            (labels.len(), text(0), text(1296)),
            (5000, "00".into(), "100".into())
        );
    }
}
