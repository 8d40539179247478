//! Tables: medians of interleaved runs, and what ours is to each peer.

use std::fmt::Write as _;

use serde_json::Value;

use super::callgrind::Counts;
use super::client::Runs;
use super::plan::{Metric, Scenario};

/// The row that the others are compared with.
const OURS: &str = "ours";
const GIB: f64 = (1_u64 << 30) as f64;

/// A client's medians in a scenario.
struct Row {
    client: &'static str,
    value: f64,
    range: (f64, f64),
    /// CPU: microseconds a request, or seconds a GiB.
    cpu: f64,
    /// Peak of resident memory, MiB.
    memory: f64,
    /// Share of the time that the server was busy.
    server: f64,
}

/// The table of a scenario's runs. `ours:` columns give our value over that client's.
pub(crate) fn runs(scenario: &Scenario, runs: &Runs) -> String {
    let rows: Vec<Row> = runs
        .iter()
        .filter_map(|(client, records)| row(scenario.metric, client, records))
        .collect();
    let (unit, cpu_unit) = match scenario.metric {
        Metric::Rate => ("req/s", "CPU us/req"),
        Metric::Throughput => ("GB/s", "CPU s/GiB"),
        Metric::Memory => ("B/req", "CPU us/req"),
    };
    let cores = if scenario.one_core {
        "one core"
    } else {
        "two cores"
    };
    let repetitions = runs
        .iter()
        .map(|(_, records)| records.len())
        .max()
        .unwrap_or(0);
    let mut text = format!(
        "\n{} ({cores}, medians of {repetitions} interleaved runs)\n",
        scenario.label
    );
    let _ = writeln!(
        text,
        "  {:<22} {unit:>10} {:>21} {:>7} {cpu_unit:>11} {:>7} {:>11} {:>9}",
        "client", "min..max", "ours:", "ours:", "max RSS MiB", "srv busy"
    );
    let ours = rows.iter().find(|row| row.client == OURS);
    for row in &rows {
        let digits = if scenario.metric == Metric::Throughput {
            (2, 3)
        } else {
            (0, 1)
        };
        let range = format!("{:.*}..{:.*}", digits.0, row.range.0, digits.0, row.range.1);
        let _ = writeln!(
            text,
            "  {:<22} {:>10.*} {range:>21} {:>7} {:>11.*} {:>7} {:>11.1} {:>8.0}%",
            row.client,
            digits.0,
            row.value,
            ratio(ours.map(|ours| ours.value), row.value),
            digits.1,
            row.cpu,
            ratio(ours.map(|ours| ours.cpu), row.cpu),
            row.memory,
            row.server * 100.0,
        );
    }
    text
}

/// The table of a scenario's instruction counts; nothing where none were made.
pub(crate) fn instructions(scenario: &Scenario, counts: &Counts) -> String {
    let mut text = String::new();
    if counts.is_empty() {
        return text;
    }
    let ours = counts
        .iter()
        .find(|(client, _)| *client == OURS)
        .map(|(_, count)| *count);
    let _ = writeln!(
        text,
        "\n{}: instructions per {} (user space)",
        scenario.label,
        scenario.unit()
    );
    let _ = writeln!(text, "  {:<22} {:>12} {:>7}", "client", "", "ours:");
    for (client, count) in counts {
        let _ = writeln!(
            text,
            "  {client:<22} {count:>12.0} {:>7}",
            ratio(ours, *count)
        );
    }
    text
}

fn row(metric: Metric, client: &'static str, records: &[Value]) -> Option<Row> {
    let medians = |value: &dyn Fn(&Value) -> f64| median(records.iter().map(value).collect());
    let values: Vec<f64> = records.iter().map(|record| value(metric, record)).collect();
    let range = (
        values.iter().copied().reduce(f64::min)?,
        values.iter().copied().reduce(f64::max)?,
    );
    Some(Row {
        client,
        value: median(values)?,
        range,
        cpu: medians(&|record| cpu(metric, record))?,
        memory: medians(&peak)?,
        server: medians(&|record| field(record, "server_cpu_s") / field(record, "secs"))?,
    })
}

/// The figure of a run.
pub(crate) fn value(metric: Metric, record: &Value) -> f64 {
    match metric {
        Metric::Rate => field(record, "requests") / field(record, "secs"),
        Metric::Throughput => field(record, "bytes") / field(record, "secs") / 1e9,
        Metric::Memory => {
            (field(record, "max_rss_kb") - field(record, "rss_before_kb")) * 1024.0
                / field(record, "requests")
        }
    }
}

/// CPU of a run: microseconds a request, or seconds a GiB.
pub(crate) fn cpu(metric: Metric, record: &Value) -> f64 {
    let cpu = field(record, "user_s") + field(record, "sys_s");
    match metric {
        Metric::Throughput => cpu * GIB / field(record, "bytes"),
        Metric::Rate | Metric::Memory => cpu / field(record, "requests") * 1e6,
    }
}

/// Peak of resident memory, MiB.
pub(crate) fn peak(record: &Value) -> f64 {
    field(record, "max_rss_kb") / 1024.0
}

/// A number that a client printed; NaN, which shows in every table, if it did not.
fn field(record: &Value, name: &str) -> f64 {
    record[name].as_f64().unwrap_or(f64::NAN)
}

/// The middle, or the mean of the two in the middle; none of nothing.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len().is_multiple_of(2) {
        (values[middle - 1] + upper) / 2.0
    } else {
        upper
    })
}

fn ratio(ours: Option<f64>, theirs: f64) -> String {
    ours.map_or("-".into(), |ours| format!("{:.2}x", ours / theirs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_median_is_the_middle_whatever_the_order() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(Vec::new()), None);
    }

    #[test]
    fn memory_is_what_was_added_by_each_request() {
        let record = json!({"max_rss_kb": 3072, "rss_before_kb": 2048, "requests": 1024});
        assert_eq!(value(Metric::Memory, &record), 1024.0);
    }

    #[test]
    fn ours_is_compared_with_every_client_of_the_same_run() {
        let scenario = super::super::plan::SCENARIOS
            .iter()
            .find(|scenario| scenario.name == "small_seq")
            .unwrap();
        let counts = vec![("ours", 24_000.0), ("hyper", 16_000.0)];
        let table = instructions(scenario, &counts);
        assert!(
            table.contains("1.00x") && table.contains("1.50x"),
            "{table}"
        );
    }
}
