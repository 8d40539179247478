//! Which part each function is in.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::names::path;
use super::plan::Plan;
use super::shims::common;
use crate::web::traps::code::Code;
use crate::web::traps::cut::Cuts;
use crate::web::traps::linked::{Linked, Symbol};

/// What only wasm-bindgen calls, while it makes the module.
const DESCRIPTIONS: &str = "__wbindgen_describe";

/// What lets go of things.
const LETS_GO: &str = "drop_in_place<";
const DROPS: &str = " as core::ops::drop::Drop>";

/// What is in another part than the one that is loaded first. That has number 0.
#[derive(Debug, Default)]
pub(crate) struct Owners {
    /// The number of the part of each function, by its name.
    functions: BTreeMap<String, usize>,
    /// The number of the part of data, by their addresses.
    pub(super) data: Vec<(Range<usize>, usize)>,
}

impl Owners {
    /// Those of a module as it is linked.
    ///
    /// # Errors
    ///
    /// What in it is not known here, or a gate that it does not have.
    pub(crate) fn of(module: &[u8], plan: &Plan) -> Result<Self, String> {
        let linked = &Linked::read(module)?;
        let cuts = &Cuts::of(linked, &Code::read(linked)?);
        let search = Search {
            linked,
            cuts,
            gates: gates(linked, plan)?,
        };
        let outside = linked.exports.iter();
        let outside = outside.filter(|(name, _)| !name.starts_with(DESCRIPTIONS));
        let mut shares = Shares::default();
        shares.add(0, search.reached(outside.map(|(_, function)| *function), 0));
        for part in 1..=plan.parts.len() {
            let gates = search.gates.iter().filter(|(_, of)| **of == part);
            let reached = search.reached(gates.map(|(function, _)| *function), part);
            shares.add(part, reached);
        }
        let others = shares.functions.into_iter().filter(|(_, part)| *part > 0);
        let names = others.filter_map(|(function, part)| {
            let name = linked.names.get(&function)?;
            Some((exported_as(name).to_owned(), part))
        });
        Ok(Self {
            functions: names.collect(),
            data: runs(linked, &shares.bytes),
        })
    }

    /// The number of a function's part.
    pub(super) fn of_function(&self, name: Option<&str>) -> usize {
        let part = name.and_then(|name| self.functions.get(name));
        part.copied().unwrap_or(0)
    }

    #[cfg(test)]
    pub(super) fn from(names: &[(&str, usize)], data: &[(Range<usize>, usize)]) -> Self {
        let names = names.iter();
        Self {
            functions: names
                .map(|(name, part)| ((*name).to_owned(), *part))
                .collect(),
            data: data.to_vec(),
        }
    }
}

/// Who reaches what.
#[derive(Default)]
struct Shares {
    functions: BTreeMap<usize, usize>,
    /// By their place in the module.
    bytes: BTreeMap<usize, usize>,
}

impl Shares {
    /// A part reaches this: what several do is in the base of them all, unless the first one does.
    fn add(&mut self, part: usize, reached: Reached) {
        let share = |owner: &mut usize| *owner = common(*owner, part);
        for function in reached.functions {
            let owner = self.functions.entry(function);
            owner.and_modify(share).or_insert(part);
        }
        for byte in reached.data.into_iter().flat_map(|(start, end)| start..end) {
            let owner = self.bytes.entry(byte);
            owner.and_modify(share).or_insert(part);
        }
    }
}

/// The name by which wasm-bindgen exports a function of its own, without the hash behind it; any other as it is.
fn exported_as(name: &str) -> &str {
    let is_hash = |hash: &str| hash.len() == 16 && hash.bytes().all(|it| it.is_ascii_hexdigit());
    match name.rsplit_once('_') {
        Some((name, hash)) if is_hash(hash) => name,
        Some(_) | None => name,
    }
}

/// The addresses of bytes that are another part's than the first one's, run by run.
fn runs(linked: &Linked<'_>, bytes: &BTreeMap<usize, usize>) -> Vec<(Range<usize>, usize)> {
    let mut runs: Vec<(Range<usize>, usize)> = Vec::new();
    for (segment, start) in linked.segments.iter().zip(&linked.addresses) {
        for (byte, part) in bytes.range(segment.clone()).filter(|(_, part)| **part > 0) {
            let address = start + byte - segment.start;
            match runs.last_mut() {
                Some((run, of)) if run.end == address && of == part => run.end += 1,
                _ => runs.push((address..address + 1, *part)),
            }
        }
    }
    runs
}

/// Functions, and data by their places in the module.
#[derive(Default)]
struct Reached {
    functions: BTreeSet<usize>,
    data: BTreeSet<(usize, usize)>,
}

/// The functions that are gates, and of which part.
fn gates(linked: &Linked<'_>, plan: &Plan) -> Result<BTreeMap<usize, usize>, String> {
    let mut gates = BTreeMap::new();
    let mut found = BTreeSet::new();
    for (function, name) in &linked.names {
        let path = path(name);
        for (number, part) in (1..).zip(plan.parts) {
            if let Some(gate) = part.gates.iter().find(|gate| is_gate(&path, gate)) {
                found.insert(gate);
                gates.insert(*function, number);
            }
        }
    }
    let mut all = plan.parts.iter().flat_map(|part| part.gates);
    match all.find(|gate| !found.contains(gate)) {
        Some(gate) => Err(format!("there is no function {gate} for the plan of parts")),
        None => Ok(gates),
    }
}

fn is_gate(path: &str, gate: &str) -> bool {
    let lets_go = path.contains(LETS_GO) || path.contains(DROPS);
    path.contains(gate) && lets_go == gate.contains(LETS_GO)
}

