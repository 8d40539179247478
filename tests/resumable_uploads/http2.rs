//! Over HTTP/2, where the offer comes as an interim response on the upload's stream.

use urlsession::Request;
use urlsession::http::Version;
use urlsession_origin::Origin;

use crate::{BREAKS, session_of, whole_in_the_end};

#[tokio::test]
async fn whatever_breaks_it_off_the_server_has_the_whole_in_the_end() {
    for query in BREAKS.into_iter().chain([""]) {
        let origin = Origin::spawn().unwrap();
        let server = origin.h2_uploads().unwrap();
        let session = session_of(|configuration| {
            configuration.assumes_http2_capable = true;
            configuration.retries_uploads = 2;
        });
        let request = Request::put(server.url(&format!("/resumable?{query}"))).unwrap();
        whole_in_the_end(&origin, session, request, query).await;
        let mut requests = origin.requests().into_iter();
        assert!(requests.all(|request| request.version == Version::HTTP_2));
    }
}
