//! What can be done in this page or worker.

use urlsession_core::Transport as _;
use urlsession_transport_web::WebTransport;

/// A bit for each flag, in the order of `ts/capabilities.ts`.
pub(crate) fn bits() -> u32 {
    let able = WebTransport::new().capabilities();
    let flags = [
        able.redirects,
        able.informational,
        able.trailers,
        able.request_trailers,
        able.expect_continue,
        able.priority_field,
        able.service_type,
        able.upload_progress,
        able.streamed_upload,
        able.file_upload,
        able.file_download,
        able.file_urls,
        able.all_request_headers,
        able.all_response_headers,
        able.encoded_bodies,
        able.distinct_errors,
        able.tls_configuration,
        able.network_cost,
        able.metrics,
    ];
    let bits = flags.into_iter().zip(0..);
    bits.fold(0, |all, (flag, bit)| all | u32::from(flag) << bit)
}
