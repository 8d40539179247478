//! Cuts a module into its parts.
//!
//! All parts have one memory, one table and the same globals, which are the first part's. Where a function is in the table, there it stays: in whichever part
//! it is, that one puts it there. What the other parts call of the first, and of the base of them all, they import; a function of another part is called by its
//! place in the table.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::owners::Owners;
use crate::web::binary::{MAGIC, Reader, limits, sections, write_number, write_section};
use crate::web::order::all;
use crate::web::traps::code::{Does, instructions};

const TYPES: u8 = 1;
const IMPORTS: u8 = 2;
const FUNCTIONS: u8 = 3;
const TABLES: u8 = 4;
const MEMORIES: u8 = 5;
const GLOBALS: u8 = 6;
const EXPORTS: u8 = 7;
const ELEMENTS: u8 = 9;
const CODE: u8 = 10;
const DATA: u8 = 11;

/// The kinds of what is imported and exported.
const FUNCTION: u8 = 0;
const TABLE: u8 = 1;
const MEMORY: u8 = 2;
const GLOBAL: u8 = 3;

const CALL: u8 = 0x10;
const CALL_INDIRECT: u8 = 0x11;
const CONSTANT: u8 = 0x41;
const REFERENCE: u8 = 0xd2;
const END: u8 = 0x0b;

/// The module that parts import from: the first one, and the base with it.
const FIRST: &str = "m";

/// A body that traps.
const TRAP: [u8; 3] = [0x00, 0x00, END];

/// The module's parts, the first one first, `count` in all.
///
/// # Errors
///
/// What in it is not known here.
pub(crate) fn split(module: &[u8], owners: &Owners, count: usize) -> Result<Vec<Vec<u8>>, String> {
    let whole = Whole::read(module, owners)?;
    let crossings = whole.crossings();
    let mut parts = vec![whole.first(&crossings)?];
    for part in 1..count {
        parts.push(whole.part(part, &crossings)?);
    }
    Ok(parts)
}

/// What is asked of others.
#[derive(Debug, Default)]
struct Crossings {
    /// Functions that each part imports of the others.
    imported: BTreeMap<usize, BTreeSet<usize>>,
    /// Functions that are called by their place in the table, and that.
    places: BTreeMap<usize, usize>,
    /// How long the table is.
    length: usize,
}

#[derive(Default)]
struct Whole<'m> {
    module: &'m [u8],
    types: &'m [u8],
    /// As they stand there, and how many.
    imports: Vec<&'m [u8]>,
    /// The type of each function, imported ones first.
    kinds: Vec<usize>,
    /// The part of each.
    owners: Vec<usize>,
    /// As they stand there; the first is that of functions.
    tables: Vec<&'m [u8]>,
    memory: &'m [u8],
    /// Their types.
    globals: Vec<&'m [u8]>,
    /// How many there are, and they as they stand there.
    exports: (usize, &'m [u8]),
    /// Which function is at which place of the table.
    table: BTreeMap<usize, usize>,
    bodies: Vec<Range<usize>>,
    /// The addresses of data, and where they are.
    data: Vec<(usize, Range<usize>)>,
    /// Those that are in another part than the first.
    apart: Vec<(Range<usize>, usize)>,
    /// The name of the memory, which no other module's parts ask for: theirs must not get this one's.
    memory_name: String,
}

impl<'m> Whole<'m> {
    fn read(module: &'m [u8], owners: &Owners) -> Result<Self, String> {
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
        whole.memory_name = format!("m{:x}", whole.hash());
        let owned = whole.owners.iter().filter(|it| **it > 0).count();
        match owned {
            0 => Err("no function of the module is in a part".into()),
            _ => Ok(whole),
        }
    }

