//! Processes killed while they download, and others that go on.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use urlsession::{Configuration, DownloadOptions, ResumeData, Session};
use urlsession_origin::{Origin, pattern};

use crate::files::{Step, announced};
use crate::{Folder, is_campaign};

/// More than one block, so that the journal is rewritten on the way.
const LENGTH: u64 = 40 * 1024 * 1024;

/// What the process to be killed is told: the URL, the destination, in how many parts at once, and the step to stop before.
const URL: &str = "URLSESSION_DOWNLOAD_URL";
const TO: &str = "URLSESSION_DOWNLOAD_TO";
const SEGMENTS: &str = "URLSESSION_DOWNLOAD_SEGMENTS";
const STOP: &str = "URLSESSION_DOWNLOAD_STOP";

/// Tells the killer.
pub(crate) fn say(word: String) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n>{word}").unwrap();
    out.flush().unwrap();
}

/// The process that is killed: it says what it does, and stops before the step that it was told.
#[test]
#[ignore = "the process that the other tests kill"]
fn child() {
    let (url, to) = (std::env::var(URL).unwrap(), std::env::var(TO).unwrap());
    let number = |name| -> usize { std::env::var(name).unwrap().parse().unwrap() };
    let (segments, stop) = (number(SEGMENTS), number(STOP));
    let (count, writes) = (AtomicUsize::new(0), AtomicBool::new(false));
    let step: Arc<Step> = Arc::new(move |name| {
        // Of the many writes of the body, the first after something else; the others are for the kills at random.
        let is_write = name.starts_with("write");
        let is_counted = !(writes.swap(is_write, Ordering::Relaxed) && is_write);
        if is_counted && count.fetch_add(1, Ordering::Relaxed) == stop {
            say(format!("before: {name}"));
            return Box::pin(std::future::pending());
        }
        Box::pin(std::future::ready(Ok(())))
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let configuration = Configuration::default();
        let platform = announced(urlsession::platform(&configuration), step);
        let session = Session::new(platform, configuration);
        say("begins".into());
        let options = DownloadOptions::new().to(&to).segments(segments);
        let outcome = match ResumeData::for_destination(&session, &to).await {
            Some(data) => session.download((data, options)).await,
            None => session.download((&*url, options)).await,
        };
        outcome.unwrap();
        say("done".into());
    });
}

/// Stops nowhere.
const NOWHERE: usize = usize::MAX;

pub(crate) struct Victim {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Victim {
    fn begin((url, segments): (&str, usize), to: &Path, stop: usize) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child
            .args(["--exact", "kills::child", "--ignored", "--nocapture"])
            .envs([(URL, url), (STOP, &stop.to_string())])
            .env(SEGMENTS, segments.to_string())
            .env(TO, to);
        Self::of(child)
    }

