//! A download that is cut in its middle, and another session that goes on.

use std::path::PathBuf;

use urlsession::{
    Answer, Configuration, Delegate, DownloadOptions, DownloadTask, ResumeData, Wants,
};
use urlsession_origin::pattern;

use crate::report::{Failure, Found, Step};
use crate::stage::{Stage, ensure};

const LENGTH: u64 = 16 * 1024 * 1024;

/// Cancels at half of the way.
struct Cuts;

impl Delegate for Cuts {
    fn wants(&self) -> Wants {
        Wants::WRITTEN
    }

    fn did_write_data(
        &self,
        task: &DownloadTask,
        _: u64,
        total: u64,
        _: Option<u64>,
    ) -> Answer<()> {
        if total >= LENGTH / 2 {
            drop(task.cancel_producing_resume_data());
        }
        Answer::HANDLED
    }
}

/// A folder that goes with the value.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) async fn resumed(stage: &Stage) -> Step {
    let name = format!("urlsession-demo-{}", std::process::id());
    let folder = Folder(std::env::temp_dir().join(name));
    std::fs::create_dir_all(&folder.0)?;
    let to = folder.0.join("file");
    let begun = cut(stage, &to).await?;
    let there = std::fs::metadata(folder.0.join("file.part"))?.len();
    stage.screen.say(&format!(
        "cut at {} MiB; file.part has {} MiB, file.part.resume {} bytes",
        begun.received() >> 20,
        there >> 20,
        begun.to_bytes().len()
    ));
    stage.pause(900).await;

    // As another process would.
    let session = urlsession::session(Configuration::ephemeral());
    let data = ResumeData::for_destination(&session, &to).await;
    let data = data.ok_or("nothing to go on with")?;
    let (offset, url) = (data.received(), data.url());
    let (file, response) = session.download(data).await?;
    stage.screen.say(&format!(
        "{} from byte {offset} of {url}",
        response.status()
    ));
    ensure(
        std::fs::read(file.path())? == pattern(0..LENGTH),
        "another file",
    )?;
    ensure(
        std::fs::read_dir(&folder.0)?.count() == 1,
        "something is left beside the file",
    )?;
    let result = format!("{} MiB, identical, in two parts", LENGTH >> 20);
    Ok(Found::new(result, LENGTH))
}

/// What a download leaves that is cut in its middle.
async fn cut(stage: &Stage, to: &PathBuf) -> Result<ResumeData, Failure> {
    let session = urlsession::session(Configuration::ephemeral());
    let url = stage.origin.url(&format!("/bytes/{LENGTH}"));
    let task = (url, DownloadOptions::new().to(to));
    let task = session.download_task_with_delegate(task, Cuts);
    task.resume();
    let Err(error) = task.finished().await else {
        return Err("it was not cut".into());
    };
    error.resume_data().cloned().ok_or(error.into())
}
