//! See [`urlsession_fuzz_targets::upload_answers`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| urlsession_fuzz_targets::upload_answers(data));
