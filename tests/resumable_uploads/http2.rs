//! Over HTTP/2, where the offer comes as an interim response on the upload's stream.

use urlsession::Request;
use urlsession::http::Version;
use urlsession_origin::Origin;

use crate::{LENGTH, content, is_whole, methods, only_upload, session_of};

#[tokio::test]
async fn whatever_breaks_it_off_the_server_has_the_whole_in_the_end() {
    for query in [
        "",
        "cut=0",
        "cut=1",
        "cut=500000",
        "cut=1199999",
        "cut=100000,200000,300000,900000",
        "cut=500000&behind=100000",
        "mishap=500000",
        "cut=500000&conflict=",
        "cut=500000&moved-HEAD=",
        "cut=500000&moved-PATCH=",
        "cut=500000&max-append-size=300000",
        "max-append-size=300000",
        "lose-answer=",
    ] {
        let origin = Origin::spawn().unwrap();
        let server = origin.h2_uploads().unwrap();
        let session = session_of(|configuration| {
            configuration.assumes_http2_capable = true;
            configuration.retries_uploads = 2;
        });
        let request = Request::put(server.url(&format!("/resumable?{query}"))).unwrap();
        let (body, response) = match session.upload(request, content()).await {
            Ok(answered) => answered,
            Err(error) => panic!("{query}: {error:?}, {:?}", methods(&origin)),
        };
        assert_eq!(response.status(), 200, "{query}: {:?}", methods(&origin));
        assert_eq!(body, LENGTH.to_string(), "{query}");
        assert!(is_whole(&origin), "{query}: {:?}", methods(&origin));
        assert!(!only_upload(&origin).is_cancelled, "{query}");
        let mut requests = origin.requests().into_iter();
        assert!(requests.all(|request| request.version == Version::HTTP_2));
    }
}
