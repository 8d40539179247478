//! What transfers took: phases, connection and bytes of each hop, and a waterfall of all.
//!
//!     cargo run --example metrics -- https://example.com/ https://example.com/

#![expect(clippy::print_stdout, reason = "an example prints what it got")]

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use urlsession::{Configuration, Observer, Task, TaskEvent, TaskMetrics, Waterfall};

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

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let keeper = Keeper::default();
    let builder = urlsession::builder(Configuration::default());
    let session = builder.observer(keeper.clone()).build();
    for url in std::env::args().skip(1) {
        let (body, response) = session.data(&url).await?;
        println!("{} {}, {} bytes", response.status(), url, body.len());
    }
    let kept = keeper.0.lock().unwrap_or_else(PoisonError::into_inner);
    for hop in kept.iter().flat_map(|task| &task.transaction_metrics) {
        println!(
            "{} by {} from {}, reused: {}, TLS {}",
            hop.request.url(),
            hop.network_protocol_name.as_deref().unwrap_or("?"),
            hop.remote_address
                .map_or("?".to_owned(), |it| it.to_string()),
            hop.is_reused_connection.unwrap_or_default(),
            hop.negotiated_tls_cipher_suite
                .map_or("none".to_owned(), |it| it.to_string()),
        );
    }
    print!("{}", Waterfall::new(&*kept).to_text(100));
    Ok(())
}
