//! The project's files.

use std::fs;
use std::path::Path;

/// Folders that hold no sources of the project.
const SKIPPED: [&str; 4] = ["target", ".git", "node_modules", "pkg"];

/// Files that tools write; `.git` is one in a work tree beside the repository.
const WRITTEN_BY_TOOLS: [&str; 3] = [".git", "Cargo.lock", "package-lock.json"];

/// A text file: its path from the project's root with `/` between, and its text.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// All text files, by path.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
}

impl Tree {
    pub(crate) fn of_project() -> Self {
        let mut files = Vec::new();
        collect(Path::new(env!("CARGO_MANIFEST_DIR")), "", &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self { files }
    }

    pub(crate) fn text_of(&self, path: &str) -> String {
        let file = self.files.iter().find(|file| file.path == path);
        file.unwrap_or_else(|| panic!("{path} is not there"))
            .text
            .clone()
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    let entries = fs::read_dir(folder).expect("a folder that was just seen can be read");
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let (path, place) = (format!("{prefix}{name}"), entry.path());
        if place.is_dir() {
            if !SKIPPED.contains(&&*name) {
                collect(&place, &format!("{path}/"), files);
            }
        } else if !WRITTEN_BY_TOOLS.contains(&&*name)
            && let Ok(text) = fs::read_to_string(&place)
        {
            files.push(File { path, text });
        }
    }
}

/// The folders that a workspace's manifest lists as members.
pub(crate) fn members(manifest: &str) -> Vec<String> {
    let list = manifest
        .split_once("members = [")
        .and_then(|(_, rest)| rest.split_once(']'));
    let items = list
        .map_or("", |(items, _)| items)
        .split(',')
        .map(|item| item.trim().trim_matches('"'));
    items
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn members_are_read_from_the_manifest() {
    let manifest =
        "[workspace]\nmembers = [\n    \"core\",\n    \"tests/origin\",\n]\nexclude = [\"fuzz\"]\n";
    assert_eq!(members(manifest), ["core", "tests/origin"]);
}
