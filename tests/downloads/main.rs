//! Downloads over real sockets into real files: whatever a server, a connection or a kill does, the file is the right one or there is none.
//!
//! The campaigns are short here; `URLSESSION_CAMPAIGN=1`, as `cargo xtask campaign` sets it, makes them long.
#![cfg(not(target_arch = "wasm32"))]
#![expect(clippy::print_stdout, reason = "it says in which step each kill fell")]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod faults;
mod files;
mod killed_sessions;
mod kills;
mod server;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use urlsession::native::NativePlatform;
use urlsession::{Configuration, Session};

/// True for the long form of a campaign.
fn is_campaign() -> bool {
    std::env::var_os("URLSESSION_CAMPAIGN").is_some()
}

/// A folder that goes with the value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("urlsession-downloads-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(path.join("tmp")).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// What is in it, and in its folder for temporary files, by name.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = [&*self.0, &*self.0.join("tmp")]
            .into_iter()
            .flat_map(|folder| std::fs::read_dir(folder).unwrap())
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "tmp")
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A session that keeps its temporary files in `folder`.
fn session_in(folder: &Path, configuration: Configuration) -> Session {
    let platform = NativePlatform::builder(&configuration)
        .temporary_directory(folder.join("tmp"))
        .build();
    Session::new(platform, configuration)
}
