//! More tasks than may be on the wire.

use std::collections::BTreeMap;

use urlsession::futures::StreamExt;
use urlsession::futures::channel::mpsc::unbounded;
use urlsession::{Configuration, DataTask, Session, Task, TaskEvent};

use crate::report::{Found, Step};
use crate::screen::{Ink, Screen};
use crate::stage::{Stage, ensure, session_with};

/// Tasks in the order in which they are resumed: six fill the wire, the others wait.
const TASKS: [(char, f32); 18] = {
    const LOW: (char, f32) = ('l', Task::LOW_PRIORITY);
    const USUAL: (char, f32) = ('d', Task::DEFAULT_PRIORITY);
    const HIGH: (char, f32) = ('H', Task::HIGH_PRIORITY);
    [
        USUAL, USUAL, USUAL, USUAL, USUAL, USUAL, LOW, LOW, LOW, LOW, USUAL, USUAL, USUAL, USUAL,
        HIGH, HIGH, HIGH, HIGH,
    ]
};

#[derive(Clone, Copy, PartialEq)]
enum At {
    Queued,
    Running,
    Ended,
}

/// Eighteen tasks, six at a time; the observer sees the order in which they are admitted.
pub(crate) async fn six_at_a_time(stage: &Stage) -> Step {
    let (events, mut seen) = unbounded();
    let session = urlsession::builder(Configuration::default())
        .observer(move |task: &Task, event: TaskEvent<'_>| {
            if let TaskEvent::Started = event {
                _ = events.unbounded_send((task.id(), At::Running));
            } else if let TaskEvent::Completed(_) = event {
                _ = events.unbounded_send((task.id(), At::Ended));
            }
        })
        .build();
    let url = stage.origin.url(&format!("/delay/{}", stage.pace(350, 25)));
    let tasks: Vec<_> = TASKS
        .iter()
        .map(|&(_, priority)| task(&session, &url, priority))
        .collect();
    let mut states: BTreeMap<u64, At> = tasks.iter().map(|task| (task.id(), At::Queued)).collect();
    tasks.iter().for_each(|task| task.resume());

    let (mut order, mut most) = (String::new(), 0);
    while states.values().any(|&at| at != At::Ended) {
        let (id, at) = seen.next().await.ok_or("a task ended unseen")?;
        states.insert(id, at);
        if at == At::Running {
            order.push(letter(&tasks, id));
        }
        most = most.max(states.values().filter(|&&at| at == At::Running).count());
        stage.screen.moving(&cells(&stage.screen, &tasks, &states));
    }
    stage.screen.say(&cells(&stage.screen, &tasks, &states));
    stage
        .screen
        .say(&format!("admitted: {order}  (H high, d default, l low)"));
    stage
        .screen
        .say("every fourth turn is for whoever has waited longest, so that nobody starves");
    ensure(most == 6, format!("{most} at once"))?;
    ensure(
        mean_place(&order, 'H') < mean_place(&order, 'l'),
        format!("order {order}"),
    )?;
    let bytes = tasks
        .iter()
        .map(|task| task.count_of_bytes_received())
        .sum();
    Ok(Found::new(format!("18 ended, {most} at once"), bytes))
}

/// Fifty tasks as streams of one connection.
pub(crate) async fn fifty_streams(stage: &Stage) -> Step {
    const COUNT: u64 = 50;
    let session = session_with(|configuration| configuration.assumes_http2_capable = true);
    let url = stage
        .origin
        .h2_url(&format!("/delay/{}", stage.pace(800, 25)));
    let before = stage.origin.accepted_connections();
    let (results, mut ended) = unbounded();
    for _ in 0..COUNT {
        let results = results.clone();
        let handler = move |result| _ = results.unbounded_send(result);
        session.data_task_with(&url, handler).resume();
    }
    drop(results);
    let (mut count, mut bytes) = (0, 0);
    while let Some(result) = ended.next().await {
        let (body, response) = result?;
        ensure(response.status() == 200, response.status().to_string())?;
        (count, bytes) = (count + 1, bytes + body.len() as u64);
        stage
            .screen
            .moving(&format!("{count} of {COUNT} over {:?}", response.version()));
    }
    let connections = stage.origin.accepted_connections() - before;
    ensure(count == COUNT, format!("{count} of {COUNT} tasks ended"))?;
    ensure(connections == 1, format!("{connections} connections"))?;
    Ok(Found::new(format!("{count} responses, HTTP/2"), bytes))
}

fn task(session: &Session, url: &str, priority: f32) -> DataTask {
    let task = session.data_task(url);
    task.set_priority(priority);
    task
}

fn letter(tasks: &[DataTask], id: u64) -> char {
    let place = tasks.iter().position(|task| task.id() == id);
    place.map_or('?', |place| TASKS[place].0)
}

/// One cell a task: its priority's letter and how far it is.
fn cells(screen: &Screen, tasks: &[DataTask], states: &BTreeMap<u64, At>) -> String {
    let cell = |(&id, at): (&u64, &At)| {
        let (ink, mark) = match at {
            At::Queued => (Ink::Faint, '·'),
            At::Running => (Ink::Yellow, '▸'),
            At::Ended => (Ink::Green, '✓'),
        };
        screen.ink(ink, &format!("{}{mark} ", letter(tasks, id)))
    };
    states.iter().map(cell).collect()
}

/// Where tasks of this letter stand in the order, on average.
fn mean_place(order: &str, letter: char) -> f64 {
    let places = order
        .char_indices()
        .filter(|&(_, at)| at == letter)
        .map(|(place, _)| place);
    let (sum, count) = places.fold((0, 0), |(sum, count), place| (sum + place, count + 1));
    sum as f64 / f64::from(count)
}
