//! Follows one task through a delegate: prints each event, suspends the task at its first chunk and resumes it.
//!
//!     cargo run --example delegate -- https://example.com/
#![expect(clippy::print_stdout, reason = "an example prints what it sees")]

use std::sync::mpsc::{Sender, channel};

use urlsession::{
    Answer, Bytes, Configuration, Delegate, Error, Request, Response, ResponseDisposition, Task,
};

/// Prints what happens, and says when it has suspended the task.
struct Printer(Sender<()>);

impl Delegate for Printer {
    fn will_perform_http_redirection(
        &self,
        _: &Task,
        response: &Response,
        request: Request,
    ) -> Answer<Option<Request>> {
        println!("redirect  {} to {}", response.status(), request.url());
        Some(request).into()
    }

    fn did_receive_response(&self, _: &Task, response: &Response) -> Answer<ResponseDisposition> {
        println!("response  {}", response.status());
        ResponseDisposition::Allow.into()
    }

    fn did_receive_data(&self, task: &Task, data: &Bytes) -> Answer<()> {
        println!("data      {} bytes", data.len());
        if task.count_of_bytes_received() == data.len() as u64 {
            task.suspend();
            _ = self.0.send(());
        }
        Answer::HANDLED
    }

    fn did_complete(&self, task: &Task, _: Option<&Error>) -> Answer<()> {
        println!("complete  {} bytes", task.count_of_bytes_received());
        Answer::HANDLED
    }
}

fn main() -> Result<(), Error> {
    let (sender, suspended) = channel();
    let builder = urlsession::builder(Configuration::default());
    let session = builder.delegate(Printer(sender)).build();
    let task = session.data_task(std::env::args().nth(1).unwrap_or_default());
    task.resume();
    session.finish_tasks_and_invalidate();
    // The session lets go of its delegate at its end, and that ends the loop.
    for () in &suspended {
        println!("          {:?}, and on it goes", task.state());
        task.resume();
    }
    task.error().map_or(Ok(()), Err)
}