    /// FNV-1a of the module, and of what is in which part.
    fn hash(&self) -> u64 {
        let apart = self
            .apart
            .iter()
            .flat_map(|(run, part)| [run.start, run.end, *part]);
        let numbers = self.owners.iter().copied().chain(apart);
        let numbers = numbers.flat_map(|number| (number as u64).to_le_bytes());
        let bytes = self.module.iter().copied().chain(numbers);
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
    fn body(&self, function: usize) -> Option<Range<usize>> {
        let index = function.checked_sub(self.imports.len())?;
        self.bodies.get(index).cloned()
    }

    /// The functions of a part, but those imported.
    fn functions(&self, part: usize) -> impl Iterator<Item = usize> + '_ {
        let defined = self.imports.len()..self.kinds.len();
        defined.filter(move |it| self.owners[*it] == part)
    }

    /// How a function of part `from` calls one of part `to`.
    fn way(from: usize, to: usize) -> Way {
        match (from, to) {
            (from, to) if from == to => Way::Own,
            (_, 0) | (2.., 1) => Way::Imported,
            _ => Way::Table,
        }
    }

    fn crossings(&self) -> Crossings {
        let mut crossings = Crossings {
            length: self.table.keys().next_back().map_or(0, |last| last + 1),
            ..Crossings::default()
        };
        let places: BTreeMap<_, _> = self.table.iter().map(|(at, it)| (*it, *at)).collect();
        for (from, callee) in self.calls() {
            match Self::way(from, self.owners[callee]) {
                Way::Own => {}
                Way::Imported => {
                    if callee >= self.imports.len() {
                        crossings.imported.entry(from).or_default().insert(callee);
                    }
                }
                Way::Table => {
                    let place = places.get(&callee).copied();
                    crossings.places.entry(callee).or_insert_with(|| {
                        place.unwrap_or_else(|| {
                            crossings.length += 1;
                            crossings.length - 1
                        })
                    });
                }
            }
        }
        crossings
    }

    /// The part of who calls, and whom.
    fn calls(&self) -> Vec<(usize, usize)> {
        let mut calls = Vec::new();
        for function in self.imports.len()..self.kinds.len() {
            let instructions = self.body(function).map(|it| instructions(self.module, &it));
            for instruction in instructions.into_iter().flatten().flatten() {
                if let Does::Call(callee) = instruction.does {
                    calls.push((self.owners[function], callee));
                }
            }
        }
        calls
    }

    /// The first part: all numbers are as they were, and what is others' traps.
    fn first(&self, crossings: &Crossings) -> Result<Vec<u8>, String> {
        let mut written = MAGIC.to_vec();
        for section in sections(self.module)? {
            let content = match section.id {
                TABLES => self.tables_of(crossings),
                EXPORTS => self.first_exports(crossings),
                ELEMENTS => self.elements(0, crossings, &|function| function),
                CODE => {
                    let functions = self.imports.len()..self.kinds.len();
                    self.code(0, functions, crossings, &|function| function)?
                }
                DATA => self.first_data(),
                // Their names are of no more use.
                0 => continue,
                _ => self.module[section.content].to_vec(),
            };
            write_section(&mut written, section.id, &content);
        }
        Ok(written)
    }

    /// The tables, the first as long as it takes.
    fn tables_of(&self, crossings: &Crossings) -> Vec<u8> {
        let mut written = Vec::new();
        write_number(&mut written, self.tables.len());
        for (number, table) in self.tables.iter().enumerate() {
            match number {
                0 => written.extend(grown(table, crossings.length)),
                _ => written.extend_from_slice(table),
            }
        }
        written
    }

    /// The functions of a part that others import.
    fn exported(&self, part: usize, crossings: &Crossings) -> BTreeSet<usize> {
        let imported = crossings.imported.values().flatten().copied();
        imported.filter(|it| self.owners[*it] == part).collect()
    }

    fn first_exports(&self, crossings: &Crossings) -> Vec<u8> {
        let functions = self.exported(0, crossings).into_iter();
        let mut own: Vec<_> = functions.map(|it| (FUNCTION, it)).collect();
        own.push((MEMORY, 0));
        own.extend((0..self.tables.len()).map(|it| (TABLE, it)));
        own.extend((0..self.globals.len()).map(|it| (GLOBAL, it)));
        let (count, exports) = self.exports;
        let mut written = Vec::new();
        write_number(&mut written, count + own.len());
        written.extend_from_slice(exports);
        for (kind, index) in own {
            write_name(&mut written, &self.name(kind, index));
            written.push(kind);
            write_number(&mut written, index);
        }
        written
    }

