//! WebAssembly's sections, numbers and texts.

use std::ops::Range;

/// What every module of this version begins with.
pub(crate) const MAGIC: &[u8; 8] = b"\0asm\x01\0\0\0";

#[derive(Debug)]
pub(crate) struct Section<'m> {
    pub(crate) id: u8,
    /// Of a custom section.
    pub(crate) name: &'m str,
    pub(crate) content: Range<usize>,
}

impl<'m> Section<'m> {
    pub(crate) fn reader(&self, module: &'m [u8]) -> Reader<'m> {
        Reader::new(module, self.content.start)
    }
}

/// All sections of a module, in order.
///
/// # Errors
///
/// It is none, or ends within one.
pub(crate) fn sections(module: &[u8]) -> Result<Vec<Section<'_>>, String> {
    let mut sections = Vec::new();
    let mut reader = Reader::new(module, 0);
    if !module.starts_with(MAGIC) {
        return Err("not a module".into());
    }
    reader.take(MAGIC.len())?;
    while reader.at < module.len() {
        let id = reader.byte()?;
        let length = reader.number()?;
        let start = reader.at;
        let name = match id {
            0 => reader.clone().text()?,
            _ => "",
        };
        reader.take(length)?;
        let content = start..reader.at;
        sections.push(Section { id, name, content });
    }
    Ok(sections)
}

/// Writes a section of this content.
pub(crate) fn write_section(to: &mut Vec<u8>, id: u8, content: &[u8]) {
    to.push(id);
    write_number(to, content.len());
    to.extend_from_slice(content);
}

/// A section of this content.
#[cfg(test)]
pub(crate) fn section(id: u8, content: &[u8]) -> Vec<u8> {
    let mut section = Vec::new();
    write_section(&mut section, id, content);
    section
}

/// Reads on from a place in a module.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'m> {
    module: &'m [u8],
    pub(crate) at: usize,
}

impl<'m> Reader<'m> {
    pub(crate) fn new(module: &'m [u8], at: usize) -> Self {
        Self { module, at }
    }

    pub(crate) fn byte(&mut self) -> Result<u8, String> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'m [u8], String> {
        let end = self.at.checked_add(count);
        let bytes = end.and_then(|end| self.module.get(self.at..end));
        let bytes =
            bytes.ok_or_else(|| format!("the module ends within what is at {}", self.at))?;
        self.at += count;
        Ok(bytes)
    }

    /// An unsigned number (LEB128) of at most 32 bits.
    pub(crate) fn number(&mut self) -> Result<usize, String> {
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(value).map_err(|error| error.to_string());
            }
        }
        Err(format!("a number is too long before {}", self.at))
    }

    /// Passes over a number of any size and kind.
    pub(crate) fn skip_number(&mut self) -> Result<(), String> {
        while self.byte()? & 0x80 != 0 {}
        Ok(())
    }

    pub(crate) fn text(&mut self) -> Result<&'m str, String> {
        let length = self.number()?;
        std::str::from_utf8(self.take(length)?).map_err(|error| error.to_string())
    }
}

/// Passes over the limits of a memory or a table.
pub(crate) fn limits(reader: &mut Reader<'_>) -> Result<(), String> {
    let numbers = match reader.byte()? {
        0 => 1,
        1 => 2,
        other => return Err(format!("limits of kind {other}")),
    };
    (0..numbers).try_for_each(|_| reader.skip_number())
}

/// Writes an unsigned number (LEB128).
pub(crate) fn write_number(to: &mut Vec<u8>, value: usize) {
    write_up_to(to, value, 0x7f);
}

/// The same where a number may be negative: the highest bit of its last byte says so.
pub(crate) fn write_signed(to: &mut Vec<u8>, value: usize) {
    write_up_to(to, value, 0x3f);
}

/// Writes a number whose last byte has bits of `most` alone.
fn write_up_to(to: &mut Vec<u8>, mut value: usize, most: usize) {
    while value > most {
        to.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beyond_63_are_not_negative() {
        let mut written = Vec::new();
        for number in [63, 64, 8192] {
            write_signed(&mut written, number);
        }
        assert_eq!(written, [0x3f, 0xc0, 0x00, 0x80, 0xc0, 0x00]);
    }

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u32::MAX as usize] {
            let mut bytes = Vec::new();
            write_number(&mut bytes, number);
            assert_eq!(Reader::new(&bytes, 0).number(), Ok(number));
        }
        assert!(Reader::new(&[0x80], 0).number().is_err());
        assert!(Reader::new(&[0xff; 9], 0).number().is_err());
    }
}
