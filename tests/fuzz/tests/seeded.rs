//! Every fuzz target with thousands of inputs made from its seeds, the same each time.
//!
//! With `URLSESSION_LONG` set it is millions.

use urlsession_fuzz_targets::{TARGETS, Target};

/// Bits that look like chance (xorshift).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or_default()
    }
}

/// What parsers stumble over.
const WORDS: [&[u8]; 16] = [
    b"0",
    b"-1",
    b"18446744073709551615",
    b"18446744073709551616",
    b"9223372036854775807",
    b"\r\n",
    b"\n",
    b"\0",
    b"../",
    b"%2e%2e%2f",
    b"\"",
    b"\\",
    b";",
    b"=",
    b"\xff\xfe",
    b"\xe2\x80\xae",
];

/// Spoils `input` in one way.
fn spoil(chance: &mut Chance, input: &mut Vec<u8>, other: &[u8]) {
    let at = chance.below(input.len() + 1);
    let end = (at + 1 + chance.below(16)).min(input.len());
    match chance.below(7) {
        0 if at < input.len() => input[at] ^= 1 << chance.below(8),
        1 if at < input.len() => input[at] = chance.next().to_le_bytes()[0],
        2 => drop(input.drain(at.min(end)..end)),
        3 => {
            let again = input[at.min(end)..end].to_vec();
            drop(input.splice(at..at, again));
        }
        4 => {
            let word = WORDS[chance.below(WORDS.len())];
            drop(input.splice(at..at.max(end), word.iter().copied()));
        }
        5 => input.truncate(at),
        _ => {
            let from = chance.below(other.len() + 1);
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
    }
}

fn try_out(target: &Target) {
    let inputs = match std::env::var_os("URLSESSION_LONG") {
        Some(_) => 1_000_000,
        None => 5_000,
    };
    let seeds = (target.seeds)();
    for seed in &seeds {
        (target.run)(seed);
    }
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for number in 0..inputs {
        let mut input = seeds[chance.below(seeds.len())].clone();
        for _ in 0..=chance.below(4) {
            let other = &seeds[chance.below(seeds.len())];
            spoil(&mut chance, &mut input, other);
        }
        let shown = Shown(target.name, number, &input);
        (target.run)(&input);
        std::mem::forget(shown);
    }
}

/// Shows what was tried when the target panics.
struct Shown<'a>(&'static str, usize, &'a [u8]);

impl Drop for Shown<'_> {
    #[expect(
        clippy::print_stdout,
        reason = "what made a target panic is to be seen"
    )]
    fn drop(&mut self) {
        let Self(name, number, input) = self;
        println!("{name}, input {number}: {}", input.escape_ascii());
    }
}

fn target(name: &str) -> &'static Target {
    let found = TARGETS.iter().find(|target| target.name == name);
    found.expect("a target of that name")
}

#[test]
fn content_range_is_taken_at_its_word_only_where_it_is_right() {
    try_out(target("content_range"));
}

#[test]
fn a_suggested_file_name_leads_nowhere() {
    try_out(target("file_name"));
}

#[test]
fn a_form_is_read_back_as_it_was_made() {
    try_out(target("multipart"));
}

#[test]
fn resume_data_of_a_download_lead_to_no_file_of_others() {
    try_out(target("resume_data"));
}

#[test]
fn an_upload_ends_whatever_the_server_says() {
    try_out(target("upload_answers"));
}

#[test]
fn resume_data_of_an_upload_ask_nobody_outside_of_http() {
    try_out(target("upload_resume_data"));
}

#[test]
fn no_target_is_left_out() {
    assert_eq!(TARGETS.len(), 6);
}
