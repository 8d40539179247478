//! Bodies under way: streamed, suspended, cancelled.

use std::time::Duration;

use urlsession::futures::StreamExt;
use urlsession::futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use urlsession::{Answer, Bytes, Configuration, Delegate, Error, ErrorCode, Task, Wants};

use crate::figures;
use crate::report::{Failure, Found, Step};
use crate::stage::{Stage, ensure, named};

const MIB: u64 = 1024 * 1024;

/// How long the server's writer must stand still to count as blocked.
const QUIET: Duration = Duration::from_millis(150);

/// Reads a long body chunk by chunk: no more of it is in memory than one chunk.
pub(crate) async fn stream(stage: &Stage) -> Step {
    let session = urlsession::session(Configuration::default());
    let total = stage.pace(512, 64) * MIB;
    let url = stage.origin.url(&format!("/bytes/{total}"));
    let (mut chunks, response) = session.bytes(url).await?;
    let mut bar = stage.screen.bar(response.expected_content_length());
    let (mut count, mut pieces) = (0, 0);
    while let Some(chunk) = chunks.next().await {
        (count, pieces) = (count + chunk?.len() as u64, pieces + 1);
        bar.at(count);
    }
    bar.end(count);
    ensure(count == total, format!("{count} of {total} bytes"))?;
    Ok(Found::new(
        format!("{}, {pieces} chunks", response.status().as_u16()),
        count,
    ))
}

/// Suspends a task in the middle, looks at the server, resumes it.
pub(crate) async fn suspend(stage: &Stage) -> Step {
    let session = urlsession::session(Configuration::default());
    let total = stage.pace(256, 64) * MIB;
    let url = stage.origin.url(&format!("/bytes/{total}"));
    let (teller, mut news) = unbounded();
    let task = session.data_task_with_delegate(url, Teller(teller));
    let before = stage.origin.bytes_written();
    task.resume();
    news.next().await.ok_or("the task ended unseen")?;
    task.suspend();
    let written = stage.origin.wait_until_idle_writer(QUIET).await? - before;
    let received = task.count_of_bytes_received();
    ensure(written < total, "the server was not blocked")?;
    stage.screen.bar(Some(total)).hold(received, "suspended");
    stage.pause(1500).await;
    stage.screen.say(&format!(
        "{:?}: {} arrived, the server is blocked after {} of {}",
        task.state(),
        figures::bytes(received),
        figures::bytes(written),
        figures::bytes(total),
    ));
    let mut bar = stage.screen.bar_from(received, Some(total));
    task.resume();
    end_of(&mut news, |_| bar.at(task.count_of_bytes_received())).await?;
    let count = task.count_of_bytes_received();
    bar.end(count);
    ensure(count == total, format!("{count} of {total} bytes"))?;
    Ok(Found::new(
        format!("blocked at {}, then whole", figures::bytes(written)),
        count,
    ))
}

/// Cancels a body without end, and waits until the server has lost the connection.
pub(crate) async fn cancel(stage: &Stage) -> Step {
    let session = urlsession::session(Configuration::default());
    let (teller, mut news) = unbounded();
    let task = session.data_task_with_delegate(stage.origin.url("/endless"), Teller(teller));
    task.resume();
    let mut bar = stage.screen.bar(None);
    let enough = stage.pace(256, 16) * MIB;
    let ended = end_of(&mut news, |count| {
        bar.at(count);
        if count >= enough {
            task.cancel();
        }
    });
    let code = ended
        .await
        .err()
        .and_then(|error| Some(error.downcast_ref::<Error>()?.code()));
    let count = task.count_of_bytes_received();
    bar.end(count);
    ensure(
        code == Some(ErrorCode::Cancelled),
        format!("it ended with {code:?}"),
    )?;
    stage.origin.wait_for_open_connections(0).await?;
    Ok(Found::new(
        format!("{}, closed", named(ErrorCode::Cancelled)),
        count,
    ))
}

/// What a [`Teller`] tells.
enum News {
    Bytes(u64),
    End(Option<Error>),
}

/// A delegate that passes on what it is told.
struct Teller(UnboundedSender<News>);

impl Delegate for Teller {
    fn wants(&self) -> Wants {
        Wants::DATA | Wants::COMPLETION
    }

    fn did_receive_data(&self, task: &Task, _: &Bytes) -> Answer<()> {
        _ = self
            .0
            .unbounded_send(News::Bytes(task.count_of_bytes_received()));
        Answer::HANDLED
    }

    fn did_complete(&self, _: &Task, error: Option<&Error>) -> Answer<()> {
        _ = self.0.unbounded_send(News::End(error.cloned()));
        Answer::HANDLED
    }
}

/// Follows a task to its end.
async fn end_of(
    news: &mut UnboundedReceiver<News>,
    mut on_bytes: impl FnMut(u64),
) -> Result<(), Failure> {
    loop {
        match news.next().await.ok_or("the task ended unseen")? {
            News::Bytes(count) => on_bytes(count),
            News::End(None) => return Ok(()),
            News::End(Some(error)) => return Err(error.into()),
        }
    }
}
