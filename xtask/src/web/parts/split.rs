//! Cuts a module into its parts.
//!
//! All parts have one memory, one table and the same globals, which are the first part's. Where a function is in the table, there it stays: in whichever part
//! it is, that one puts it there. What the other parts call of the first, and of the base of them all, they import; a function of another part is called by its
//! place in the table.

use std::collections::BTreeMap;
use std::ops::Range;

use super::crossings::{Crossings, Way};
use super::owners::Owners;
use super::whole::{
    CODE, CONSTANT, DATA, ELEMENTS, END, EXPORTS, FUNCTION, FUNCTIONS, GLOBAL, IMPORTS, MEMORY,
    TABLE, TABLES, TYPES, Whole,
};
use crate::web::binary::{MAGIC, Reader, sections, write_number, write_section, write_signed};
use crate::web::traps::code::{Does, instructions};

const CALL: u8 = 0x10;
const LOCAL: u8 = 0x20;
const CALL_INDIRECT: u8 = 0x11;
const REFERENCE: u8 = 0xd2;

/// The module that parts import from: the first one, and the base with it.
pub(super) const FIRST: &str = "m";

/// A body that traps.
const TRAP: [u8; 3] = [0x00, 0x00, END];

/// The module's parts, the first one first, `count` in all. Beside it is JavaScript.
///
/// # Errors
///
/// What in it is not known here.
pub(crate) fn split(
    module: &[u8],
    owners: &Owners,
    count: usize,
    beside: &str,
) -> Result<Vec<Vec<u8>>, String> {
    let whole = Whole::read(module, owners, beside)?;
    let crossings = Crossings::of(&whole)?;
    let mut parts = vec![whole.first(&crossings)?];
    for part in 1..count {
        parts.push(whole.part(part, &crossings)?);
    }
    Ok(parts)
}

impl Whole<'_> {
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

    fn first_exports(&self, crossings: &Crossings) -> Vec<u8> {
        let functions = crossings.exported(self, 0).into_iter();
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
        let functions = crossings.exported(self, part);
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
                Some(_) if self.exported.contains(&function) => self.led_on(function, crossings)?,
                _ => TRAP.to_vec(),
            };
            write_number(&mut written, body.len());
            written.extend(body);
        }
        Ok(written)
    }

    /// What is called from outside where another part has it.
    fn led_on(&self, function: usize, crossings: &Crossings) -> Result<Vec<u8>, String> {
        let mut written = vec![0];
        for parameter in 0..self.parameters(self.kinds[function])? {
            written.push(LOCAL);
            write_number(&mut written, parameter);
        }
        self.write_call_of_table(&mut written, function, crossings);
        written.push(END);
        Ok(written)
    }

    fn write_call_of_table(&self, to: &mut Vec<u8>, callee: usize, crossings: &Crossings) {
        to.push(CONSTANT);
        write_signed(to, crossings.places[&callee]);
        to.push(CALL_INDIRECT);
        write_number(to, self.kinds[callee]);
        to.push(0);
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
            if Way::between(part, self.owners[callee]) == Way::Table {
                self.write_call_of_table(&mut written, callee, crossings);
            } else {
                written.push(CALL);
                write_number(&mut written, number(callee));
            }
        }
        Ok(written)
    }
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

pub(super) fn write_name(to: &mut Vec<u8>, name: &str) {
    write_number(to, name.len());
    to.extend_from_slice(name.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::binary::section;
    use crate::web::parts::whole::{GLOBALS, MEMORIES};

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
        module_of([2, 1, 2, 0], "d")
    }

    /// The same with these calls, and this name of the last function.
    fn module_of(callees: [u8; 4], last: &str) -> Vec<u8> {
        let beginning = [&b"\x04name\x01"[..], &[12 + last.len() as u8, 4]].concat();
        let names = b"\x01\x01a\x02\x01b\x03\x01c\x04";
        let last = [&[last.len() as u8], last.as_bytes()].concat();
        let names = [&beginning, &names[..], &last].concat();
        let [a, b, c, d] = callees.map(calling);
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
            code(&[&a, &b, &c, &d]),
            section(DATA, &[1, 0, CONSTANT, 0, END, 8, 1, 2, 3, 4, 5, 6, 0, 8]),
            section(0, &names),
        ]
        .concat()
    }

    fn owners() -> Owners {
        Owners::from(&[("b", 1), ("c", 2)], &[(1..3, 1), (4..7, 2)])
    }

    fn parts() -> Vec<Vec<u8>> {
        split(&module(), &owners(), 3, "").unwrap()
    }

    /// The memory's name behind its length.
    fn memory() -> Vec<u8> {
        let name = Whole::read(&module(), &owners(), "").unwrap().memory_name;
        [&[name.len() as u8], name.as_bytes()].concat()
    }

    #[test]
    fn what_is_called_from_outside_is_led_on() {
        let owners = Owners::from(&[("a", 1)], &[]);
        let parts = split(&module(), &owners, 2, "").unwrap();
        let led_on = [7, 0, CONSTANT, 1, CALL_INDIRECT, 0, 0, END];
        assert!(parts[0].windows(led_on.len()).any(|it| it == led_on));
        let types = b"\x02\x60\0\0\x60\x02\x7f\x7d\x01\x7f";
        let whole = Whole {
            types,
            ..Whole::default()
        };
        assert_eq!((whole.parameters(0), whole.parameters(1)), (Ok(0), Ok(2)));
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
    fn what_is_put_before_javascript_is_where_it_is_called() {
        let shim = "d externref shim";
        let owner = |callees: [u8; 4], name: &str| {
            let module = module_of(callees, name);
            Whole::read(&module, &owners(), "").unwrap().owners[4]
        };
        assert_eq!(owner([2, 4, 2, 0], shim), 1);
        assert_eq!(owner([2, 1, 4, 0], shim), 2);
        assert_eq!(owner([2, 4, 4, 0], shim), 1);
        assert_eq!(owner([4, 4, 2, 0], shim), 0);
        assert_eq!(owner([2, 1, 2, 0], shim), 0);
        assert_eq!(owner([2, 4, 2, 0], "d"), 0);
    }

    #[test]
    fn parts_of_another_module_ask_for_another_memory() {
        let memory = memory();
        assert_eq!(memory[1], b'm');
        let (mut other, owners) = (module(), owners());
        let last = other.len() - 1;
        other[last] = b'e';
        assert_ne!(
            Whole::read(&other, &owners, "")
                .unwrap()
                .memory_name
                .as_bytes(),
            &memory[1..]
        );
        assert_ne!(
            Whole::read(&module(), &owners, "other")
                .unwrap()
                .memory_name
                .as_bytes(),
            &memory[1..]
        );
        let owners = Owners::from(&[("b", 1), ("c", 1)], &[]);
        assert_ne!(
            Whole::read(&module(), &owners, "")
                .unwrap()
                .memory_name
                .as_bytes(),
            &memory[1..]
        );
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(split(&module(), &Owners::default(), 3, "").is_err());
        let owners = Owners::from(&[("b", 1)], &[]);
        let refers = module()
            .windows(3)
            .position(|it| *it == calling(0)[2..])
            .unwrap();
        let mut module = module();
        module[refers] = REFERENCE;
        assert!(split(&module, &owners, 3, "").is_err());
    }
}
