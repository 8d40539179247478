//! Panics as bare traps, in a linked module that is not yet wasm-bindgen's.
//!
//! In a browser nobody reads a panic: the standard library writes its text to nowhere, and traps. So each function that never comes back
//! and calls nothing of the outside becomes that trap at once, and what its callers gave it goes: places in sources, texts, ways to write
//! values out. Data and functions that nothing refers to any more follow. What refers to what, the linker says (`--emit-relocs`), and that
//! a function never comes back is read off its instructions: nothing is gone by. The optimiser then takes away what is left of them.

pub(super) mod code;
pub(super) mod cut;
pub(super) mod linked;
mod live;

/// The flag of the linker that a module needs.
pub(crate) const LINKER_FLAG: &str = "--emit-relocs";

/// `module` with its panics as traps, without what the linker told of it.
///
/// # Errors
///
/// What in it is not known here.
pub(crate) fn trap(module: &[u8]) -> Result<Vec<u8>, String> {
    let linked = linked::Linked::read(module)?;
    let code = code::Code::read(&linked)?;
    let cuts = cut::Cuts::of(&linked, &code);
    let live = live::Live::of(&linked, &cuts);
    Ok(live.write(&linked, &cuts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::binary::section;

    fn call(function: u8) -> [u8; 6] {
        [0x10, 0x80 | function, 0x80, 0x80, 0x80, 0x00]
    }

    fn address(of: u8) -> [u8; 6] {
        [0x41, 0x80 | of, 0x80, 0x80, 0x80, 0x00]
    }

    /// The first of `run`: it reads `kept`, and may return.
    fn beginning() -> Vec<u8> {
        [&[0][..], &address(4), &[0x1a, 0x23, 0, 0x0d, 0]].concat()
    }

    /// The code of `run`, `stops` and one that nobody calls.
    fn code(told: &[u8; 6]) -> Vec<u8> {
        let run = [&beginning()[..], &address(0), &call(2), &[0, 0x0b]].concat();
        let stops = [&[0][..], &address(0), &[0x1a], told, &[0, 0x0b]].concat();
        let lengths = [run.len() as u8, stops.len() as u8];
        let unused = [3, 0, 0x01, 0x0b];
        [&[3, lengths[0]][..], &run, &[lengths[1]], &stops, &unused].concat()
    }

    /// The texts `text` and `kept`, then `stops`.
    fn symbols() -> Vec<u8> {
        let text = b"\x01\0\x04text\0\0\x04";
        let kept = b"\x01\0\x04kept\0\x04\x04";
        let table = [&[3][..], text, kept, b"\0\0\x02\x05stops"].concat();
        [&b"\x07linking\x02\x08"[..], &[table.len() as u8], &table].concat()
    }

    /// Which of the symbols the code names, and where.
    fn references() -> Vec<u8> {
        let to_data = |at, symbol| [4, at, symbol, 0];
        let references = [
            &to_data(4, 1)[..],
            &to_data(15, 0),
            &[0, 21, 2],
            &to_data(31, 0),
        ];
        [&b"\x0areloc.CODE\x02\x04"[..], &references.concat()].concat()
    }

    /// `run` is exported: it may give `text` to `stops`, which it calls; that reads `text`, does what is `told` and traps.
    fn module(told: &[u8; 6]) -> Vec<u8> {
        [
            b"\0asm\x01\0\0\0".to_vec(),
            section(2, b"\x01\x01o\x01t\0\0"),
            section(7, b"\x01\x03run\0\x01"),
            section(10, &code(told)),
            section(11, b"\x01\0\x41\0\x0b\x08textkept"),
            section(0, &symbols()),
            section(0, &references()),
        ]
        .concat()
    }

    #[test]
    fn what_tells_nobody_is_a_trap_and_its_text_is_gone() {
        let run = [&beginning()[..], &[0, 0, 0x0b]].concat();
        let trap = [3, 0, 0, 0x0b];
        let code = [&[3, run.len() as u8][..], &run, &trap, &trap].concat();
        let expected = [
            b"\0asm\x01\0\0\0".to_vec(),
            section(2, b"\x01\x01o\x01t\0\0"),
            section(7, b"\x01\x03run\0\x01"),
            section(10, &code),
            section(11, b"\x01\0\x41\0\x0b\x08\0\0\0\0kept"),
        ];
        assert_eq!(trap_of(&module(&[0x01; 6])), expected.concat());
    }

    #[test]
    fn what_tells_the_outside_is_as_it_was() {
        let trapped = trap_of(&module(&call(0)));
        let code = code(&call(0));
        let used = &code[..code.len() - 3];
        assert!(trapped.windows(used.len()).any(|it| it == used));
        assert!(trapped.ends_with(b"textkept"));
    }

    #[test]
    fn a_module_of_which_nothing_is_told_is_refused() {
        let whole = module(&[0x01; 6]);
        let told = section(0, &symbols()).len() + section(0, &references()).len();
        assert!(trap(&whole[..whole.len() - told]).is_err());
        assert!(trap(b"\0asm").is_err());
    }

    fn trap_of(module: &[u8]) -> Vec<u8> {
        trap(module).unwrap()
    }
}
