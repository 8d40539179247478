//! What a task took, as lists of numbers and texts.

use std::time::SystemTime;

use js_sys::{Array, Float64Array};
use urlsession_core::{Moment, ResourceFetchType, TaskMetrics, TransactionMetrics};
use wasm_bindgen::prelude::*;

use crate::wire;

/// The numbers: the interval, the count of redirects; then, of each transaction, eleven dates, three counts, whether the connection was there, where the
/// response came from. The texts: of each transaction, its request, the head of its response, its protocol. Dates are milliseconds since 1970; what is not
/// known is not a number, or the empty text.
pub(crate) fn lists(metrics: &TaskMetrics) -> [JsValue; 2] {
    let date = |moment| date(metrics, Some(moment));
    let mut numbers = vec![
        date(metrics.task_interval.start),
        date(metrics.task_interval.end),
        f64::from(metrics.redirect_count),
    ];
    let texts = Array::new();
    for transaction in &metrics.transaction_metrics {
        write(metrics, transaction, &mut numbers);
        let response = transaction.response.as_ref().map(wire::of_response);
        texts.push(&wire::of_request(&transaction.request).into());
        texts.push(&response.unwrap_or_default().into());
        let protocol = transaction.network_protocol_name.as_deref();
        texts.push(&protocol.unwrap_or_default().into());
    }
    [Float64Array::from(&*numbers).into(), texts.into()]
}

fn write(metrics: &TaskMetrics, of: &TransactionMetrics, numbers: &mut Vec<f64>) {
    let dates = [
        of.fetch_start,
        of.domain_lookup_start,
        of.domain_lookup_end,
        of.connect_start,
        of.connect_end,
        of.secure_connection_start,
        of.secure_connection_end,
        of.request_start,
        of.request_end,
        of.response_start,
        of.response_end,
    ];
    numbers.extend(dates.map(|moment| date(metrics, moment)));
    let counts = [
        of.count_of_request_body_bytes_sent,
        of.count_of_response_body_bytes_received,
        of.count_of_response_body_bytes_after_decoding,
    ];
    numbers.extend(counts.map(|count| count.map_or(f64::NAN, |count| count as f64)));
    numbers.push(
        of.is_reused_connection
            .map_or(f64::NAN, |is| f64::from(u8::from(is))),
    );
    const TYPES: [ResourceFetchType; 3] = [
        ResourceFetchType::Unknown,
        ResourceFetchType::NetworkLoad,
        ResourceFetchType::LocalCache,
    ];
    let kind = TYPES
        .iter()
        .position(|kind| *kind == of.resource_fetch_type);
    numbers.push(kind.unwrap_or(0) as f64);
}

fn date(metrics: &TaskMetrics, moment: Option<Moment>) -> f64 {
    let date = moment.map(|moment| metrics.date_of(moment));
    let since = date.and_then(|date| date.duration_since(SystemTime::UNIX_EPOCH).ok());
    since.map_or(f64::NAN, |since| since.as_secs_f64() * 1e3)
}
