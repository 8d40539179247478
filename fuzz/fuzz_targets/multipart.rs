//! See [`urlsession_fuzz_targets::multipart`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| urlsession_fuzz_targets::multipart(data));