    pub(crate) fn of(mut child: Command) -> Self {
        let mut child = child
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// What it says next; `None` once it has ended.
    pub(crate) fn says(&mut self) -> Option<String> {
        self.lines.find_map(|line| {
            let line = line.ok()?;
            line.strip_prefix('>').map(str::to_owned)
        })
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn ends(mut self) {
        while self.says().is_some() {}
        assert!(self.child.wait().unwrap().success());
    }
}

/// Which step of the journal's order the folder shows.
fn step_shown(folder: &Folder) -> String {
    let length = |name: &str| Some(std::fs::metadata(folder.path(name)).ok()?.len());
    let journal = std::fs::read(folder.path("file.part.resume")).ok();
    let journal = journal.map(|text| ResumeData::from_bytes(&text).map(|data| data.received()));
    let is_rewritten = length("file.part.resume.new").is_some();
    let step = match (journal, length("file.part"), length("file")) {
        (None, None, None) => "1 nothing yet".to_owned(),
        (Some(_), None, None) => "2 the journal, no partial file".to_owned(),
        (Some(Ok(0)), Some(0), None) => "3 an empty partial file".to_owned(),
        (Some(Ok(noted)), Some(there), None) if there > noted => "4 more bytes than noted".into(),
        (Some(Ok(noted)), Some(there), None) if there == noted => "5 all bytes noted".into(),
        (Some(_), None, Some(_)) => "6 the file, and still the journal".to_owned(),
        (None, None, Some(_)) => "7 the file".to_owned(),
        other => format!("none that there is: {other:?}"),
    };
    match is_rewritten {
        true => format!("{step}, the journal being written"),
        false => step,
    }
}

/// Nothing wrong has the final name; and another process makes it whole.
fn goes_on(asked: (&str, usize), folder: &Folder) {
    let (to, expected) = (folder.path("file"), pattern(0..LENGTH));
    let check = || {
        if let Ok(found) = std::fs::read(&to) {
            assert!(found == expected, "another file has the final name");
        }
        to.exists()
    };
    if !check() {
        Victim::begin(asked, &to, NOWHERE).ends();
        assert!(check(), "the other process has made no file");
    }
    for name in ["file.part", "file.part.resume", "file.part.resume.new"] {
        // What a finished download did not get to remove is no harm, and the next one's.
        assert!(
            name == "file.part.resume" || !folder.path(name).exists(),
            "{name}"
        );
    }
}

#[test]
fn a_process_killed_before_any_step_leaves_what_another_goes_on_with() {
    killed_before_any_step(1);
    if is_campaign() {
        killed_before_any_step(4);
    }
}

fn killed_before_any_step(segments: usize) {
    let origin = Origin::spawn().unwrap();
    let url = origin.url(&format!("/bytes/{LENGTH}"));
    let asked = (&*url, segments);
    let mut shown = Vec::new();
    for stop in 0.. {
        let folder = Folder::new();
        let mut victim = Victim::begin(asked, &folder.path("file"), stop);
        assert_eq!(victim.says().as_deref(), Some("begins"));
        let said = victim.says().unwrap_or_default();
        victim.kill();
        let step = step_shown(&folder);
        println!("{segments} at once, killed {said}: {step}");
        assert!(!step.starts_with("none"), "{step}");
        goes_on(asked, &folder);
        shown.push(step);
        if said == "done" {
            break;
        }
    }
    for number in ["1", "2", "3", "4", "5", "6", "7"] {
        let is_this = |step: &String| step.starts_with(number);
        assert!(
            shown.iter().any(is_this),
            "step {number} was not hit: {shown:?}"
        );
    }
    assert!(shown.iter().any(|step| step.ends_with("being written")));
}

#[test]
fn a_process_killed_at_random_leaves_what_another_goes_on_with() {
    for segments in [1, 4] {
        killed_at_random(segments);
    }
}

fn killed_at_random(segments: usize) {
    let origin = Origin::spawn().unwrap();
    let url = origin.url(&format!("/bytes/{LENGTH}"));
    let asked = (&*url, segments);
    let kills = if is_campaign() { 200 } else { 5 };
    let (mut folder, mut all_shown) = (Folder::new(), BTreeMap::new());
    let mut place = 0x2545_f491_4f6c_dd1d_u64;
    for number in 0..kills {
        let mut victim = Victim::begin(asked, &folder.path("file"), NOWHERE);
        assert_eq!(victim.says().as_deref(), Some("begins"));
        place ^= place << 13;
        place ^= place >> 7;
        place ^= place << 17;
        std::thread::sleep(Duration::from_micros(place % 120_000));
        victim.kill();
        let step = step_shown(&folder);
        println!("{segments} at once, kill {number}: {step}");
        assert!(!step.starts_with("none"), "{step}");
        *all_shown.entry(step).or_insert(0) += 1;
        // Now and then it is killed again and again.
        if folder.path("file").exists() || !place.is_multiple_of(3) {
            goes_on(asked, &folder);
            folder = Folder::new();
        }
    }
    goes_on(asked, &folder);
    println!("{segments} at once, kills by step: {all_shown:?}");
}
