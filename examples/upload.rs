//! Uploads a file, and goes on with it where it was broken off.
//!
//!     cargo run --example upload -- http://127.0.0.1:8080/resumable a.bin
//!
//! Enter breaks the upload off; what it takes to go on is kept beside the file, and the next run uses it. Without a file it uploads itself.
#![expect(clippy::print_stdout, reason = "an example says what it does")]

use std::error::Error;
use std::path::{Path, PathBuf};

use tokio::sync::oneshot;
use urlsession::{
    Answer, Configuration, Delegate, Request, Task, UploadBody, UploadDraft, UploadResumeData,
    UploadTask,
};

/// Draws how far the upload is.
struct Bar;

impl Delegate for Bar {
    fn did_send_body_data(
        &self,
        _: &Task,
        _: u64,
        total: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        let expected = expected.unwrap_or(total).max(1);
        print!("\r{:3} % of {expected} bytes", total * 100 / expected);
        Answer::HANDLED
    }
}

/// What an earlier run left to go on with.
fn kept(place: &Path) -> Option<UploadResumeData> {
    serde_json::from_str(&std::fs::read_to_string(place).ok()?).ok()
}

fn keep(place: &Path, data: Option<&UploadResumeData>) -> Result<(), Box<dyn Error>> {
    let Some(data) = data else {
        println!("\nthe server does not go on with it");
        return Ok(());
    };
    std::fs::write(place, serde_json::to_string(data)?)?;
    println!("\nrun again to go on: {}", place.display());
    Ok(())
}

/// Ready when somebody presses Enter.
fn enter() -> oneshot::Receiver<()> {
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        if let Ok(1..) = std::io::stdin().read_line(&mut String::new()) {
            // The upload may have ended already.
            let _ = tell.send(());
        }
    });
    told
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("upload URL [FILE]")?;
    let file = match arguments.next() {
        Some(file) => PathBuf::from(file),
        None => std::env::current_exe()?,
    };
    let place = file.with_extension("resume");
    let mut configuration = Configuration::default();
    configuration.resumable_uploads = Some(UploadDraft::Interop8);
    configuration.retries_uploads = 3;
    let session = urlsession::builder(configuration).delegate(Bar).build();

    let task: UploadTask = match kept(&place) {
        Some(data) => session.upload_task_resuming(data),
        None => session.upload_task(Request::put(&*url)?, UploadBody::file(file)),
    };
    task.resume();
    let outcome = tokio::select! {
        outcome = task.finished() => outcome,
        Ok(()) = enter() => {
            let data = task.cancel_producing_resume_data().await;
            return keep(&place, data.as_ref());
        }
    };
    match outcome {
        Ok(()) => {
            let _ = std::fs::remove_file(&place);
            let status = task.response().map(|response| response.status());
            println!("\n{}", status.unwrap_or_default());
            Ok(())
        }
        Err(error) => {
            print!("\n{error}");
            keep(&place, error.upload_resume_data())
        }
    }
}