    /// A part: what it calls of others it imports, behind what all import.
    fn part(&self, part: usize, crossings: &Crossings) -> Result<Vec<u8>, String> {
        let imported = crossings.imported.get(&part).into_iter().flatten();
        let own = self.functions(part);
        let numbers: BTreeMap<usize, usize> = (0..self.imports.len())
            .chain(imported.clone().copied())
            .chain(own)
            .zip(0..)
            .collect();
        let number = |function: usize| numbers.get(&function).copied().unwrap_or(usize::MAX);
        let mut written = MAGIC.to_vec();
        write_section(&mut written, TYPES, self.types);
        let imported: Vec<_> = imported.copied().collect();
        write_section(
            &mut written,
            IMPORTS,
            &self.imports_of(&imported, crossings),
        );
        let mut kinds = Vec::new();
        write_number(&mut kinds, self.functions(part).count());
        for function in self.functions(part) {
            write_number(&mut kinds, self.kinds[function]);
        }
        write_section(&mut written, FUNCTIONS, &kinds);
        let exported = self.exports_of(part, crossings, &number);
        write_section(&mut written, EXPORTS, &exported);
        let elements = self.elements(part, crossings, &number);
        write_section(&mut written, ELEMENTS, &elements);
        let code = self.code(part, self.functions(part), crossings, &number)?;
        write_section(&mut written, CODE, &code);
        let data = self.data_of(part);
        if !data.is_empty() {
            write_section(&mut written, DATA, &data_section(&data));
        }
        Ok(written)
    }

    /// The data, zeros in place of what is in other parts.
    fn first_data(&self) -> Vec<u8> {
        let segments = self.data.iter().map(|(start, bytes)| {
            let mut bytes = self.module[bytes.clone()].to_vec();
            for (run, _) in &self.apart {
                let within = run.start.max(*start)..run.end.min(start + bytes.len());
                if !within.is_empty() {
                    bytes[within.start - start..within.end - start].fill(0);
                }
            }
            (*start, bytes)
        });
        data_section(&segments.collect::<Vec<_>>())
    }

    /// The data of a part, without zeros at the ends of each: what nobody has written is zero.
    fn data_of(&self, part: usize) -> Vec<(usize, Vec<u8>)> {
        let mut data = Vec::new();
        let runs = self.apart.iter().filter(|(_, of)| *of == part);
        for (run, _) in runs {
            let holds = |(start, bytes): &&(usize, Range<usize>)| {
                (*start..start + bytes.len()).contains(&run.start)
            };
            let Some((start, bytes)) = self.data.iter().find(holds) else {
                continue;
            };
            let end = bytes.len().min(run.end - start);
            let bytes = &self.module[bytes.clone()][run.start - start..end];
            let ends = |it: &u8| *it != 0;
            if let (Some(first), Some(last)) =
                (bytes.iter().position(ends), bytes.iter().rposition(ends))
            {
                data.push((run.start + first, bytes[first..=last].to_vec()));
            }
        }
        data
    }

    /// The name that something goes by between parts.
    fn name(&self, kind: u8, index: usize) -> String {
        match kind {
            MEMORY => self.memory_name.clone(),
            TABLE => format!("t{index}"),
            GLOBAL => format!("g{index}"),
            _ => index.to_string(),
        }
    }

    fn write_import(&self, to: &mut Vec<u8>, kind: u8, index: usize) {
        write_name(to, FIRST);
        write_name(to, &self.name(kind, index));
        to.push(kind);
    }

