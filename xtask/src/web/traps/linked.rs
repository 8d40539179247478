//! A linked module, as far as it matters here: functions, data, and what refers to what.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::web::binary::{Reader, Section, sections};

/// A module with what the linker tells of it.
#[derive(Debug)]
pub(in crate::web) struct Linked<'m> {
    pub(super) module: &'m [u8],
    pub(super) sections: Vec<Section<'m>>,
    /// How many functions are imported: the first of all that are.
    pub(in crate::web) imports: usize,
    /// Functions that the outside can call, and by what name; what is called at the start has none.
    pub(in crate::web) exports: Vec<(&'m str, usize)>,
    /// The names of functions.
    pub(in crate::web) names: BTreeMap<usize, &'m str>,
    /// Where the bodies of the functions are that are not imported.
    pub(super) bodies: Vec<Range<usize>>,
    /// Where the bytes of each segment of data are.
    pub(in crate::web) segments: Vec<Range<usize>>,
    /// The address of each.
    pub(in crate::web) addresses: Vec<usize>,
    pub(in crate::web) symbols: Vec<Symbol>,
    /// In the order of their places, those of code and those of data.
    pub(super) references: Vec<Reference>,
}

pub(super) const CODE: u8 = 10;
const DATA: u8 = 11;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) enum Symbol {
    Function(usize),
    /// Where its bytes are.
    Data(Range<usize>),
    Other,
}

/// A place that names a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) struct Reference {
    pub(in crate::web) at: usize,
    pub(in crate::web) symbol: usize,
}

impl<'m> Linked<'m> {
    pub(in crate::web) fn read(module: &'m [u8]) -> Result<Self, String> {
        let mut linked = Self {
            module,
            sections: sections(module)?,
            imports: 0,
            exports: Vec::new(),
            names: BTreeMap::new(),
            bodies: Vec::new(),
            segments: Vec::new(),
            addresses: Vec::new(),
            symbols: Vec::new(),
            references: Vec::new(),
        };
        for index in 0..linked.sections.len() {
            linked.section(index)?;
        }
        linked.references.sort_by_key(|reference| reference.at);
        match linked.symbols.is_empty() {
            true => Err("the linker has not told what refers to what".into()),
            false => Ok(linked),
        }
    }

    /// The body of a function that is not imported.
    pub(in crate::web) fn body(&self, function: usize) -> Option<Range<usize>> {
        let index = function.checked_sub(self.imports)?;
        self.bodies.get(index).cloned()
    }

    /// What is named within `range`.
    pub(in crate::web) fn references_in(&self, range: Range<usize>) -> &[Reference] {
        let place = |at| self.references.partition_point(|it| it.at < at);
        &self.references[place(range.start)..place(range.end)]
    }

    fn section(&mut self, index: usize) -> Result<(), String> {
        let Section { id, name, .. } = self.sections[index];
        let mut reader = Reader::new(self.module, self.sections[index].content.start);
        match (id, name) {
            (2, _) => self.imports(&mut reader),
            (7, _) => self.exports(&mut reader),
            (8, _) => {
                self.exports.push(("", reader.number()?));
                Ok(())
            }
            (CODE, _) => self.bodies(&mut reader),
            (DATA, _) => self.segments(&mut reader),
            (0, "linking") => self.linking(&mut reader, self.sections[index].content.end),
            (0, "reloc.CODE" | "reloc.DATA") => self.references(&mut reader),
            _ => Ok(()),
        }
    }

    fn imports(&mut self, reader: &mut Reader<'_>) -> Result<(), String> {
        for _ in 0..reader.number()? {
            let (module, name) = (reader.text()?, reader.text()?);
            if reader.byte()? != 0 {
                return Err(format!("{module}.{name} is imported, and no function"));
            }
            reader.number()?;
            self.imports += 1;
        }
        Ok(())
    }

    fn exports(&mut self, reader: &mut Reader<'m>) -> Result<(), String> {
        for _ in 0..reader.number()? {
            let name = reader.text()?;
            let kind = reader.byte()?;
            let index = reader.number()?;
            if kind == 0 {
                self.exports.push((name, index));
            }
        }
        Ok(())
    }

