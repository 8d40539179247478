//! Files served from folders: what a page in a browser is made of.

use std::io;
use std::path::{Path, PathBuf};

use http::{Method, Response, StatusCode, header};

use crate::body::{self, Body};
use crate::exchange::{Exchange, percent_decoded, set, text, with_type};

/// Folders by the path under which their files are served, each under its own prefix.
#[derive(Debug, Clone, Default)]
pub struct Folders(Vec<(String, PathBuf)>);

impl Folders {
    /// The same folders and one more: `prefix`, `/` or `/name`, stands for `folder`. A longer prefix is looked at before a shorter one.
    ///
    /// # Errors
    /// If `folder` is none, or `prefix` does not begin with a slash.
    pub fn with(mut self, prefix: &str, folder: &Path) -> io::Result<Self> {
        if !prefix.starts_with('/') {
            return Err(io::Error::other(format!("{prefix} begins with no slash")));
        }
        let root = folder.canonicalize()?;
        if !root.is_dir() {
            return Err(io::Error::other(format!(
                "{} is no folder",
                folder.display()
            )));
        }
        self.0.push((prefix.trim_end_matches('/').to_owned(), root));
        self.0.sort_by_key(|(prefix, _)| usize::MAX - prefix.len());
        Ok(self)
    }

    /// The file that the request asks for; `None` where no folder has one. Folders answer with their `index.html`.
    pub(crate) fn answer(&self, exchange: &Exchange) -> Option<Response<Body>> {
        let file = self.file(exchange.path())?;
        if !matches!(exchange.head.method, Method::GET | Method::HEAD) {
            return Some(text(StatusCode::METHOD_NOT_ALLOWED, ""));
        }
        let bytes = std::fs::read(&file).ok()?;
        let mut response = with_type(StatusCode::OK, media_type(&file), bytes);
        if exchange.head.method == Method::HEAD {
            *response.body_mut() = body::empty();
        }
        set(&mut response, header::CACHE_CONTROL, "no-cache");
        set(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        Some(response)
    }

    fn file(&self, path: &str) -> Option<PathBuf> {
        self.0.iter().find_map(|(prefix, root)| {
            let names = path.strip_prefix(prefix.as_str())?.strip_prefix('/')?;
            inside(root, names)
        })
    }
}

/// The file that these names lead to from `root`, links followed, if it lies within.
fn inside(root: &Path, names: &str) -> Option<PathBuf> {
    let names = String::from_utf8(percent_decoded(names)).ok()?;
    let mut path = root.to_owned();
    for name in names.split('/').filter(|name| !name.is_empty()) {
        if name.starts_with('.') || name.contains(['\\', ':', '\0']) {
            return None;
        }
        path.push(name);
    }
    if path.is_dir() {
        path.push("index.html");
    }
    let real = path.canonicalize().ok()?;
    (real.starts_with(root) && real.is_file()).then_some(real)
}

fn media_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("css") => "text/css; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("wasm") => "application/wasm",
        Some("md" | "ts" | "txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This package's own folder.
    fn folders() -> Folders {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        Folders::default()
            .with("/", &root.join("src"))
            .and_then(|folders| folders.with("/tests", &root.join("tests")))
            .unwrap()
    }

    fn finds(path: &str) -> bool {
        folders().file(path).is_some()
    }

    #[test]
    fn a_file_is_found_under_its_prefix_the_longest_first() {
        assert!(finds("/lib.rs") && finds("/routes/mod.rs") && finds("/routes//mod%2Ers"));
        assert!(finds("/tests/binary.rs") && !finds("/testsbinary.rs") && !finds("/binary.rs"));
    }

    #[test]
    fn no_path_leads_out_of_its_folder() {
        for path in [
            "/../Cargo.toml",
            "/%2e%2e/Cargo.toml",
            "/..%2fCargo.toml",
            "/routes/../../Cargo.toml",
            "/..%5cCargo.toml",
            "/.",
            "/tests/../src/lib.rs",
            "lib.rs",
            "/lib.rs%00",
        ] {
            assert!(!finds(path), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_does_not_lead_out_either() {
        let folder =
            std::env::temp_dir().join(format!("urlsession-folders-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        std::os::unix::fs::symlink(manifest, folder.join("out")).unwrap();
        std::fs::write(folder.join("in"), "").unwrap();
        let folders = Folders::default().with("/", &folder).unwrap();
        let found = (
            folders.file("/in").is_some(),
            folders.file("/out").is_some(),
        );
        std::fs::remove_dir_all(folder).unwrap();
        assert_eq!(found, (true, false));
    }

    #[test]
    fn a_folder_without_an_index_is_no_file() {
        assert!(!finds("/") && !finds("/routes") && !finds("/routes/"));
    }

    #[test]
    fn wasm_and_modules_have_the_types_that_browsers_insist_on() {
        assert_eq!(media_type(Path::new("a/b_bg.wasm")), "application/wasm");
        assert_eq!(
            media_type(Path::new("index.js")),
            "text/javascript; charset=utf-8"
        );
    }

    #[test]
    fn what_is_no_folder_is_refused() {
        assert!(
            Folders::default()
                .with("/", Path::new("Cargo.toml"))
                .is_err()
        );
        assert!(Folders::default().with("page", Path::new("src")).is_err());
    }
}
