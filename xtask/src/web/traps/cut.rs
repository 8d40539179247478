//! Which functions become traps, and which instructions went to call them.

use std::ops::Range;

use super::code::{Code, Does, Instruction, never_returns};
use super::linked::Linked;

/// What becomes a trap.
#[derive(Debug)]
pub(in crate::web) struct Cuts {
    /// In the order of the bodies: true where the whole body does.
    pub(in crate::web) functions: Vec<bool>,
    /// Calls of those with what they were given, in the order of their places.
    pub(super) calls: Vec<Range<usize>>,
}

impl Cuts {
    pub(in crate::web) fn of(linked: &Linked<'_>, code: &Code) -> Self {
        let speaks = speaks(linked, code);
        let functions: Vec<bool> = code
            .functions
            .iter()
            .zip(speaks)
            .map(|(function, speaks)| !speaks && never_returns(function))
            .collect();
        let is_cut = |function: usize| {
            let index = function.checked_sub(linked.imports);
            index.is_some_and(|index| functions.get(index) == Some(&true))
        };
        let calls = code.functions.iter();
        let calls = calls.flat_map(|it| calls_of(it, &is_cut)).collect();
        Self { functions, calls }
    }

    /// True for a place within a call that is one no more.
    pub(in crate::web) fn has_call_around(&self, at: usize) -> bool {
        let next = self.calls.partition_point(|call| call.end <= at);
        self.calls.get(next).is_some_and(|call| call.contains(&at))
    }
}

/// In the order of the bodies: true for each that calls the outside, itself or by what it calls.
fn speaks(linked: &Linked<'_>, code: &Code) -> Vec<bool> {
    let mut speaks = vec![false; code.functions.len()];
    loop {
        let mut is_done = true;
        for (index, function) in code.functions.iter().enumerate() {
            let tells = |instruction: &Instruction| {
                let Does::Call(callee) = instruction.does else {
                    return false;
                };
                let callee = callee.checked_sub(linked.imports);
                callee.is_none_or(|callee| speaks.get(callee) != Some(&false))
            };
            if !speaks[index] && function.iter().any(tells) {
                speaks[index] = true;
                is_done = false;
            }
        }
        if is_done {
            return speaks;
        }
    }
}

/// Where `function` calls what is cut: from the first of the constants and locals that stand right before the call. Whatever is on the stack
/// at a trap may stay there, so it matters not whose they are.
fn calls_of<'f>(
    function: &'f [Instruction],
    is_cut: &'f dyn Fn(usize) -> bool,
) -> impl Iterator<Item = Range<usize>> + 'f {
    let calls = function.iter().enumerate();
    let calls = calls.filter(|(_, it)| matches!(it.does, Does::Call(callee) if is_cut(callee)));
    calls.map(|(index, call)| {
        let given = function[..index].iter().rev();
        let given = given.take_while(|it| it.does == Does::Push);
        let start = given.last().unwrap_or(call).place.start;
        start..call.place.end
    })
}
