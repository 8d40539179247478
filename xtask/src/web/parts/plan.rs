//! Which parts the npm package's module has.

/// A part that is loaded later.
#[derive(Debug)]
pub(crate) struct Part {
    /// The end of its file's name.
    pub(crate) name: &'static str,
    /// What only runs once it is there: what of a function's path says so.
    pub(super) gates: &'static [&'static str],
}

/// The parts, the base of the others first.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) parts: &'static [Part],
}

/// Those of the npm package. `ts/parts.ts` says when each is needed, and waits for it.
///
/// A method of an object is a gate where the object cannot be there without the part, or where nobody calls that method. What lets go of an object is one only where it
/// is named as such: it is called for what was never there, too.
pub(crate) const PLAN: Plan = Plan {
    parts: &[
        Part {
            name: "more",
            gates: &[
                // Protocols, and redirects, which a browser shows of nothing else.
                "DataProtocol as urlsession_core::seams::protocol::UrlProtocol>::start_loading",
                "FileProtocol as urlsession_core::seams::protocol::UrlProtocol>::start_loading",
                "HostProtocol as urlsession_core::seams::protocol::UrlProtocol>::start_loading",
                "load::protocol::load",
                "load::follow::lead_on",
                "drop_in_place<urlsession_core::load::follow::lead_on",
                "Delegate>::will_perform_http_redirection",
                "drop_in_place<urlsession_core::load::protocol::",
                "drop_in_place<urlsession_core::seams::protocol::client::",
                // Requests that are made of others.
                "words::request::copied",
                // Methods of other standards than HTTP's own.
                "words::request::other_method",
                // Sessions that most are not.
                "session_with_",
                // To wait for a network, or to object to one.
                "load::reach::reach",
                "drop_in_place<urlsession_core::load::reach::reach",
                "WebNetwork as urlsession_core::seams::network::NetworkMonitor>::changed",
                "Delegate>::task_is_waiting_for_connectivity",
                // Bodies that the app is asked for.
                "Delegate>::need_new_body_stream",
                // Header fields as a map, and the session's where a redirect has led.
                "written_fields::Written as urlsession_core::words::header_fields::Map>::map",
                "written_fields::Written as urlsession_core::words::header_fields::Map>::shared",
                "policy::fields::SessionFields::away",
                // Retries.
                "load::retry::is_settled",
                "load::retry::reconsider",
                "drop_in_place<urlsession_core::load::retry::reconsider",
                "Delegate>::will_retry",
                // To write to bytes that were read only, which nobody does here.
                "bytes::bytes::shared_to_mut",
                "bytes::bytes::promotable_to_mut",
                "bytes::bytes::static_to_mut",
                // Forms that core makes, which the package makes itself.
                "load::form::carried_by",
                // Metrics. Nobody answers later to anything else that is told at the end.
                "seams::collector::Collector::",
                "seams::collector::Meter::begin",
                // Uploads that can be gone on with, which the package does not have.
                "words::error::Error::with_upload_resume_data",
                "load::measure::note_hop",
                "load::measure::note_answer",
                "task::handover::Handover::begin_with",
                "task::handover::Handover::tell_later",
                "drop_in_place<urlsession_core::task::handover::Handover::tell_later",
                "drop_in_place<alloc::sync::Arc<urlsession_core::words::metrics::TaskMetrics",
                "drop_in_place<urlsession_transport_web::timing::Fetch",
                "Delegate>::did_finish_collecting_metrics",
                "load::measure::Measured as ",
                "drop_in_place<urlsession_core::load::measure::Measured",
                "transport_web::timing::begin",
                "transport_web::timing::tell_of_dropped",
                "transport_web::timing::Fetch as ",
                "transport_web::timing::Observing",
                "transport_web::timing::Sought",
                // The browser's own responses.
                "session_response_",
                // Heads of what no server has answered.
                "npm::wire::of_response",
                "drop_in_place<urlsession_npm::session::session_response",
                // Bodies that are no bytes.
                "npm::body::of_object",
                "drop_in_place<urlsession_core::words::body::BodyStream>",
                "load::form::Source as ",
                "load::open::opening",
                "drop_in_place<urlsession_core::load::open::",
                "WebTransport::load_later",
                "drop_in_place<urlsession_transport_web::transport::WebTransport::load_later",
                "blob_body::BlobBody as ",
                "object_body::ObjectBody as ",
            ],
        },
        Part {
            name: "cache",
            gates: &[
                "cache_new_",
                "npm::calls::at_cache",
                "npm::cache::",
                "npm::calls::flush",
                "drop_in_place<urlsession_npm::calls::flush",
                "cache::session::SessionCache::",
                "drop_in_place<urlsession_core::cache::session::SessionCache",
                "drop_in_place<urlsession_core::cache::url_cache::UrlCache",
                "drop_in_place<alloc::sync::Arc<urlsession_core::cache::session::SessionCache",
                "drop_in_place<alloc::sync::Arc<urlsession_core::cache::flights::Flights",
                "load::cache::cached",
                "load::cache::proposal::Proposal::put_to",
                "cache::flights::Flights::end",
                "cache::url_cache::UrlCache::flush",
                "cache::url_cache::UrlCache::remove_all_cached_responses",
                "IndexedDbCacheStore as ",
                "Delegate>::will_cache_response",
                "npm::calls::of_cache",
                "npm::calls::of_response",
                "drop_in_place<urlsession_npm::calls::of_",
                "drop_in_place<urlsession_core::cache::found::",
                "drop_in_place<urlsession_core::cache::keeping::",
                "drop_in_place<urlsession_core::load::cache::",
                "drop_in_place<urlsession_core::policy::cache::",
            ],
        },
        Part {
            name: "downloads",
            gates: &[
                "session_download_",
                "TaskShared>::download_to_end",
                "TaskShared>::settle_download",
                "TaskShared>::suspend_download",
                "TaskShared>::abandon_download",
                "TaskShared>>::download_instead",
                "load::download::partial::Remains::",
                "words::resume_data::ResumeData::to_bytes",
                "words::body::SaveTo>",
                "Delegate>::did_finish_downloading_to",
                "Delegate>::did_resume_at_offset",
                "Delegate>::did_write_data",
                "WebFiles as ",
                "files::WebFiles::blob",
                "files::work::Work as ",
                "npm::failure::stored",
                "npm::calls::cancel_resumable",
                "npm::calls::head",
                "npm::calls::remove_file",
                "drop_in_place<alloc::sync::Arc<urlsession_core::load::download::shared::Download",
                "drop_in_place<urlsession_core::load::download::course::",
                "drop_in_place<urlsession_core::load::download::finish",
                "drop_in_place<urlsession_core::load::download::journal::",
                "drop_in_place<urlsession_core::load::download::load",
                "drop_in_place<urlsession_core::load::download::partial::Remains::",
                "drop_in_place<urlsession_core::load::download::shared::Unclaimed",
                "drop_in_place<urlsession_core::load::download::take_over",
            ],
        },
    ],
};
