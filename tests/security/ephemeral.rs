//! Row 39, what sessions write. (That files are their owner's alone, transport-native/tests/cache_store holds.)

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_ephemeral_session_touches_no_disk() {
    let origin = Origin::start().await.unwrap();
    let name = format!("urlsession-ephemeral-{}", std::process::id());
    let directory = std::env::temp_dir().join(name);
    let url = origin.url("/counted?cache-control=max-age%3D1000");
    for is_ephemeral in [true, false] {
        let mut configuration = configuration();
        configuration.is_ephemeral = is_ephemeral;
        let cache = urlsession::url_cache(1 << 20, 10 << 20, &directory);
        let session = urlsession::builder(configuration).cache(cache).build();
        for _ in 0..2 {
            text(&session, &url).await.unwrap();
        }
        within("a flush", session.flush()).await;
        assert_eq!(directory.exists(), !is_ephemeral);
    }
    assert_eq!(origin.requests_for("/counted").len(), 2);
    let _ = std::fs::remove_dir_all(&directory);
}