struct Search<'s, 'm> {
    linked: &'s Linked<'m>,
    cuts: &'s Cuts,
    gates: BTreeMap<usize, usize>,
}

impl Search<'_, '_> {
    /// What can be reached from these functions without passing a gate, but those of `part`.
    fn reached(&self, from: impl Iterator<Item = usize>, part: usize) -> Reached {
        let mut reached = Reached::default();
        let mut open: Vec<Range<usize>> = Vec::new();
        for function in from {
            self.add(function, part, &mut reached, &mut open);
        }
        while let Some(range) = open.pop() {
            for reference in self.linked.references_in(range) {
                if self.cuts.has_call_around(reference.at) {
                    continue;
                }
                match &self.linked.symbols[reference.symbol] {
                    Symbol::Function(function) => {
                        self.add(*function, part, &mut reached, &mut open);
                    }
                    Symbol::Data(range) => {
                        if reached.data.insert((range.start, range.end)) {
                            open.push(range.clone());
                        }
                    }
                    Symbol::Other => {}
                }
            }
        }
        reached
    }

    fn add(
        &self,
        function: usize,
        part: usize,
        reached: &mut Reached,
        open: &mut Vec<Range<usize>>,
    ) {
        let is_open = self.gates.get(&function).is_none_or(|of| *of == part);
        let Some(body) = self.linked.body(function).filter(|_| is_open) else {
            return;
        };
        let is_cut = self.cuts.functions[function - self.linked.imports];
        if reached.functions.insert(function) && !is_cut {
            open.push(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::binary::{MAGIC, section, write_section};
    use crate::web::parts::plan::Part;

    const PLAN: Plan = Plan {
        parts: &[
            Part {
                name: "base",
                gates: &["gates::base"],
            },
            Part {
                name: "other",
                gates: &["gates::other"],
            },
        ],
    };

    fn symbol(name: &str) -> String {
        let parts = name.split("::").map(|part| format!("{}{part}", part.len()));
        format!("_ZN{}17h0123456789abcdefE", parts.collect::<String>())
    }

    /// A module of functions, the first one exported, each with those that it calls.
    fn module(functions: &[(&str, &[u8])]) -> Vec<u8> {
        let count = functions.len() as u8;
        let (mut code, mut symbols, mut references) = (vec![count], vec![count], Vec::new());
        for (index, (name, callees)) in (0..).zip(functions) {
            let calls = callees.len() as u8;
            code.extend([2 + 6 * calls, 0]);
            for callee in *callees {
                references.extend([0, code.len() as u8 + 1, *callee]);
                code.extend([0x10, 0x80 | callee, 0x80, 0x80, 0x80, 0x00]);
            }
            code.push(0x0b);
            let name = symbol(name);
            symbols.extend([0, 0, index, name.len() as u8]);
            symbols.extend(name.as_bytes());
        }
        let mut linking = b"\x07linking\x02".to_vec();
        write_section(&mut linking, 8, &symbols);
        let count = references.len() as u8 / 3;
        [
            MAGIC.to_vec(),
            section(7, b"\x01\x03run\0\0"),
            section(10, &code),
            section(0, &linking),
            section(
                0,
                &[&b"\x0areloc.CODE\x01"[..], &[count], &references].concat(),
            ),
        ]
        .concat()
    }

    fn owners(functions: &[(&str, &[u8])]) -> Vec<usize> {
        let owners = Owners::of(&module(functions), &PLAN).unwrap();
        let names = functions.iter().map(|(name, _)| symbol(name));
        names.map(|name| owners.of_function(Some(&name))).collect()
    }

    #[test]
    fn what_is_only_reached_through_gates_is_behind_them() {
        let functions: &[(&str, &[u8])] = &[
            ("run", &[1, 2, 3]),
            ("gates::base", &[4]),
            ("gates::other", &[3, 5, 6]),
            ("common", &[]),
            ("of_base", &[6]),
            ("of_other", &[]),
            ("of_both", &[]),
        ];
        assert_eq!(owners(functions), [0, 1, 2, 0, 1, 2, 1]);
    }

    #[test]
    fn a_part_leads_through_no_gate_of_another() {
        let functions: &[(&str, &[u8])] = &[
            ("run", &[1, 2]),
            ("gates::other", &[2]),
            ("gates::base", &[3]),
            ("of_base", &[]),
        ];
        assert_eq!(owners(functions), [0, 2, 1, 1]);
    }

    #[test]
    fn what_is_exported_goes_by_the_name_that_it_has_then() {
        assert_eq!(exported_as("session_new_c4716222a61f6000"), "session_new");
        assert_eq!(exported_as("session_new"), "session_new");
        assert_eq!(
            exported_as("_ZN1a17h0123456789abcdefE"),
            "_ZN1a17h0123456789abcdefE"
        );
    }

    #[test]
    fn what_lets_go_is_a_gate_only_by_name() {
        assert!(!is_gate(
            "core::ptr::drop_in_place<gates::base>",
            "gates::base"
        ));
        assert!(!is_gate(
            "<gates::base as core::ops::drop::Drop>::drop",
            "gates::base"
        ));
        let gate = "drop_in_place<gates::";
        assert!(is_gate("core::ptr::drop_in_place<gates::base>", gate));
        assert!(!is_gate(
            "core::ptr::drop_in_place<core::option::Option<gates::base>>",
            gate
        ));
    }

    #[test]
    fn a_gate_that_is_none_is_told() {
        let error = Owners::of(&module(&[("run", &[])]), &PLAN).unwrap_err();
        assert!(error.contains("gates::base"), "{error}");
    }
}
