//! The numbers of a module's locals.
//!
//! They are a quarter of what compressed code weighs, and any will do: locals of one type may change places. So each function's are chosen to have as many short
//! runs of instructions as can be the same as elsewhere in the module.

use super::binary::{MAGIC, Reader, sections, write_number, write_section};
use super::order::{CODE, FUNCTIONS, all};
use super::traps::code::instructions;

const TYPES: u8 = 1;

/// So many instructions are a run.
const RUNS: std::ops::RangeInclusive<usize> = 3..=5;
/// So often are all functions gone through, and so often in each all pairs of locals.
const ROUNDS: usize = 4;
const TURNS: usize = 2;
/// Among many locals only those that are near each other change places: the time for it grows by the square.
const MANY: usize = 150;
const NEAR: usize = 40;

/// The module with other numbers for its locals. Those that are not used are gone.
///
/// # Errors
///
/// What in it is not known here.
pub(super) fn renumber(module: &[u8]) -> Result<Vec<u8>, String> {
    let mut written = MAGIC.to_vec();
    let (mut parameters, mut kinds) = (Vec::new(), Vec::new());
    for section in sections(module)? {
        let mut reader = section.reader(module);
        let mut content = &module[section.content.clone()];
        let code;
        match section.id {
            TYPES => parameters = all(&mut reader, parameters_of)?,
            FUNCTIONS => kinds = all(&mut reader, Reader::number)?,
            CODE => {
                let mut functions = functions(module, &mut reader, &kinds, &parameters)?;
                choose(&mut functions);
                code = write(&functions);
                content = &code;
            }
            _ => {}
        }
        write_section(&mut written, section.id, content);
    }
    Ok(written)
}

/// How many parameters a function of a type has.
fn parameters_of(section: &mut Reader<'_>) -> Result<usize, String> {
    match section.byte()? {
        0x60 => {}
        other => return Err(format!("a type {other:#x} before {}", section.at)),
    }
    let parameters = section.number()?;
    section.take(parameters)?;
    let results = section.number()?;
    section.take(results)?;
    Ok(parameters)
}

struct Function<'m> {
    /// Their numbers come before those of the locals, and stay.
    parameters: usize,
    /// The types of the locals.
    types: Vec<u8>,
    code: Vec<Instruction<'m>>,
    /// The number of each local, behind the parameters.
    numbers: Vec<usize>,
    /// Where each local is used.
    uses: Vec<Vec<usize>>,
}

enum Instruction<'m> {
    /// Gets or sets a local.
    Local(u8, usize),
    /// Its bytes, and a hash of them.
    Other(&'m [u8], u64),
}

fn functions<'m>(
    module: &'m [u8],
    section: &mut Reader<'m>,
    kinds: &[usize],
    parameters: &[usize],
) -> Result<Vec<Function<'m>>, String> {
    let count = section.number()?;
    let of = |at: usize| kinds.get(at).and_then(|kind| parameters.get(*kind));
    (0..count)
        .map(|at| {
            let parameters = of(at).ok_or_else(|| format!("function {at} has no type"))?;
            function(module, section, *parameters)
        })
        .collect()
}

fn function<'m>(
    module: &'m [u8],
    section: &mut Reader<'m>,
    parameters: usize,
) -> Result<Function<'m>, String> {
    let length = section.number()?;
    let body = section.at..section.at + length;
    section.take(length)?;
    let mut reader = Reader::new(module, body.start);
    let mut types = Vec::new();
    for _ in 0..reader.number()? {
        let count = reader.number()?;
        let kind = reader.byte()?;
        types.extend(std::iter::repeat_n(kind, count));
    }
    let mut uses = vec![Vec::new(); types.len()];
    let mut code = Vec::new();
    for instruction in instructions(module, &body)? {
        let bytes = &module[instruction.place];
        let local = match bytes[0] {
            0x20..=0x22 => Reader::new(bytes, 1).number()?.checked_sub(parameters),
            _ => None,
        };
        if let Some(local) = local {
            let uses = uses.get_mut(local);
            uses.ok_or("a local that is none")?.push(code.len());
        }
        code.push(match local {
            Some(local) => Instruction::Local(bytes[0], local),
            None => Instruction::Other(bytes, hash(bytes)),
        });
    }
    let mut function = Function {
        parameters,
        numbers: vec![0; types.len()],
        types,
        code,
        uses,
    };
    for (number, local) in function.used().into_iter().enumerate() {
        function.numbers[local] = number;
    }
    Ok(function)
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    })
}

