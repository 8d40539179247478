//! What only real files do to `file:` URLs.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::path::PathBuf;
use std::process::Command;

use urlsession_core::{Configuration, ErrorCode, Session, Url};

/// A folder that goes with its test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = format!("urlsession-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(folder);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn url(&self, name: &str) -> Url {
        Url::from_file_path(self.0.join(name)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn session() -> Session {
    let configuration = Configuration::default();
    let platform = urlsession_transport_native::platform(&configuration);
    Session::new(platform, configuration)
}

async fn code_of(url: Url) -> ErrorCode {
    session().data(url).await.unwrap_err().code()
}

#[tokio::test]
async fn a_name_is_found_whatever_is_in_it() {
    let folder = Folder::new("names");
    for name in [
        "plain",
        "with space",
        "per%cent",
        "q?uery#fragment",
        "\u{2603}",
    ] {
        std::fs::write(folder.0.join(name), name).unwrap();
        let (body, response) = session().data(folder.url(name)).await.unwrap();
        assert_eq!(body, name);
        assert_eq!(response.url(), &folder.url(name));
    }
}

#[tokio::test]
async fn a_folder_is_no_file() {
    let folder = Folder::new("folder");
    let url = Url::from_directory_path(&folder.0).unwrap();
    assert_eq!(code_of(url).await, ErrorCode::FileIsDirectory);
    assert_eq!(code_of(folder.url("")).await, ErrorCode::FileIsDirectory);
}

#[tokio::test]
async fn a_file_is_no_folder() {
    let folder = Folder::new("file");
    std::fs::write(folder.0.join("a"), "").unwrap();
    assert_eq!(
        code_of(folder.url("a/b")).await,
        ErrorCode::FileDoesNotExist
    );
}

/// To open one that nobody writes to would never end.
#[cfg(unix)]
#[tokio::test]
async fn a_pipe_is_not_opened() {
    let folder = Folder::new("pipe");
    let made = Command::new("mkfifo").arg(folder.0.join("pipe")).status();
    if made.is_ok_and(|made| made.success()) {
        assert_eq!(code_of(folder.url("pipe")).await, ErrorCode::CannotOpenFile);
    }
}

#[tokio::test]
async fn a_file_that_is_cut_while_it_is_read_is_an_error() {
    use urlsession_core::futures::StreamExt as _;

    let folder = Folder::new("cut");
    std::fs::write(folder.0.join("a"), vec![0; 4 << 20]).unwrap();
    let (mut chunks, response) = session().bytes(folder.url("a")).await.unwrap();
    assert_eq!(response.expected_content_length(), Some(4 << 20));
    chunks.next().await.unwrap().unwrap();
    std::fs::write(folder.0.join("a"), "").unwrap();
    let mut last = Ok(Default::default());
    while let Some(chunk) = chunks.next().await {
        last = chunk;
    }
    assert_eq!(last.unwrap_err().code(), ErrorCode::ResourceUnavailable);
}
