//! Metrics: who is told when, and what they say.

use urlsession_core::{
    Moment, Request, ResourceFetchType, Response, Session, TaskMetrics, TransactionMetrics,
};

use crate::recorder::{Outcome, Recorder};
use crate::{Failure, Fixture, Verdict};

fn measured(fixture: &Fixture) -> (Recorder, Session) {
    let recorder = Recorder::new().measuring();
    let builder = fixture.builder(Default::default());
    let session = builder.delegate(recorder.clone()).build();
    (recorder, session)
}

fn only(metrics: &TaskMetrics) -> Result<&TransactionMetrics, Failure> {
    check_eq!(metrics.transaction_metrics.len(), 1);
    Ok(&metrics.transaction_metrics[0])
}

/// Every moment of a hop, in the order in which the steps come.
fn moments(hop: &TransactionMetrics) -> Vec<Moment> {
    let steps = [
        hop.fetch_start,
        hop.domain_lookup_start,
        hop.domain_lookup_end,
        hop.connect_start,
        hop.secure_connection_start,
        hop.secure_connection_end,
        hop.connect_end,
        hop.request_start,
        hop.request_end,
        hop.response_start,
        hop.response_end,
    ];
    steps.into_iter().flatten().collect()
}

pub(crate) async fn metrics_come_once_just_before_the_end(fixture: Fixture) -> Verdict {
    let (recorder, session) = measured(&fixture);
    session.data_task(fixture.url("/Nepal")).resume();
    check_eq!(recorder.completion().await, None);
    let names = recorder.names();
    check_eq!(names, ["response", "data", "metrics", "complete"]);
    Ok(())
}

pub(crate) async fn a_failed_task_has_metrics_too(fixture: Fixture) -> Verdict {
    let (recorder, session) = measured(&fixture);
    let url = format!("{}/", fixture.sites().closed);
    session.data_task(url).resume();
    check!(recorder.completion().await.is_some());
    check_eq!(recorder.names(), ["metrics", "complete"]);
    let metrics = recorder.metrics().await;
    let hop = only(&metrics)?;
    check!(hop.fetch_start.is_some());
    check_eq!(hop.response, None);
    check_eq!((hop.response_start, hop.response_end), (None, None));
    Ok(())
}

pub(crate) async fn a_task_cancelled_before_it_began_has_an_interval_alone(
    fixture: Fixture,
) -> Verdict {
    let (recorder, session) = measured(&fixture);
    session.data_task(fixture.url("/Nepal")).cancel();
    check!(recorder.completion().await.is_some());
    let metrics = recorder.metrics().await;
    check!(metrics.transaction_metrics.is_empty());
    check!(metrics.task_interval.start <= metrics.task_interval.end);
    Ok(())
}

pub(crate) async fn handlers_and_futures_have_metrics_too(fixture: Fixture) -> Verdict {
    let (recorder, session) = measured(&fixture);
    let ended = Outcome::new();
    let (told, noted) = (ended.clone(), recorder.clone());
    let handler = move |_| told.put(noted.names());
    session
        .data_task_with(fixture.url("/Nepal"), handler)
        .resume();
    check_eq!(ended.taken().await, ["metrics"]);

    let (recorder, session) = measured(&fixture);
    session.data(fixture.url("/Nepal")).await?;
    recorder.metrics().await;
    Ok(())
}

pub(crate) async fn each_redirect_is_a_transaction(fixture: Fixture) -> Verdict {
    let (recorder, session) = measured(&fixture);
    let second = crate::fixture::redirect_path(307, "/Nepal");
    let first = fixture.redirect(302, &second);
    session.data_task(first).resume();
    check_eq!(recorder.completion().await, None);
    let metrics = recorder.metrics().await;
    let status = |hop: &TransactionMetrics| hop.response.as_ref().map(Response::status);
    let statuses = metrics.transaction_metrics.iter().filter_map(status);
    let statuses = statuses.map(|status| status.as_u16()).collect::<Vec<_>>();
    check_eq!(statuses, [302, 307, 200]);
    check_eq!(metrics.redirect_count, 2);
    let paths = metrics.transaction_metrics.iter();
    let last = paths.map(|hop| hop.request.url().path()).next_back();
    check_eq!(last, Some("/Nepal"));
    Ok(())
}

pub(crate) async fn moments_come_in_order(fixture: Fixture) -> Verdict {
    let (recorder, session) = measured(&fixture);
    session.data_task(fixture.url("/slow/3/50")).resume();
    check_eq!(recorder.completion().await, None);
    let metrics = recorder.metrics().await;
    let mut all = vec![metrics.task_interval.start];
    all.extend(moments(only(&metrics)?));
    all.push(metrics.task_interval.end);
    check!(all.is_sorted(), "{all:?}");
    Ok(())
}

pub(crate) async fn a_hop_is_told_of_phase_by_phase(fixture: Fixture) -> Verdict {
    let (recorder, session) = measured(&fixture);
    let request = Request::post(fixture.url("/echo"))?.with_body("twelve bytes");
    session.data_task(request).resume();
    check_eq!(recorder.completion().await, None);
    let metrics = recorder.metrics().await;
    let hop = only(&metrics)?;
    check!(hop.connect_start.is_some() && hop.connect_end.is_some());
    check!(hop.request_start.is_some() && hop.request_end.is_some());
    check!(hop.response_start.is_some() && hop.response_end.is_some());
    check_eq!(hop.is_reused_connection, Some(false));
    check_eq!(hop.network_protocol_name.as_deref(), Some("http/1.1"));
    check!(hop.remote_address.is_some() && hop.local_address.is_some());
    check!(hop.count_of_request_header_bytes_sent > Some(20));
    check!(hop.count_of_response_header_bytes_received >= Some(16));
    let bodies = [
        hop.count_of_request_body_bytes_before_encoding,
        hop.count_of_request_body_bytes_sent,
        hop.count_of_response_body_bytes_received,
        hop.count_of_response_body_bytes_after_decoding,
    ];
    check_eq!(bodies, [Some(12); 4]);
    check_eq!(hop.resource_fetch_type, ResourceFetchType::NetworkLoad);
    Ok(())
}

/// What is told all the same: how long it took until the head and the end, and what the app was given.
pub(crate) async fn a_hop_is_told_of_as_core_sees_it(fixture: Fixture) -> Verdict {
    let (recorder, session) = measured(&fixture);
    session.data_task(fixture.url("/Nepal")).resume();
    check_eq!(recorder.completion().await, None);
    let metrics = recorder.metrics().await;
    let hop = only(&metrics)?;
    check!(hop.fetch_start.is_some());
    check!(hop.response_start.is_some() && hop.response_end.is_some());
    check_eq!(hop.count_of_response_body_bytes_after_decoding, Some(9));
    check_eq!((hop.remote_address, hop.local_address), (None, None));
    check_eq!(hop.negotiated_tls_cipher_suite, None);
    Ok(())
}