impl Function<'_> {
    /// The locals that are used: by their types, of each those first that are used most.
    fn used(&self) -> Vec<usize> {
        let mut used: Vec<usize> = (0..self.types.len())
            .filter(|local| !self.uses[*local].is_empty())
            .collect();
        used.sort_by_key(|&it| {
            (
                std::cmp::Reverse(self.types[it]),
                std::cmp::Reverse(self.uses[it].len()),
            )
        });
        used
    }

    /// What stands for an instruction with the numbers that there are.
    fn token(&self, at: usize) -> u64 {
        match self.code[at] {
            Instruction::Local(opcode, local) => {
                let number = (self.parameters + self.numbers[local]) as u64;
                (u64::from(opcode) << 32 | number).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            }
            Instruction::Other(_, hash) => hash,
        }
    }

    fn tokens(&self) -> Vec<u64> {
        (0..self.code.len()).map(|at| self.token(at)).collect()
    }

    /// Has two locals change places where more is the same then.
    fn exchange(
        &mut self,
        tokens: &mut [u64],
        (one, other): (usize, usize),
        seen: &Counts,
    ) -> bool {
        let mut uses = [&self.uses[one][..], &self.uses[other]].concat();
        uses.sort_unstable();
        let before = worth(tokens, &uses, seen);
        self.swap(tokens, (one, other), &uses);
        if worth(tokens, &uses, seen) > before {
            return true;
        }
        self.swap(tokens, (one, other), &uses);
        false
    }

    fn swap(&mut self, tokens: &mut [u64], (one, other): (usize, usize), uses: &[usize]) {
        self.numbers.swap(one, other);
        for &at in uses {
            tokens[at] = self.token(at);
        }
    }
}

/// How often each run was seen: by its hash's first bits, for one in a thousand may well count for another.
struct Counts {
    counts: Vec<u32>,
    /// What so many are worth.
    weights: Vec<u64>,
}

impl Counts {
    const BITS: u32 = 20;
    /// More are worth as much.
    const MOST: u32 = 4096;

    fn new() -> Self {
        Self {
            counts: vec![0; 1 << Self::BITS],
            weights: (0..Self::MOST)
                .map(|count| (f64::from(count + 1).log2() * 1024.0) as u64)
                .collect(),
        }
    }

    fn of(&mut self, run: u64) -> &mut u32 {
        &mut self.counts[(run >> (64 - Self::BITS)) as usize]
    }

    fn weight(&self, run: u64) -> u64 {
        let count = self.counts[(run >> (64 - Self::BITS)) as usize];
        self.weights[count.min(Self::MOST - 1) as usize]
    }
}

