//! What some transfers took, drawn against time.

use urlsession::futures::future::join_all;
use urlsession::{Configuration, Delegate, Wants, Waterfall};

use crate::report::{Found, Step};
use crate::stage::{Stage, ensure};

/// The columns of the picture.
const WIDTH: usize = 100;

/// Wants metrics, so that each task keeps its own.
struct Measured;

impl Delegate for Measured {
    fn wants(&self) -> Wants {
        Wants::METRICS
    }
}

/// Makes the transfers all at once and draws them; as SVG too, where a file is given for it.
pub(crate) async fn draw(stage: &Stage, svg: Option<&str>) -> Step {
    let origin = &stage.origin;
    let mut configuration = Configuration::ephemeral();
    configuration.tls_additional_roots = vec![origin.authority().der().to_vec()];
    configuration.http_maximum_connections_per_host = 2;
    let session = urlsession::builder(configuration)
        .delegate(Measured)
        .build();
    let urls = [
        origin.url("/country.txt"),
        origin.url("/slow/4/15"),
        origin.url("/redirect?status=302&to=/delay/20"),
        origin.tls_h1_url("/delay/30"),
        origin.tls_url("/country.txt"),
        origin.tls_url("/slow/5/10"),
        origin.closed_url("/"),
    ];
    let tasks: Vec<_> = urls.iter().map(|url| session.data_task(url)).collect();
    tasks.iter().for_each(|task| task.resume());
    let loaded = join_all(tasks.iter().map(|task| task.finished())).await;
    let bytes = tasks.iter().map(|task| task.count_of_bytes_received());
    let (bytes, arrived) = (bytes.sum(), loaded.iter().flatten().count());
    let kept: Vec<_> = tasks.iter().filter_map(|task| task.metrics()).collect();
    let waterfall =
        Waterfall::new(kept.iter().map(|metrics| &**metrics)).coloured(stage.screen.has_colour());
    for line in waterfall.to_text(WIDTH).lines() {
        stage.screen.say(line);
    }
    if let Some(file) = svg {
        std::fs::write(file, waterfall.to_svg())?;
        stage.screen.say(&format!("drawn to {file}"));
    }
    ensure(arrived == urls.len() - 1, "a transfer failed")?;
    let hops = kept.iter().map(|task| task.transaction_metrics.len());
    let hops = hops.sum::<usize>();
    ensure(hops == urls.len() + 1, format!("{hops} hops"))?;
    Ok(Found::new(format!("{hops} hops measured"), bytes))
}
