//! A module that is to be cut, as far as it matters here.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::owners::Owners;
use super::shims;
use crate::web::binary::{Reader, limits, sections};
use crate::web::order::all;

pub(super) const TYPES: u8 = 1;
pub(super) const IMPORTS: u8 = 2;
pub(super) const FUNCTIONS: u8 = 3;
pub(super) const TABLES: u8 = 4;
pub(super) const MEMORIES: u8 = 5;
pub(super) const GLOBALS: u8 = 6;
pub(super) const EXPORTS: u8 = 7;
pub(super) const ELEMENTS: u8 = 9;
pub(super) const CODE: u8 = 10;
pub(super) const DATA: u8 = 11;

/// The kinds of what is imported and exported.
pub(super) const FUNCTION: u8 = 0;
pub(super) const TABLE: u8 = 1;
pub(super) const MEMORY: u8 = 2;
pub(super) const GLOBAL: u8 = 3;

pub(super) const CONSTANT: u8 = 0x41;
pub(super) const END: u8 = 0x0b;

#[derive(Default)]
pub(super) struct Whole<'m> {
    pub(super) module: &'m [u8],
    pub(super) types: &'m [u8],
    /// As they stand there, and how many.
    pub(super) imports: Vec<&'m [u8]>,
    /// The type of each function, imported ones first.
    pub(super) kinds: Vec<usize>,
    /// The part of each.
    pub(super) owners: Vec<usize>,
    /// As they stand there; the first is that of functions.
    pub(super) tables: Vec<&'m [u8]>,
    pub(super) memory: &'m [u8],
    /// Their types.
    pub(super) globals: Vec<&'m [u8]>,
    /// How many there are, and they as they stand there.
    pub(super) exports: (usize, &'m [u8]),
    pub(super) exported: BTreeSet<usize>,
    /// Which function is at which place of the table.
    pub(super) table: BTreeMap<usize, usize>,
    pub(super) bodies: Vec<Range<usize>>,
    /// The addresses of data, and where they are.
    pub(super) data: Vec<(usize, Range<usize>)>,
    /// Those that are in another part than the first.
    pub(super) apart: Vec<(Range<usize>, usize)>,
    /// The name of the memory, which no other module's parts ask for, nor its JavaScript: theirs must not get this one's.
    pub(super) memory_name: String,
}

impl<'m> Whole<'m> {
    /// The module, beside which is JavaScript.
    pub(super) fn read(module: &'m [u8], owners: &Owners, beside: &str) -> Result<Self, String> {
        let mut whole = Self {
            module,
            ..Self::default()
        };
        let mut names = BTreeMap::new();
        for section in sections(module)? {
            let content = section.content.clone();
            let reader = &mut section.reader(module);
            match section.id {
                TYPES => whole.types = &module[content],
                IMPORTS => whole.read_imports(reader)?,
                FUNCTIONS => whole.kinds.extend(all(reader, Reader::number)?),
                TABLES => whole.tables = all(reader, |it| piece(module, it, table_type))?,
                MEMORIES => {
                    let memories = all(reader, |it| piece(module, it, limits))?;
                    whole.memory = memories.first().ok_or("no memory")?;
                }
                GLOBALS => whole.globals = all(reader, |it| global(module, it))?,
                EXPORTS => {
                    let count = reader.number()?;
                    whole.exports = (count, &module[reader.at..content.end]);
                    whole.read_exports(reader, count)?;
                }
                ELEMENTS => whole.read_elements(reader)?,
                CODE => whole.bodies = all(reader, body)?,
                DATA => whole.data = all(reader, segment)?,
                0 if section.name == "name" => names = function_names(reader, content.end)?,
                _ => {}
            }
        }
        whole.apart.clone_from(&owners.data);
        let owner = |function| owners.of_function(names.get(&function).copied());
        whole.owners = (0..whole.kinds.len()).map(owner).collect();
        let named = names.iter().filter(|(_, name)| shims::is_shim(name));
        let shims: Vec<_> = named.map(|(function, _)| *function).collect();
        shims::settle(&mut whole, &shims)?;
        whole.memory_name = format!("m{:x}", whole.hash(beside));
        let owned = whole.owners.iter().filter(|it| **it > 0).count();
        match owned {
            0 => Err("no function of the module is in a part".into()),
            _ => Ok(whole),
        }
    }