/// Chooses the numbers.
fn choose(functions: &mut [Function<'_>]) {
    let mut seen = Counts::new();
    for function in &*functions {
        each_run(&function.tokens(), |run| *seen.of(run) += 1);
    }
    for _ in 0..ROUNDS {
        for function in &mut *functions {
            // Compared is with all the others.
            let mut tokens = function.tokens();
            each_run(&tokens, |run| *seen.of(run) -= 1);
            exchange_all(function, &mut tokens, &seen);
            each_run(&tokens, |run| *seen.of(run) += 1);
        }
    }
}

fn exchange_all(function: &mut Function<'_>, tokens: &mut [u64], seen: &Counts) {
    let locals = function.used();
    for _ in 0..TURNS {
        let mut has_changed = false;
        for (at, &one) in locals.iter().enumerate() {
            for (apart, &other) in (1..).zip(&locals[at + 1..]) {
                let is_near = locals.len() <= MANY || apart <= NEAR;
                if is_near && function.types[one] == function.types[other] {
                    has_changed |= function.exchange(tokens, (one, other), seen);
                }
            }
        }
        if !has_changed {
            break;
        }
    }
}

fn each_run(tokens: &[u64], mut each: impl FnMut(u64)) {
    for length in RUNS {
        tokens.windows(length).for_each(|run| each(of_run(run)));
    }
}

fn of_run(tokens: &[u64]) -> u64 {
    let length = tokens.len() as u64;
    tokens.iter().fold(length, |hash, token| {
        (hash.rotate_left(23) ^ token).wrapping_mul(0xff51_afd7_ed55_8ccd)
    })
}

/// How much of what is about the places in `uses` there is elsewhere.
fn worth(tokens: &[u64], uses: &[usize], seen: &Counts) -> u64 {
    let mut worth = 0;
    for length in RUNS {
        let Some(last) = tokens.len().checked_sub(length) else {
            continue;
        };
        // Each run counts once, however many of its instructions are among them.
        let mut next = 0;
        for &at in uses {
            for start in next.max((at + 1).saturating_sub(length))..=at.min(last) {
                worth += seen.weight(of_run(&tokens[start..start + length]));
                next = start + 1;
            }
        }
    }
    worth
}

/// The content of a section of code.
fn write(functions: &[Function<'_>]) -> Vec<u8> {
    let mut code = Vec::new();
    write_number(&mut code, functions.len());
    for function in functions {
        let body = body(function);
        write_number(&mut code, body.len());
        code.extend(body);
    }
    code
}

fn body(function: &Function<'_>) -> Vec<u8> {
    let mut groups: Vec<(u8, usize)> = Vec::new();
    for local in function.used() {
        let kind = function.types[local];
        match groups.last_mut() {
            Some((last, count)) if *last == kind => *count += 1,
            _ => groups.push((kind, 1)),
        }
    }
    let mut body = Vec::new();
    write_number(&mut body, groups.len());
    for (kind, count) in groups {
        write_number(&mut body, count);
        body.push(kind);
    }
    for instruction in &function.code {
        match instruction {
            Instruction::Local(opcode, local) => {
                body.push(*opcode);
                write_number(&mut body, function.parameters + function.numbers[*local]);
            }
            Instruction::Other(bytes, _) => body.extend_from_slice(bytes),
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module of functions without parameters and results.
    fn module(bodies: &[&[u8]]) -> Vec<u8> {
        let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0".to_vec();
        let kinds = [&[bodies.len() as u8][..], &vec![0; bodies.len()]].concat();
        let mut code = vec![bodies.len() as u8];
        for body in bodies {
            code.push(body.len() as u8);
            code.extend_from_slice(body);
        }
        for (id, content) in [(FUNCTIONS, kinds), (CODE, code)] {
            module.extend([id, content.len() as u8]);
            module.extend(content);
        }
        module
    }

    /// Sets a local to a number, and drops it.
    fn set(local: u8, number: u8) -> [u8; 7] {
        [0x41, number, 0x21, local, 0x20, local, 0x1a]
    }

    #[test]
    fn what_is_the_same_but_for_its_locals_becomes_the_same() {
        let of = |one, other| [&[1, 2, 0x7f][..], &set(one, 1), &set(other, 2), &[0x0b]].concat();
        let (as_is, swapped) = (of(0, 1), of(1, 0));
        let renumbered = renumber(&module(&[&as_is, &as_is, &swapped])).unwrap();
        assert_eq!(renumbered, module(&[&as_is, &as_is, &as_is]));
    }

    #[test]
    fn types_and_parameters_stay() {
        // Of an i32 and an i64 each has its own numbers; a local that is not used goes.
        let body = [
            2, 2, 0x7f, 1, 0x7e, 0x42, 1, 0x21, 2, 0x41, 1, 0x21, 1, 0x0b,
        ];
        let expected = [
            2, 1, 0x7f, 1, 0x7e, 0x42, 1, 0x21, 1, 0x41, 1, 0x21, 0, 0x0b,
        ];
        assert_eq!(renumber(&module(&[&body])), Ok(module(&[&expected])));
        let mut module = b"\0asm\x01\0\0\0\x01\x05\x01\x60\x01\x7f\0\x03\x02\x01\0".to_vec();
        module.extend(b"\x0a\x08\x01\x06\0\x20\0\x21\0\x0b");
        assert_eq!(renumber(&module), Ok(module));
    }

    #[test]
    fn what_is_none_is_refused() {
        assert!(renumber(&module(&[&[0, 0x20, 0, 0x1a, 0x0b]])).is_err());
        assert!(renumber(&module(&[&[0, 0xfd, 0, 0x0b]])).is_err());
        assert!(renumber(b"\0asm\x01\0\0\0\x01\x04\x01\x5f\0\0").is_err());
        assert!(renumber(b"\0asm\x01\0\0\0\x0a\x04\x01\x02\0\x0b").is_err());
    }
}
