//! Where the file goes, and what stands beside it until then.

use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{DownloadOptions, ErrorCode, ResumeData};

use crate::resume::{Asked, BODY, Server};
use crate::{URL, session};

#[test]
fn a_destination_gets_the_whole_file_and_nothing_stays_beside_it() {
    let server = Server::new(10);
    let mock = server.platform();
    let session = session(&mock);
    let to = || DownloadOptions::new().to("/kept/file");
    let failed = mock
        .runtime()
        .block_on(session.download((URL, to())))
        .unwrap_err();
    assert!(failed.resume_data().is_some());
    let beside: Vec<_> = mock.files().paths();
    assert_eq!(
        beside,
        [
            std::path::Path::new("/kept/file.part"),
            std::path::Path::new("/kept/file.part.resume")
        ]
    );
    let found = ResumeData::for_destination(&session, "/kept/file");
    let data = mock.runtime().block_on(found).unwrap();
    assert_eq!(data.received(), 10);
    let (file, _) = mock.runtime().block_on(session.download(data)).unwrap();
    assert_eq!(file.path(), std::path::Path::new("/kept/file"));
    assert_eq!(mock.files().content("/kept/file").unwrap(), BODY);
    assert_eq!(mock.files().paths().len(), 1);
    assert_eq!(server.asked()[1].range.as_deref(), Some("bytes=10-"));
}

#[test]
fn a_destination_that_is_taken_is_left_unless_it_is_to_be_replaced() {
    let server = Server::new(10);
    server.asked.lock().unwrap().push(Asked {
        range: None,
        if_range: None,
        coding: None,
    });
    let mock = server.platform();
    mock.files().insert("/kept/file", "mine");
    let session = session(&mock);
    let to = DownloadOptions::new().to("/kept/file");
    let refused = mock
        .runtime()
        .block_on(session.download((URL, to.clone())))
        .unwrap_err();
    assert_eq!(refused.code(), ErrorCode::CannotCreateFile);
    assert_eq!(server.asked().len(), 1);
    assert_eq!(mock.files().content("/kept/file").unwrap(), "mine");
    mock.runtime()
        .block_on(session.download((URL, to.replacing())))
        .unwrap();
    assert_eq!(mock.files().content("/kept/file").unwrap(), BODY);
    assert_eq!(mock.files().paths().len(), 1);
}

#[test]
fn an_error_page_never_gets_the_destinations_name() {
    let mock = MockPlatform::new();
    mock.transport()
        .respond(|_| Reply::new(404).body("not here"));
    let session = session(&mock);
    let to = DownloadOptions::new().to("/kept/file");
    let failed = mock
        .runtime()
        .block_on(session.download((URL, to)))
        .unwrap_err();
    assert_eq!(failed.code(), ErrorCode::BadServerResponse);
    assert!(mock.files().paths().is_empty());
}

#[test]
fn a_partial_file_of_somebody_elses_is_left() {
    let server = Server::new(10);
    let mock = server.platform();
    mock.files().insert("/kept/file.part", "mine");
    let session = session(&mock);
    let to = DownloadOptions::new().to("/kept/file");
    let failed = mock
        .runtime()
        .block_on(session.download((URL, to)))
        .unwrap_err();
    assert_eq!(failed.code(), ErrorCode::CannotCreateFile);
    assert_eq!(mock.files().content("/kept/file.part").unwrap(), "mine");
    assert_eq!(mock.files().paths().len(), 1);
}