    fn bodies(&mut self, reader: &mut Reader<'_>) -> Result<(), String> {
        for _ in 0..reader.number()? {
            let length = reader.number()?;
            let start = reader.at;
            reader.take(length)?;
            self.bodies.push(start..reader.at);
        }
        Ok(())
    }

    fn segments(&mut self, reader: &mut Reader<'_>) -> Result<(), String> {
        for _ in 0..reader.number()? {
            // Active, in the first memory, at a constant.
            if (reader.byte()?, reader.byte()?) != (0, 0x41) {
                return Err("a segment of data that is laid elsewhere".into());
            }
            self.addresses.push(reader.number()?);
            reader.byte()?;
            let length = reader.number()?;
            let start = reader.at;
            reader.take(length)?;
            self.segments.push(start..reader.at);
        }
        Ok(())
    }

    fn linking(&mut self, reader: &mut Reader<'m>, end: usize) -> Result<(), String> {
        reader.text()?;
        match reader.number()? {
            2 => {}
            other => return Err(format!("what the linker tells is of version {other}")),
        }
        while reader.at < end {
            let kind = reader.byte()?;
            let length = reader.number()?;
            let next = reader.at + length;
            if kind == 8 {
                for _ in 0..reader.number()? {
                    let symbol = self.symbol(reader)?;
                    self.symbols.push(symbol);
                }
            }
            reader.at = next;
        }
        Ok(())
    }

    fn symbol(&mut self, reader: &mut Reader<'m>) -> Result<Symbol, String> {
        let kind = reader.byte()?;
        let flags = reader.number()?;
        let (is_defined, is_named) = (flags & 0x10 == 0, flags & 0x40 != 0);
        match kind {
            // A function, a global, a tag, a table.
            0 | 2 | 4 | 5 => {
                let index = reader.number()?;
                let has_name = is_defined || is_named;
                let name = has_name.then(|| reader.text()).transpose()?;
                if let (0, Some(name)) = (kind, name) {
                    self.names.entry(index).or_insert(name);
                }
                Ok(match kind {
                    0 => Symbol::Function(index),
                    _ => Symbol::Other,
                })
            }
            1 => {
                reader.text()?;
                match is_defined {
                    true => self.data_symbol(reader),
                    false => Ok(Symbol::Other),
                }
            }
            // A section.
            3 => reader.number().map(|_| Symbol::Other),
            other => Err(format!("a symbol of kind {other}")),
        }
    }

    fn data_symbol(&self, reader: &mut Reader<'_>) -> Result<Symbol, String> {
        let segment = reader.number()?;
        let (offset, size) = (reader.number()?, reader.number()?);
        let segment = self.segments.get(segment);
        let segment = segment.ok_or("a symbol in data that is not there")?;
        let start = segment.start + offset;
        // What is not initialised is not in the module.
        Ok(match start + size <= segment.end {
            true => Symbol::Data(start..start + size),
            false => Symbol::Other,
        })
    }

    fn references(&mut self, reader: &mut Reader<'_>) -> Result<(), String> {
        reader.text()?;
        let section = reader.number()?;
        let section = self.sections.get(section);
        let start = section.ok_or("references in no section")?.content.start;
        for _ in 0..reader.number()? {
            let kind = reader.byte()?;
            let at = start + reader.number()?;
            let symbol = reader.number()?;
            match kind {
                // Of a function, an entry of the table, a global, a table.
                0 | 1 | 2 | 7 | 20 => {}
                // Of a type, which is no symbol.
                6 => continue,
                // Of an address, and how far behind it.
                3..=5 => reader.skip_number()?,
                other => return Err(format!("a reference of kind {other}")),
            }
            if symbol >= self.symbols.len() {
                return Err(format!(
                    "a reference to a symbol {symbol}, which is not there"
                ));
            }
            self.references.push(Reference { at, symbol });
        }
        Ok(())
    }
}
