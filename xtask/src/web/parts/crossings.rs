//! What a module's parts ask of each other.

use std::collections::{BTreeMap, BTreeSet};

use super::whole::Whole;
use crate::web::traps::code::{Does, instructions};

/// What is asked of others.
#[derive(Debug, Default)]
pub(super) struct Crossings {
    /// Functions that each part imports of the others.
    pub(super) imported: BTreeMap<usize, BTreeSet<usize>>,
    /// Functions that are called by their place in the table, and that.
    pub(super) places: BTreeMap<usize, usize>,
    /// How long the table is.
    pub(super) length: usize,
}

/// How a function calls another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Own,
    Imported,
    Table,
}

impl Way {
    /// Of a function of part `from` to one of part `to`.
    pub(super) fn between(from: usize, to: usize) -> Self {
        match (from, to) {
            (from, to) if from == to => Self::Own,
            (_, 0) | (2.., 1) => Self::Imported,
            _ => Self::Table,
        }
    }
}

impl Crossings {
    /// # Errors
    ///
    /// What in a function is not known here.
    pub(super) fn of(whole: &Whole<'_>) -> Result<Self, String> {
        let mut crossings = Self {
            length: whole.table.keys().next_back().map_or(0, |last| last + 1),
            ..Self::default()
        };
        let places: BTreeMap<_, _> = whole.table.iter().map(|(at, it)| (*it, *at)).collect();
        let inside = calls(whole)?.into_iter();
        let inside = inside.map(|(caller, callee)| (whole.owners[caller], callee));
        // The first part has the way in for all that is called from outside.
        let outside = whole.exported.iter().map(|callee| (0, *callee));
        for (from, callee) in inside.chain(outside) {
            match Way::between(from, whole.owners[callee]) {
                Way::Own => {}
                Way::Imported => {
                    if callee >= whole.imports.len() {
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
        Ok(crossings)
    }

    /// The functions of a part that others import.
    pub(super) fn exported(&self, whole: &Whole<'_>, part: usize) -> BTreeSet<usize> {
        let imported = self.imported.values().flatten().copied();
        imported.filter(|it| whole.owners[*it] == part).collect()
    }
}

/// Who calls, and whom.
pub(super) fn calls(whole: &Whole<'_>) -> Result<Vec<(usize, usize)>, String> {
    let mut calls = Vec::new();
    for (function, body) in (whole.imports.len()..).zip(&whole.bodies) {
        for instruction in instructions(whole.module, body)? {
            if let Does::Call(callee) = instruction.does {
                calls.push((function, callee));
            }
        }
    }
    Ok(calls)
}
