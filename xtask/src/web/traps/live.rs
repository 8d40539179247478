//! What can still be reached, and the module without the rest.

use std::ops::Range;

use super::cut::Cuts;
use super::linked::{CODE, Linked, Symbol};
use crate::web::binary::Section;
use crate::web::binary::write_number;

/// A body that traps: no locals, the trap, the end.
const TRAP: [u8; 3] = [0x00, 0x00, 0x0b];

/// What can be reached from what is exported.
#[derive(Debug)]
pub(super) struct Live {
    /// In the order of the bodies.
    functions: Vec<bool>,
    /// In the order of the symbols.
    symbols: Vec<bool>,
}

impl Live {
    pub(super) fn of(linked: &Linked<'_>, cuts: &Cuts) -> Self {
        let mut live = Self {
            functions: vec![false; linked.bodies.len()],
            symbols: vec![false; linked.symbols.len()],
        };
        // Places of the module that are still to be looked through.
        let mut open = Vec::new();
        for (_, function) in &linked.exports {
            live.add(linked, cuts, &Symbol::Function(*function), &mut open);
        }
        while let Some(range) = open.pop() {
            for reference in linked.references_in(range) {
                if !live.symbols[reference.symbol] && !cuts.has_call_around(reference.at) {
                    live.symbols[reference.symbol] = true;
                    live.add(linked, cuts, &linked.symbols[reference.symbol], &mut open);
                }
            }
        }
        live
    }

    fn add(
        &mut self,
        linked: &Linked<'_>,
        cuts: &Cuts,
        symbol: &Symbol,
        open: &mut Vec<Range<usize>>,
    ) {
        match symbol {
            Symbol::Data(range) => open.push(range.clone()),
            Symbol::Function(function) => {
                let Some(body) = linked.body(*function) else {
                    return;
                };
                let index = function - linked.imports;
                if !std::mem::replace(&mut self.functions[index], true) && !cuts.functions[index] {
                    open.push(body);
                }
            }
            Symbol::Other => {}
        }
    }

    /// The module, what is dead of it traps and zeros, without what the linker told.
    pub(super) fn write(&self, linked: &Linked<'_>, cuts: &Cuts) -> Vec<u8> {
        let module = self.with_dead_data_cleared(linked);
        let mut written = module[..8].to_vec();
        for Section { id, name, content } in &linked.sections {
            if *id == 0 && (*name == "linking" || name.starts_with("reloc.")) {
                continue;
            }
            let code;
            let content = match *id {
                CODE => {
                    code = self.code(linked, cuts);
                    &code
                }
                _ => &module[content.clone()],
            };
            written.push(*id);
            write_number(&mut written, content.len());
            written.extend_from_slice(content);
        }
        written
    }

    fn with_dead_data_cleared(&self, linked: &Linked<'_>) -> Vec<u8> {
        let mut module = linked.module.to_vec();
        let data = |is_live: bool| {
            let symbols = linked.symbols.iter().zip(&self.symbols);
            symbols.filter_map(move |(symbol, live)| match symbol {
                Symbol::Data(range) if *live == is_live => Some(range.clone()),
                Symbol::Data(_) | Symbol::Function(_) | Symbol::Other => None,
            })
        };
        for dead in data(false) {
            module[dead].fill(0);
        }
        // A text that is the end of another has its bytes in both.
        for live in data(true) {
            module[live.clone()].copy_from_slice(&linked.module[live]);
        }
        module
    }

    fn code(&self, linked: &Linked<'_>, cuts: &Cuts) -> Vec<u8> {
        let mut code = Vec::new();
        write_number(&mut code, linked.bodies.len());
        for (index, body) in linked.bodies.iter().enumerate() {
            let body = match self.functions[index] && !cuts.functions[index] {
                true => body_without(linked.module, body, cuts),
                false => TRAP.to_vec(),
            };
            write_number(&mut code, body.len());
            code.extend_from_slice(&body);
        }
        code
    }
}

/// The body with a trap in place of each call that is cut.
fn body_without(module: &[u8], body: &Range<usize>, cuts: &Cuts) -> Vec<u8> {
    let mut written = Vec::with_capacity(body.len());
    let mut at = body.start;
    let first = cuts.calls.partition_point(|call| call.end <= body.start);
    for call in cuts.calls[first..]
        .iter()
        .take_while(|it| it.start < body.end)
    {
        written.extend_from_slice(&module[at..call.start]);
        written.push(TRAP[1]);
        at = call.end;
    }
    written.extend_from_slice(&module[at..body.end]);
    written
}
