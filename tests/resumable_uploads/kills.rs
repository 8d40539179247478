//! Processes killed while they upload, and others that go on.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use urlsession::{
    Answer, Delegate, Error, Informational, Request, Response, ResponseDisposition, Task,
    UploadBody, UploadResumeData, UploadTask,
};
use urlsession_origin::{Origin, Upload, pattern};

use crate::{Temporary, session};

/// What the process to be killed is told: the URL, the file that it uploads, where it keeps what it takes to go on, and the moment to
/// stop at.
const URL: &str = "URLSESSION_UPLOAD_URL";
const FILE: &str = "URLSESSION_UPLOAD_FILE";
const KEPT: &str = "URLSESSION_UPLOAD_KEPT";
const STOP: &str = "URLSESSION_UPLOAD_STOP";

/// Stops nowhere.
const NOWHERE: &str = "nowhere";

/// True for the long form.
fn is_campaign() -> bool {
    std::env::var_os("URLSESSION_CAMPAIGN").is_some()
}

/// How much is uploaded, in bytes.
fn length() -> u64 {
    let mebibytes = if is_campaign() { 16 } else { 2 };
    mebibytes * 1024 * 1024 + 1
}

fn say(word: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n>{word}").unwrap();
    out.flush().unwrap();
}

/// Keeps what it takes to go on as soon as the server has offered that; stops at the moment of this name.
struct Keeper {
    stop: String,
    task: OnceLock<UploadTask>,
    kept: PathBuf,
}

impl Keeper {
    /// Goes on, unless it is to stop here.
    fn moment<T: Send + 'static>(&self, name: &str, then: Answer<T>) -> Answer<T> {
        if name != self.stop {
            return then;
        }
        say(name);
        Answer::later(std::future::pending())
    }

    fn keep(&self) {
        let data = self.task.get().unwrap().resume_data().unwrap();
        let new = self.kept.with_extension("new");
        std::fs::write(&new, serde_json::to_string(&data).unwrap()).unwrap();
        std::fs::rename(new, &self.kept).unwrap();
    }
}

/// The program's own handle on its delegate.
struct Shared(Arc<Keeper>);

impl Delegate for Shared {
    fn did_receive_informational_response(&self, _: &Task, _: &Informational) -> Answer<()> {
        match self.0.moment("offered", Answer::HANDLED) {
            Answer::Later(stops) => Answer::Later(stops),
            Answer::Now(()) | Answer::Unhandled => {
                self.0.keep();
                self.0.moment("kept", Answer::HANDLED)
            }
        }
    }

    fn did_send_body_data(&self, _: &Task, _: u64, _: u64, _: Option<u64>) -> Answer<()> {
        self.0.moment("sent", Answer::HANDLED)
    }

    fn did_receive_response(&self, _: &Task, _: &Response) -> Answer<ResponseDisposition> {
        self.0.moment("answered", ResponseDisposition::Allow.into())
    }

    fn did_complete(&self, _: &Task, error: Option<&Error>) -> Answer<()> {
        assert!(error.is_none(), "{error:?}");
        self.0.moment("complete", Answer::HANDLED)
    }
}

/// The process that is killed: it says where it stops.
#[test]
#[ignore = "the process that the other tests kill"]
fn child() {
    let said = |name| std::env::var(name).unwrap();
    let keeper = Arc::new(Keeper {
        stop: said(STOP),
        task: OnceLock::new(),
        kept: said(KEPT).into(),
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (session, delegate) = (session(), Shared(keeper.clone()));
        say("begins");
        let task = match std::fs::read_to_string(&keeper.kept) {
            Ok(kept) => {
                let data = serde_json::from_str(&kept).unwrap();
                session.upload_task_resuming_with_delegate(data, delegate)
            }
            Err(_) => {
                let request = Request::put(said(URL)).unwrap();
                let body = UploadBody::file(said(FILE));
                session.upload_task_with_delegate(request, body, delegate)
            }
        };
        keeper.task.set(task.clone()).unwrap();
        task.resume();
        task.finished().await.unwrap();
    });
    say("done");
}

/// What a campaign is about: the server, the file, and where the process keeps what it takes to go on.
struct Ground {
    origin: Origin,
    stall: Option<u64>,
    file: Temporary,
    kept: Temporary,
}