    /// FNV-1a of the module, of the JavaScript beside it, and of what is in which part.
    fn hash(&self, beside: &str) -> u64 {
        let apart = self
            .apart
            .iter()
            .flat_map(|(run, part)| [run.start, run.end, *part]);
        let numbers = self.owners.iter().copied().chain(apart);
        let numbers = numbers.flat_map(|number| (number as u64).to_le_bytes());
        let bytes = self.module.iter().copied().chain(beside.bytes());
        let bytes = bytes.chain(numbers);
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        })
    }

    fn read_imports(&mut self, reader: &mut Reader<'m>) -> Result<(), String> {
        for _ in 0..reader.number()? {
            let start = reader.at;
            reader.text()?;
            let name = reader.text()?;
            if reader.byte()? != FUNCTION {
                return Err(format!("{name} is imported, and no function"));
            }
            self.kinds.push(reader.number()?);
            self.imports.push(&self.module[start..reader.at]);
        }
        Ok(())
    }

    /// Which functions are exported.
    fn read_exports(&mut self, reader: &mut Reader<'m>, count: usize) -> Result<(), String> {
        for _ in 0..count {
            reader.text()?;
            let (kind, index) = (reader.byte()?, reader.number()?);
            if kind == FUNCTION {
                self.exported.insert(index);
            }
        }
        Ok(())
    }

    /// How many parameters functions of a type have.
    pub(super) fn parameters(&self, kind: usize) -> Result<usize, String> {
        let mut reader = Reader::new(self.types, 0);
        let mut count = 0;
        for number in 0..reader.number()? {
            if reader.byte()? != 0x60 {
                return Err("a type of no function".into());
            }
            for is_result in [false, true] {
                let values = reader.number()?;
                reader.take(values)?;
                if number == kind && !is_result {
                    count = values;
                }
            }
        }
        Ok(count)
    }

    /// Lists of functions at constant places of the first table.
    fn read_elements(&mut self, reader: &mut Reader<'m>) -> Result<(), String> {
        for _ in 0..reader.number()? {
            if (reader.number()?, reader.byte()?) != (0, CONSTANT) {
                return Err("elements that are not a list of functions".into());
            }
            let start = reader.number()?;
            if reader.byte()? != END {
                return Err("elements at no constant place".into());
            }
            for (place, function) in (start..).zip(all(reader, Reader::number)?) {
                self.table.insert(place, function);
            }
        }
        Ok(())
    }

    /// The body of a function; `None` of one that is imported.
    pub(super) fn body(&self, function: usize) -> Option<Range<usize>> {
        let index = function.checked_sub(self.imports.len())?;
        self.bodies.get(index).cloned()
    }

    /// The functions of a part, but those imported.
    pub(super) fn functions(&self, part: usize) -> impl Iterator<Item = usize> + '_ {
        let defined = self.imports.len()..self.kinds.len();
        defined.filter(move |it| self.owners[*it] == part)
    }

    /// The name that something goes by between parts.
    pub(super) fn name(&self, kind: u8, index: usize) -> String {
        match kind {
            MEMORY => self.memory_name.clone(),
            TABLE => format!("t{index}"),
            GLOBAL => format!("g{index}"),
            _ => index.to_string(),
        }
    }
}

/// The bytes that `read` passes over.
fn piece<'m>(
    module: &'m [u8],
    reader: &mut Reader<'m>,
    read: impl Fn(&mut Reader<'m>) -> Result<(), String>,
) -> Result<&'m [u8], String> {
    let start = reader.at;
    read(reader)?;
    Ok(&module[start..reader.at])
}

pub(super) fn table_type(reader: &mut Reader<'_>) -> Result<(), String> {
    reader.byte()?;
    limits(reader)
}

/// The type of a global, whose first value is a constant.
fn global<'m>(module: &'m [u8], reader: &mut Reader<'m>) -> Result<&'m [u8], String> {
    let kind = reader.take(2)?;
    let value = reader.at..module.len();
    match reader.byte()? {
        0x41 | 0x42 | 0x23 | 0xd0 => reader.skip_number()?,
        other => return Err(format!("a global of {other:#x} at {}", value.start)),
    }
    match reader.byte()? {
        END => Ok(kind),
        _ => Err("a global of more than a constant".into()),
    }
}

fn body(reader: &mut Reader<'_>) -> Result<Range<usize>, String> {
    let length = reader.number()?;
    let start = reader.at;
    reader.take(length)?;
    Ok(start..reader.at)
}

/// The address of a segment of data, and where its bytes are.
fn segment(reader: &mut Reader<'_>) -> Result<(usize, Range<usize>), String> {
    if (reader.number()?, reader.byte()?) != (0, CONSTANT) {
        return Err("a segment of data that is laid elsewhere".into());
    }
    let start = reader.number()?;
    if reader.byte()? != END {
        return Err("a segment of data at no constant address".into());
    }
    body(reader).map(|bytes| (start, bytes))
}

/// The names of functions, in the section of names.
fn function_names<'m>(
    reader: &mut Reader<'m>,
    end: usize,
) -> Result<BTreeMap<usize, &'m str>, String> {
    reader.text()?;
    let mut names = BTreeMap::new();
    while reader.at < end {
        let kind = reader.byte()?;
        let length = reader.number()?;
        let next = reader.at + length;
        if kind == 1 {
            for _ in 0..reader.number()? {
                names.insert(reader.number()?, reader.text()?);
            }
        }
        reader.at = next;
    }
    Ok(names)
}