    fn imports_of(&self, functions: &[usize], crossings: &Crossings) -> Vec<u8> {
        let tables = self.tables.len();
        let count = self.imports.len() + functions.len() + tables + 1 + self.globals.len();
        let mut written = Vec::new();
        write_number(&mut written, count);
        written.extend(self.imports.concat());
        for function in functions {
            self.write_import(&mut written, FUNCTION, *function);
            write_number(&mut written, self.kinds[*function]);
        }
        for (number, table) in self.tables.iter().enumerate() {
            self.write_import(&mut written, TABLE, number);
            match number {
                0 => written.extend(grown(table, crossings.length)),
                _ => written.extend_from_slice(table),
            }
        }
        self.write_import(&mut written, MEMORY, 0);
        written.extend_from_slice(self.memory);
        for (number, kind) in self.globals.iter().enumerate() {
            self.write_import(&mut written, GLOBAL, number);
            written.extend_from_slice(kind);
        }
        written
    }

    /// What others import of a part.
    fn exports_of(
        &self,
        part: usize,
        crossings: &Crossings,
        number: &dyn Fn(usize) -> usize,
    ) -> Vec<u8> {
        let functions = self.exported(part, crossings);
        let mut written = Vec::new();
        write_number(&mut written, functions.len());
        for function in functions {
            write_name(&mut written, &self.name(FUNCTION, function));
            written.push(FUNCTION);
            write_number(&mut written, number(function));
        }
        written
    }

    /// What a part puts in the table: runs of its functions.
    fn elements(
        &self,
        part: usize,
        crossings: &Crossings,
        number: &dyn Fn(usize) -> usize,
    ) -> Vec<u8> {
        let called = crossings.places.iter().map(|(it, place)| (*place, *it));
        let all: BTreeMap<usize, usize> = self
            .table
            .iter()
            .map(|(at, it)| (*at, *it))
            .chain(called)
            .collect();
        let mut runs: Vec<(usize, Vec<usize>)> = Vec::new();
        for (place, function) in all {
            if self.owners[function] != part {
                continue;
            }
            match runs.last_mut() {
                Some((start, run)) if *start + run.len() == place => run.push(number(function)),
                _ => runs.push((place, vec![number(function)])),
            }
        }
        let mut written = Vec::new();
        write_number(&mut written, runs.len());
        for (start, run) in runs {
            written.extend([0, CONSTANT]);
            write_signed(&mut written, start);
            written.push(END);
            write_number(&mut written, run.len());
            run.iter().for_each(|it| write_number(&mut written, *it));
        }
        written
    }

    fn code(
        &self,
        part: usize,
        functions: impl Iterator<Item = usize>,
        crossings: &Crossings,
        number: &dyn Fn(usize) -> usize,
    ) -> Result<Vec<u8>, String> {
        let functions: Vec<_> = functions.collect();
        let mut written = Vec::new();
        write_number(&mut written, functions.len());
        for function in functions {
            let body = match self.body(function) {
                Some(body) if self.owners[function] == part => {
                    self.rewritten(part, body, crossings, number)?
                }
                _ => TRAP.to_vec(),
            };
            write_number(&mut written, body.len());
            written.extend(body);
        }
        Ok(written)
    }

