//! Row 44.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use urlsession::ProtocolFn;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_leads_to_no_file_no_data_and_no_scheme_of_the_apps() {
    let origin = Origin::start().await.unwrap();
    let secret = std::env::temp_dir().join(format!("urlsession-secret-{}", std::process::id()));
    std::fs::write(&secret, "secret").unwrap();
    let file = Url::from_file_path(&secret).unwrap();
    let served = Arc::new(AtomicUsize::new(0));
    let count = served.clone();
    let app = ProtocolFn::scheme("app", move |_, mut client| {
        count.fetch_add(1, Ordering::Relaxed);
        async move { client.did_load("secret").await }
    });
    let session = urlsession::builder(configuration()).protocol(app).build();
    for to in [
        file.as_str(),
        "data:,secret",
        "app:secret",
        "APP://a/",
        "\tfile:///etc/passwd",
    ] {
        for status in [301, 302, 303, 307, 308] {
            let reply = format!(
                "HTTP/1.1 {status} Elsewhere\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let server = RawOrigin::start(Script::reply(reply).then(Step::Close))
                .await
                .unwrap();
            assert_eq!(
                text(&session, server.url("/")).await,
                Err(ErrorCode::RedirectToNonExistentLocation),
                "{status} {to}"
            );
        }
    }
    assert_eq!(served.load(Ordering::Relaxed), 0);
    // The app itself may load each of them.
    assert_eq!(text(&session, file).await.as_deref(), Ok("secret"));
    assert_eq!(text(&session, "app:secret").await.as_deref(), Ok("secret"));
    assert_eq!(
        text(&session, origin.url("/UK")).await.as_deref(),
        Ok("London")
    );
    std::fs::remove_file(secret).unwrap();
}
