//! Processes killed with many downloads under way.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use urlsession::futures::future::join_all;
use urlsession::{Configuration, DownloadOptions, ResumeData};
use urlsession_origin::{Origin, pattern};

use crate::kills::{Victim, say};
use crate::{Folder, is_campaign};

/// What the process to be killed is told: the server, and the folder for the files.
const URL: &str = "URLSESSION_SESSION_URL";
const TO: &str = "URLSESSION_SESSION_TO";

/// So many downloads at once.
const DOWNLOADS: u64 = 20;

/// How long each is, in bytes.
fn length(number: u64) -> u64 {
    400_000 + 50_000 * number
}

/// The process that is killed: what is not there yet it downloads, and goes on with what an earlier one has begun.
#[test]
#[ignore = "the process that the other test kills"]
fn child() {
    let (url, to) = (std::env::var(URL).unwrap(), std::env::var(TO).unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let session = urlsession::session(Configuration::default());
        say("begins".into());
        let one = async |number: u64| {
            let path = PathBuf::from(&to).join(format!("file-{number}"));
            if path.exists() {
                return;
            }
            let outcome = match ResumeData::for_destination(&session, &path).await {
                Some(data) => session.download(data).await,
                None => {
                    let url = format!("{url}/bytes/{}", length(number));
                    let options = DownloadOptions::new().to(&path);
                    session.download((url, options)).await
                }
            };
            outcome.unwrap();
        };
        join_all((0..DOWNLOADS).map(one)).await;
    });
    say("done".into());
}

fn begin(origin: &Origin, folder: &Folder) -> Victim {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args([
            "--exact",
            "killed_sessions::child",
            "--ignored",
            "--nocapture",
        ])
        .env(URL, origin.url(""))
        .env(TO, &folder.0);
    Victim::of(child)
}

/// How many files are there; each is the right one.
fn whole(folder: &Folder) -> u64 {
    let is_there = |number: &u64| {
        let found = std::fs::read(folder.path(&format!("file-{number}")));
        let found = found.ok();
        assert!(
            found
                .as_ref()
                .is_none_or(|found| *found == pattern(0..length(*number))),
            "file-{number} is another file"
        );
        found.is_some()
    };
    (0..DOWNLOADS).filter(is_there).count() as u64
}

/// R1 for a session in the foreground: no file is wrong, none is lost, and nothing is left beside them but what a kill has left of a
/// download that was done.
#[test]
fn r1_killed_with_twenty_downloads_all_are_whole_in_the_end() {
    let kills = if is_campaign() { 300 } else { 4 };
    let origin = Origin::spawn().unwrap();
    let (mut folder, mut place) = (Folder::new(), 0x2545_f491_4f6c_dd1d_u64);
    let mut found = [0; DOWNLOADS as usize + 1];
    for _ in 0..kills {
        let mut victim = begin(&origin, &folder);
        assert_eq!(victim.says().as_deref(), Some("begins"));
        place ^= place << 13;
        place ^= place >> 7;
        place ^= place << 17;
        std::thread::sleep(Duration::from_micros(place % 150_000));
        victim.kill();
        let whole = whole(&folder);
        found[whole as usize] += 1;
        // Now and then it is killed again and again.
        if place.is_multiple_of(3) || whole == DOWNLOADS {
            all_come(&origin, &folder);
            folder = Folder::new();
        }
    }
    all_come(&origin, &folder);
    println!("kills with so many of {DOWNLOADS} whole: {found:?}");
}

fn all_come(origin: &Origin, folder: &Folder) {
    begin(origin, folder).ends();
    assert_eq!(whole(folder), DOWNLOADS);
    for name in folder.names() {
        let is_done = name.strip_suffix(".part.resume").unwrap_or(&name);
        assert!(folder.path(is_done).exists(), "{name} is left");
        assert!(
            !name.ends_with(".part") && !name.ends_with(".new"),
            "{name} is left"
        );
    }
}
