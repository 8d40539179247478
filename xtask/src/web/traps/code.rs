//! Instructions, as far as it takes to tell what comes back and what is called.

use std::ops::Range;

use super::linked::Linked;
use crate::web::binary::Reader;

/// The bodies of a module, taken apart.
#[derive(Debug)]
pub(in crate::web) struct Code {
    /// In the order of the bodies.
    pub(super) functions: Vec<Vec<Instruction>>,
}

#[derive(Debug, PartialEq, Eq)]
pub(in crate::web) struct Instruction {
    pub(in crate::web) place: Range<usize>,
    pub(in crate::web) does: Does,
}

#[derive(Debug, PartialEq, Eq)]
pub(in crate::web) enum Does {
    /// Opens a block.
    Open,
    /// Ends the first half of a block, and begins the second.
    Else,
    /// Ends the block, or the body.
    End,
    /// May go to the ends of blocks, so many further out.
    Branch(Vec<usize>),
    Return,
    Trap,
    Call(usize),
    /// Calls what is in a table.
    CallOfTable,
    /// Something in its turn, which leads nowhere else.
    Other,
}

impl Code {
    pub(in crate::web) fn read(linked: &Linked<'_>) -> Result<Self, String> {
        let bodies = linked.bodies.iter();
        let functions = bodies.map(|body| instructions(linked.module, body));
        let functions = functions.collect::<Result<_, _>>()?;
        Ok(Self { functions })
    }
}

/// The instructions of a body.
pub(in crate::web) fn instructions(
    module: &[u8],
    body: &Range<usize>,
) -> Result<Vec<Instruction>, String> {
    let mut reader = Reader::new(module, body.start);
    for _ in 0..reader.number()? {
        reader.number()?;
        reader.byte()?;
    }
    let mut instructions = Vec::new();
    while reader.at < body.end {
        let start = reader.at;
        let does = instruction(&mut reader)?;
        let place = start..reader.at;
        instructions.push(Instruction { place, does });
    }
    match reader.at == body.end {
        true => Ok(instructions),
        false => Err(format!(
            "a function ends within what is before {}",
            body.end
        )),
    }
}

fn instruction(reader: &mut Reader<'_>) -> Result<Does, String> {
    let opcode = reader.byte()?;
    match opcode {
        0x00 => return Ok(Does::Trap),
        0x02..=0x04 => {
            reader.skip_number()?;
            return Ok(Does::Open);
        }
        0x0b => return Ok(Does::End),
        0x0c | 0x0d => return Ok(Does::Branch(vec![reader.number()?])),
        0x0e => {
            let count = reader.number()? + 1;
            let labels = (0..count).map(|_| reader.number());
            return labels.collect::<Result<_, _>>().map(Does::Branch);
        }
        0x0f => return Ok(Does::Return),
        0x05 => return Ok(Does::Else),
        0x10 => return reader.number().map(Does::Call),
        0x11 => {
            reader.skip_number()?;
            reader.skip_number()?;
            return Ok(Does::CallOfTable);
        }
        0x01 | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1 => {}
        0x20..=0x26 | 0x3f..=0x42 | 0xd0 | 0xd2 => reader.skip_number()?,
        0x28..=0x3e => {
            reader.skip_number()?;
            reader.skip_number()?;
        }
        0x1c => {
            let count = reader.number()?;
            reader.take(count)?;
        }
        0x43 => reader.take(4).map(drop)?,
        0x44 => reader.take(8).map(drop)?,
        0xfc => prefixed(reader)?,
        other => return Err(format!("instruction {other:#x} before {}", reader.at)),
    }
    Ok(Does::Other)
}

/// Conversions that saturate, and whole pieces of memory and tables.
fn prefixed(reader: &mut Reader<'_>) -> Result<(), String> {
    let numbers = match reader.number()? {
        0..=7 => 0,
        9 | 11 | 13 | 15..=17 => 1,
        8 | 10 | 12 | 14 => 2,
        other => return Err(format!("instruction 0xfc {other} before {}", reader.at)),
    };
    (0..numbers).try_for_each(|_| reader.skip_number())
}

/// True when a function of these instructions never comes back: it does not return, nor go to its end, which is behind a trap.
pub(super) fn never_returns(instructions: &[Instruction]) -> bool {
    let [inner @ .., _end] = instructions else {
        return false;
    };
    let mut depth = 0_usize;
    for instruction in inner {
        match &instruction.does {
            Does::Open => depth += 1,
            Does::End => depth = depth.saturating_sub(1),
            Does::Return => return false,
            Does::Branch(labels) if labels.contains(&depth) => return false,
            Does::Else
            | Does::Branch(_)
            | Does::Trap
            | Does::Call(_)
            | Does::CallOfTable
            | Does::Other => {}
        }
    }
    inner.last().is_some_and(|last| last.does == Does::Trap)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn never(body: &[u8]) -> bool {
        let body = [&[0], body, &[0x0b]].concat();
        never_returns(&instructions(&body, &(0..body.len())).unwrap())
    }

    #[test]
    fn what_ends_in_a_trap_never_returns() {
        assert!(never(&[0x00]));
        assert!(never(&[0x41, 0x80, 0x01, 0x10, 0x05, 0x00]));
        // A branch to the end of a block that stands before the trap.
        assert!(never(&[0x02, 0x40, 0x0c, 0x00, 0x0b, 0x00]));
    }

    #[test]
    fn what_has_a_way_out_may_return() {
        assert!(!never(&[]));
        assert!(!never(&[0x10, 0x05]));
        assert!(!never(&[0x0f, 0x00]));
        assert!(!never(&[0x0c, 0x00, 0x00]));
        assert!(!never(&[0x02, 0x40, 0x20, 0x00, 0x0d, 0x01, 0x0b, 0x00]));
        assert!(!never(&[0x20, 0x00, 0x0e, 0x01, 0x00, 0x00, 0x00]));
        assert!(!never(&[0x02, 0x40, 0x00, 0x0b]));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(instructions(&[0, 0xfd, 0x00, 0x0b], &(0..4)).is_err());
        assert!(instructions(&[0, 0x44, 0x00, 0x0b], &(0..4)).is_err());
    }
}