    /// A body with the numbers that functions have in its part.
    fn rewritten(
        &self,
        part: usize,
        body: Range<usize>,
        crossings: &Crossings,
        number: &dyn Fn(usize) -> usize,
    ) -> Result<Vec<u8>, String> {
        let instructions = instructions(self.module, &body)?;
        let first = instructions.first().map_or(body.end, |it| it.place.start);
        let mut written = self.module[body.start..first].to_vec();
        for instruction in instructions {
            let bytes = &self.module[instruction.place];
            if bytes[0] == REFERENCE {
                return Err("a reference to a function".into());
            }
            let Does::Call(callee) = instruction.does else {
                written.extend_from_slice(bytes);
                continue;
            };
            if Self::way(part, self.owners[callee]) == Way::Table {
                written.push(CONSTANT);
                write_signed(&mut written, crossings.places[&callee]);
                written.push(CALL_INDIRECT);
                write_number(&mut written, self.kinds[callee]);
                written.push(0);
            } else {
                written.push(CALL);
                write_number(&mut written, number(callee));
            }
        }
        Ok(written)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Own,
    Imported,
    Table,
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

fn table_type(reader: &mut Reader<'_>) -> Result<(), String> {
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

fn data_section(segments: &[(usize, Vec<u8>)]) -> Vec<u8> {
    let mut written = Vec::new();
    write_number(&mut written, segments.len());
    for (start, bytes) in segments {
        written.extend([0, CONSTANT]);
        write_signed(&mut written, *start);
        written.push(END);
        write_number(&mut written, bytes.len());
        written.extend(bytes);
    }
    written
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

/// A table's type with limits for at least so many.
fn grown(table: &[u8], length: usize) -> Vec<u8> {
    let mut reader = Reader::new(table, 2);
    let least = reader.number().unwrap_or(0).max(length);
    let mut written = table[..2].to_vec();
    write_number(&mut written, least);
    if table[1] & 1 != 0 {
        write_number(&mut written, reader.number().unwrap_or(0).max(length));
    }
    written
}

fn write_name(to: &mut Vec<u8>, name: &str) {
    write_number(to, name.len());
    to.extend_from_slice(name.as_bytes());
}

/// Writes a number that may be negative elsewhere (LEB128).
fn write_signed(to: &mut Vec<u8>, mut value: usize) {
    while value > 0x3f {
        to.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        let mut section = Vec::new();
        write_section(&mut section, id, content);
        section
    }

    /// A body without locals.
    fn calling(callee: u8) -> [u8; 5] {
        [4, 0, CALL, callee, END]
    }

    fn code(bodies: &[&[u8]]) -> Vec<u8> {
        section(
            CODE,
            &[&[bodies.len() as u8], bodies.concat().as_slice()].concat(),
        )
    }

    const TYPE: &[u8] = b"\x01\x60\0\0";
    const OUTSIDE: &[u8] = b"\x01o\x01t\0\0";

    /// Function 0 is imported. 1 is exported and calls 2, which calls 1; 3 is in the table and calls 2; 4 calls 0.
    fn module() -> Vec<u8> {
        let names = b"\x04name\x01\x0d\x04\x01\x01a\x02\x01b\x03\x01c\x04\x01d";
        [
            MAGIC.to_vec(),
            section(TYPES, TYPE),
            section(IMPORTS, &[&[1], OUTSIDE].concat()),
            section(FUNCTIONS, &[4, 0, 0, 0, 0]),
            section(TABLES, &[1, 0x70, 0, 1]),
            section(MEMORIES, &[1, 0, 1]),
            section(GLOBALS, &[1, 0x7f, 1, CONSTANT, 0, END]),
            section(EXPORTS, b"\x01\x03run\0\x01"),
            section(ELEMENTS, &[1, 0, CONSTANT, 0, END, 1, 3]),
            code(&[&calling(2), &calling(1), &calling(2), &calling(0)]),
            section(DATA, &[1, 0, CONSTANT, 0, END, 8, 1, 2, 3, 4, 5, 6, 0, 8]),
            section(0, names),
        ]
        .concat()
    }

    fn owners() -> Owners {
        Owners::from(&[("b", 1), ("c", 2)], &[(1..3, 1), (4..7, 2)])
    }

    fn parts() -> Vec<Vec<u8>> {
        split(&module(), &owners(), 3).unwrap()
    }

    /// The memory's name behind its length.
    fn memory() -> Vec<u8> {
        let name = Whole::read(&module(), &owners()).unwrap().memory_name;
        [&[name.len() as u8], name.as_bytes()].concat()
    }

    #[test]
    fn the_first_part_calls_another_by_its_place_in_the_table() {
        let functions = b"\x05\x03run\0\x01\x011\0\x01";
        let shared = b"\x02\0\x02t0\x01\0\x02g0\x03\0";
        let exports = [&functions[..], &memory(), shared].concat();
        let by_place = [7, 0, CONSTANT, 1, CALL_INDIRECT, 0, 0, END];
        let trap = [3, 0, 0, END];
        let expected = [
            MAGIC.to_vec(),
            section(TYPES, TYPE),
            section(IMPORTS, &[&[1], OUTSIDE].concat()),
            section(FUNCTIONS, &[4, 0, 0, 0, 0]),
            section(TABLES, &[1, 0x70, 0, 2]),
            section(MEMORIES, &[1, 0, 1]),
            section(GLOBALS, &[1, 0x7f, 1, CONSTANT, 0, END]),
            section(EXPORTS, &exports),
            section(ELEMENTS, &[0]),
            code(&[&by_place, &trap, &trap, &calling(0)]),
            section(DATA, &[1, 0, CONSTANT, 0, END, 8, 1, 0, 0, 4, 0, 0, 0, 8]),
        ];
        assert_eq!(parts()[0], expected.concat());
    }

    /// What a part imports: the outside, a function, and what all share.
    fn imports(function: &[u8]) -> Vec<u8> {
        let table = b"\x01m\x02t0\x01\x70\0\x02\x01m";
        let shared = [&table[..], &memory(), b"\x02\0\x01\x01m\x02g0\x03\x7f\x01"].concat();
        section(IMPORTS, &[&[5], OUTSIDE, function, &shared].concat())
    }

    #[test]
    fn the_base_imports_from_the_first_and_exports_to_the_others() {
        let expected = [
            MAGIC.to_vec(),
            section(TYPES, TYPE),
            imports(b"\x01m\x011\0\0"),
            section(FUNCTIONS, &[1, 0]),
            section(EXPORTS, b"\x01\x012\0\x02"),
            section(ELEMENTS, &[1, 0, CONSTANT, 1, END, 1, 2]),
            code(&[&calling(1)]),
            section(DATA, &[1, 0, CONSTANT, 1, END, 2, 2, 3]),
        ];
        assert_eq!(parts()[1], expected.concat());
    }

    #[test]
    fn another_part_imports_from_the_base_and_fills_its_places() {
        let expected = [
            MAGIC.to_vec(),
            section(TYPES, TYPE),
            imports(b"\x01m\x012\0\0"),
            section(FUNCTIONS, &[1, 0]),
            section(EXPORTS, &[0]),
            section(ELEMENTS, &[1, 0, CONSTANT, 0, END, 1, 2]),
            code(&[&calling(1)]),
            section(DATA, &[1, 0, CONSTANT, 4, END, 2, 5, 6]),
        ];
        assert_eq!(parts()[2], expected.concat());
    }

    #[test]
    fn parts_of_another_module_ask_for_another_memory() {
        let memory = memory();
        assert_eq!(memory[1], b'm');
        let (mut other, owners) = (module(), owners());
        let last = other.len() - 1;
        other[last] = b'e';
        assert_ne!(
            Whole::read(&other, &owners).unwrap().memory_name.as_bytes(),
            &memory[1..]
        );
        let owners = Owners::from(&[("b", 1), ("c", 1)], &[]);
        assert_ne!(
            Whole::read(&module(), &owners)
                .unwrap()
                .memory_name
                .as_bytes(),
            &memory[1..]
        );
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(split(&module(), &Owners::default(), 3).is_err());
        let owners = Owners::from(&[("b", 1)], &[]);
        let refers = module()
            .windows(3)
            .position(|it| *it == calling(0)[2..])
            .unwrap();
        let mut module = module();
        module[refers] = REFERENCE;
        assert!(split(&module, &owners, 3).is_err());
    }

    #[test]
    fn places_beyond_63_are_no_negative_numbers() {
        let mut written = Vec::new();
        write_signed(&mut written, 63);
        write_signed(&mut written, 64);
        write_signed(&mut written, 8192);
        assert_eq!(written, [0x3f, 0xc0, 0x00, 0x80, 0xc0, 0x00]);
    }
}
