//! What some transfers took, drawn against time.

use std::sync::{Arc, Mutex, PoisonError};

use urlsession::futures::future::join_all;
use urlsession::{Configuration, Observer, Task, TaskEvent, TaskMetrics, Waterfall};

use crate::report::{Found, Step};
use crate::stage::{Stage, ensure};

/// The columns of the picture.
const WIDTH: usize = 100;

/// Keeps the metrics of every task.
#[derive(Clone, Default)]
struct Keeper(Arc<Mutex<Vec<TaskMetrics>>>);

impl Observer for Keeper {
    fn observe(&self, _: &Task, event: TaskEvent<'_>) {
        if let TaskEvent::Metrics(metrics) = event {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push(metrics.clone());
        }
    }

    fn wants_metrics(&self) -> bool {
        true
    }
}

/// Makes the transfers all at once and draws them; as SVG too, where a file is given for it.
pub(crate) async fn draw(stage: &Stage, svg: Option<&str>) -> Step {
    let (keeper, origin) = (Keeper::default(), &stage.origin);
    let mut configuration = Configuration::ephemeral();
    configuration.tls_additional_roots = vec![origin.authority().der().to_vec()];
    configuration.http_maximum_connections_per_host = 2;
    let builder = urlsession::builder(configuration).observer(keeper.clone());
    let session = builder.build();
    let urls = [
        origin.url("/country.txt"),
        origin.url("/slow/4/15"),
        origin.url("/redirect?status=302&to=/delay/20"),
        origin.tls_h1_url("/delay/30"),
        origin.tls_url("/country.txt"),
        origin.tls_url("/slow/5/10"),
        origin.closed_url("/"),
    ];
    let loaded = join_all(urls.iter().map(|url| session.data(url))).await;
    let bytes = loaded.iter().flatten().map(|(body, _)| body.len() as u64);
    let (bytes, arrived) = (bytes.sum(), loaded.iter().flatten().count());
    let kept = keeper.0.lock().unwrap_or_else(PoisonError::into_inner);
    let waterfall = Waterfall::new(&*kept).coloured(stage.screen.has_colour());
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
