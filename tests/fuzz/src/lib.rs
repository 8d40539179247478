//! What a fuzzer calls: each function takes bytes from anywhere and works on them as a session would. Whatever they are, nothing
//! panics, nothing is without end, and what the function's documentation promises holds.
//!
//! `tests/seeded.rs` calls them with thousands of inputs made from their seeds, on any toolchain; `fuzz/`, a workspace of its own, has
//! a target of cargo-fuzz for each.
#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a fuzz target panics where a promise is broken"
)]

mod content_range;
mod file_name;
mod multipart;
mod resume_data;
mod upload_answers;
mod upload_resume_data;

pub use content_range::content_range;
pub use file_name::file_name;
pub use multipart::multipart;
pub use resume_data::resume_data;
pub use upload_answers::upload_answers;
pub use upload_resume_data::upload_resume_data;

/// A function to be called with bytes from anywhere, and what to begin with.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What cargo-fuzz calls it.
    pub name: &'static str,
    /// The function.
    pub run: fn(&[u8]),
    /// Sound inputs, to be spoilt.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: [Target; 6] = [
    Target {
        name: "content_range",
        run: content_range,
        seeds: content_range::seeds,
    },
    Target {
        name: "file_name",
        run: file_name,
        seeds: file_name::seeds,
    },
    Target {
        name: "multipart",
        run: multipart,
        seeds: multipart::seeds,
    },
    Target {
        name: "resume_data",
        run: resume_data,
        seeds: resume_data::seeds,
    },
    Target {
        name: "upload_answers",
        run: upload_answers,
        seeds: upload_answers::seeds,
    },
    Target {
        name: "upload_resume_data",
        run: upload_resume_data,
        seeds: upload_resume_data::seeds,
    },
];

/// Lines as bytes.
fn seeds_of(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}
