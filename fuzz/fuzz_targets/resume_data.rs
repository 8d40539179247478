//! See [`urlsession_fuzz_targets::resume_data`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| urlsession_fuzz_targets::resume_data(data));