impl Ground {
    /// A server that stalls once it has so many bytes, if there are to be so many.
    fn new(stall: Option<u64>) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("killed-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let ground = Self {
            origin: Origin::spawn().unwrap(),
            stall,
            file: Temporary::with(&name, &pattern(0..length())),
            kept: Temporary::with(&format!("{name}-kept"), b""),
        };
        std::fs::remove_file(&ground.kept.0).unwrap();
        ground
    }

    fn is_kept(&self) -> bool {
        self.kept.0.exists()
    }

    /// Where the upload was, as server and client have it.
    fn step_shown(&self) -> String {
        let uploads = self.origin.uploads();
        match (self.is_kept(), uploads.last()) {
            (false, None) => "1 nothing yet",
            (false, Some(_)) => "2 begun, and nothing kept",
            (true, None) => "none that there is: kept what nobody has",
            (true, Some(upload)) if upload.bytes.is_empty() => "3 kept, and no byte there",
            (true, Some(upload)) if !upload.is_complete => "4 kept, and a part there",
            (true, Some(_)) => "5 kept, and all there",
        }
        .to_owned()
    }

    /// Which of the server's uploads the process has kept what it takes to go on with.
    fn number_kept(&self) -> Option<usize> {
        let kept = std::fs::read_to_string(&self.kept.0).ok()?;
        let data: UploadResumeData = serde_json::from_str(&kept).unwrap();
        let number = data.resource().path().strip_prefix("/resumable/").unwrap();
        Some(number.parse().unwrap())
    }

    /// Another process makes it whole: the same upload, where the first has kept what that takes.
    fn goes_on(&self) {
        let number = self.number_kept();
        Victim::begin(self, NOWHERE).ends();
        let uploads = self.origin.uploads();
        let is_whole = |upload: &&Upload| upload.is_complete && !upload.is_cancelled;
        let whole: Vec<_> = uploads.iter().filter(is_whole).collect();
        let is_right = |upload: &&Upload| upload.bytes == pattern(0..length());
        assert!(
            !whole.is_empty() && whole.iter().all(is_right),
            "another file"
        );
        if let Some(number) = number {
            assert!(is_whole(&&uploads[number]), "begun anew");
        }
    }
}

struct Victim {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Victim {
    fn begin(ground: &Ground, stop: &str) -> Self {
        let environment: [(&str, &Path); 2] = [(FILE, &ground.file.0), (KEPT, &ground.kept.0)];
        let query = match ground.stall {
            Some(stall) => format!("?stall={stall}"),
            None => String::new(),
        };
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kills::child", "--ignored", "--nocapture"])
            .envs(environment)
            .env(URL, ground.origin.url(&format!("/resumable{query}")))
            .env(STOP, stop)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// What it says next; `None` once it has ended.
    fn says(&mut self) -> Option<String> {
        self.lines.find_map(|line| {
            let line = line.ok()?;
            line.strip_prefix('>').map(str::to_owned)
        })
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn ends(mut self) {
        while self.says().is_some() {}
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
fn a_process_killed_at_any_moment_leaves_what_another_goes_on_with() {
    // The server may yet be reading what a process sent that is no more.
    for (stop, expected) in [
        ("sent", "12345"),
        ("offered", "2"),
        ("kept", "345"),
        ("answered", "5"),
        ("complete", "5"),
    ] {
        let ground = Ground::new(None);
        let mut victim = Victim::begin(&ground, stop);
        assert_eq!(victim.says().as_deref(), Some("begins"));
        assert_eq!(victim.says().as_deref(), Some(stop));
        victim.kill();
        let step = ground.step_shown();
        println!("upload killed, {stop}: {step}");
        assert!(expected.contains(&step[..1]), "{stop}: {step}");
        if stop != "complete" {
            ground.goes_on();
        }
    }
}

#[test]
fn a_process_killed_in_the_middle_leaves_what_another_goes_on_with() {
    let step = if is_campaign() { 97_001 } else { 700_001 };
    for stall in (1..length()).step_by(step).chain([length() - 1]) {
        let ground = Ground::new(Some(stall));
        let mut victim = Victim::begin(&ground, NOWHERE);
        assert_eq!(victim.says().as_deref(), Some("begins"));
        let has = || {
            ground
                .origin
                .uploads()
                .last()
                .map_or(0, |upload| upload.bytes.len() as u64)
        };
        wait_until(|| ground.is_kept() && has() == stall);
        victim.kill();
        assert_eq!(ground.step_shown(), "4 kept, and a part there");
        ground.goes_on();
    }
}

/// Looks again and again, for as long as a slow machine may take.
fn wait_until(is_reached: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_reached() {
        assert!(began.elapsed() < Duration::from_secs(30), "waited in vain");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_process_killed_at_random_leaves_what_another_goes_on_with() {
    let kills = if is_campaign() { 200 } else { 5 };
    let (mut ground, mut shown) = (Ground::new(None), BTreeMap::new());
    let mut place = 0x2545_f491_4f6c_dd1d_u64;
    for number in 0..kills {
        let mut victim = Victim::begin(&ground, NOWHERE);
        assert_eq!(victim.says().as_deref(), Some("begins"));
        place ^= place << 13;
        place ^= place >> 7;
        place ^= place << 17;
        std::thread::sleep(Duration::from_micros(place % 40_000));
        victim.kill();
        let step = ground.step_shown();
        println!("upload, kill {number}: {step}");
        assert!(!step.starts_with("none"), "{step}");
        // Now and then it is killed again and again.
        if !place.is_multiple_of(3) {
            ground.goes_on();
            ground = Ground::new(None);
        }
        *shown.entry(step).or_insert(0) += 1;
    }
    ground.goes_on();
    println!("upload, kills by step: {shown:?}");
}
