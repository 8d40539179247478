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

/// Where `function` calls what is cut: from the first of the instructions that only lead to the call. Whatever is on the stack at a trap may stay there, so it matters not
/// whose they are; and nobody reads what they would have written.
fn calls_of<'f>(
    function: &'f [Instruction],
    is_cut: &'f dyn Fn(usize) -> bool,
) -> impl Iterator<Item = Range<usize>> + 'f {
    let calls = function.iter().enumerate();
    let calls = calls.filter(|(_, it)| matches!(it.does, Does::Call(callee) if is_cut(callee)));
    calls.map(|(index, call)| {
        let given = function[..index].iter().rev();
        let given = given.take_while(|it| it.does == Does::Other);
        let start = given.last().unwrap_or(call).place.start;
        start..call.place.end
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::traps::code::instructions;

    /// What is cut of a body that ends in a call of function 5.
    fn cut(before: &[u8]) -> Vec<u8> {
        let body = [&[0], before, &[0x10, 5, 0x00, 0x0b]].concat();
        let function = instructions(&body, &(0..body.len())).unwrap();
        let mut calls = calls_of(&function, &|callee| callee == 5);
        body[calls.next().unwrap()].to_vec()
    }

    #[test]
    fn what_leads_to_a_call_goes_with_it() {
        let stores = [0x20, 0, 0x41, 7, 0x36, 2, 0];
        assert_eq!(cut(&stores), [&stores[..], &[0x10, 5]].concat());
        let twice = [&stores[..], &stores].concat();
        assert_eq!(cut(&twice), [&twice[..], &[0x10, 5]].concat());
    }

    #[test]
    fn what_may_lead_elsewhere_stays() {
        for before in [
            // To other code, in a block's end or its second half, and to callers.
            &[0x20, 0, 0x0d, 0][..],
            &[0x02, 0x40, 0x0b],
            &[0x41, 1, 0x04, 0x40, 0x05, 0x0b],
            &[0x41, 1, 0x10, 4],
            &[0x41, 1, 0x11, 0, 0],
        ] {
            assert_eq!(cut(&[before, &[0x41, 1]].concat()), [0x41, 1, 0x10, 5]);
        }
    }
}
