//! See [`urlsession_fuzz_targets::content_range`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| urlsession_fuzz_targets::content_range(data));
