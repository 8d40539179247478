//! The order of a module's functions.
//!
//! A compressor refers back to what is alike, and does so with fewer bits where that is near. So functions are put beside those that are alike.

use super::alike::{self, Function};
use super::binary::{MAGIC, Reader, limits, sections, write_number, write_section};

const IMPORTS: u8 = 2;
pub(super) const FUNCTIONS: u8 = 3;
pub(super) const CODE: u8 = 10;

/// The module with each function named by its place in such an order, for the optimiser to put it there. Other names are gone.
///
/// # Errors
///
/// What in it is not known here.
pub(super) fn name_by_likeness(module: &[u8]) -> Result<Vec<u8>, String> {
    let mut written = MAGIC.to_vec();
    let (mut imports, mut kinds, mut bodies) = (0, Vec::new(), Vec::new());
    for section in sections(module)? {
        let mut reader = section.reader(module);
        match section.id {
            IMPORTS => imports = imported_functions(&mut reader)?,
            FUNCTIONS => kinds = all(&mut reader, Reader::number)?,
            CODE => bodies = all(&mut reader, body)?,
            0 if section.name == "name" => continue,
            _ => {}
        }
        write_section(&mut written, section.id, &module[section.content]);
    }
    if kinds.len() != bodies.len() {
        return Err(format!(
            "{} types of {} functions",
            kinds.len(),
            bodies.len()
        ));
    }
    let functions = kinds.into_iter().zip(bodies);
    let functions: Vec<_> = functions
        .map(|(kind, code)| Function { kind, code })
        .collect();
    written.extend(names(imports, &alike::order(&functions)));
    Ok(written)
}

/// All of a section's things, each read by `read`.
pub(super) fn all<'m, T>(
    section: &mut Reader<'m>,
    read: impl Fn(&mut Reader<'m>) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let count = section.number()?;
    (0..count).map(|_| read(section)).collect()
}

fn imported_functions(section: &mut Reader<'_>) -> Result<usize, String> {
    let mut functions = 0;
    for _ in 0..section.number()? {
        section.text()?;
        let name = section.text()?;
        match section.byte()? {
            0 => {
                section.number()?;
                functions += 1;
            }
            1 => {
                section.byte()?;
                limits(section)?;
            }
            2 => limits(section)?,
            3 => section.take(2).map(drop)?,
            other => return Err(format!("{name} is imported, of kind {other}")),
        }
    }
    Ok(functions)
}

fn body<'m>(section: &mut Reader<'m>) -> Result<&'m [u8], String> {
    let length = section.number()?;
    section.take(length)
}

/// The section of names of the functions behind those that are imported.
fn names(imports: usize, order: &[usize]) -> Vec<u8> {
    let mut places: Vec<_> = order.iter().zip(0_usize..).collect();
    places.sort_unstable();
    let mut names = Vec::new();
    write_number(&mut names, order.len());
    for (index, place) in places {
        write_number(&mut names, imports + index);
        write_text(&mut names, &format!("{place:06}"));
    }
    let mut content = Vec::new();
    write_text(&mut content, "name");
    // The part that names functions.
    write_section(&mut content, 1, &names);
    let mut section = Vec::new();
    write_section(&mut section, 0, &content);
    section
}

fn write_text(to: &mut Vec<u8>, text: &str) {
    write_number(to, text.len());
    to.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_named_by_their_places() {
        let module = b"\0asm\x01\0\0\0\x03\x04\x03\0\0\0\x02\x07\x01\x01o\x01t\0\0\x0a\x0b\x03\x02\0\x0b\x03\0\x01\x0b\x02\0\x00";
        let named = name_by_likeness(&[&module[..], b"\0\x06\x04name\0"].concat()).unwrap();
        let names = b"\0\x20\x04name\x01\x19\x03\x01\x06000001\x02\x06000002\x03\x06000000";
        assert_eq!(named, [&module[..], names].concat());
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        assert!(name_by_likeness(b"\0asm\x01\0\0\0\x0a\x0a\x03\x02\0").is_err());
        assert!(name_by_likeness(b"\0asm\x01\0\0\0\x0a\x02\x03\x02").is_err());
    }
}
