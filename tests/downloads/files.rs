//! File systems that refuse, and a session on top of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use urlsession::{
    Body, BoxFuture, Bytes, Configuration, DownloadOptions, Error, ErrorCode, Existing, FileRef,
    FileSink, FileVersion, Files, OpenFile, Platform, Session,
};
use urlsession_origin::faults::How;
use urlsession_origin::{Origin, pattern};

use crate::server::{Fault, serve};
use crate::{Folder, session_in};

/// What is about to be done to files: an error, and it is not done.
pub(crate) type Step = dyn Fn(&str) -> BoxFuture<'static, Result<(), Error>> + Send + Sync;

/// The platform's files, each step of theirs announced.
struct Announced {
    files: Arc<dyn Files>,
    step: Arc<Step>,
}

/// The same platform with each step of its files announced.
pub(crate) fn announced(mut platform: Platform, step: Arc<Step>) -> Platform {
    platform.files = Arc::new(Announced {
        files: platform.files.clone(),
        step,
    });
    platform
}

impl Announced {
    fn then<T: Send + 'static>(
        &self,
        name: String,
        work: BoxFuture<'static, Result<T, Error>>,
    ) -> BoxFuture<'static, Result<T, Error>> {
        let step = (self.step)(&name);
        Box::pin(async move {
            step.await?;
            work.await
        })
    }

    fn sink(
        &self,
        name: String,
        work: BoxFuture<'static, Result<Box<dyn FileSink>, Error>>,
    ) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        let (begun, step) = (self.then(name.clone(), work), self.step.clone());
        Box::pin(async move {
            let sink = begun.await?;
            Ok(Box::new(AnnouncedSink { sink, step, name }) as Box<dyn FileSink>)
        })
    }
}

fn end_of(file: &FileRef) -> String {
    let name = file.path().file_name().unwrap_or_default();
    let name = name.to_string_lossy().into_owned();
    match name.strip_prefix("urlsession-") {
        Some(_) => "temporary".to_owned(),
        None => name,
    }
}

struct AnnouncedSink {
    sink: Box<dyn FileSink>,
    step: Arc<Step>,
    name: String,
}

impl FileSink for AnnouncedSink {
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), Error>> {
        let step = (self.step)(&format!("write, {}", self.name));
        Box::pin(async {
            step.await?;
            self.sink.write(chunk).await
        })
    }

    fn move_to(&mut self, offset: u64) -> bool {
        self.sink.move_to(offset)
    }

    fn sync(&mut self) -> BoxFuture<'_, Result<(), Error>> {
        let step = (self.step)(&format!("sync, {}", self.name));
        Box::pin(async {
            step.await?;
            self.sink.sync().await
        })
    }

    fn finish(&mut self) -> BoxFuture<'_, Result<(), Error>> {
        let step = (self.step)(&format!("finish, {}", self.name));
        Box::pin(async {
            step.await?;
            self.sink.finish().await
        })
    }
}

impl Files for Announced {
    fn read(&self, file: &FileRef, at: u64) -> BoxFuture<'static, Result<Box<dyn Body>, Error>> {
        self.then(format!("read {}", end_of(file)), self.files.read(file, at))
    }

    fn version(&self, file: &FileRef) -> BoxFuture<'static, Result<FileVersion, Error>> {
        self.files.version(file)
    }

    fn create(&self, file: &FileRef) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        self.sink(format!("create {}", end_of(file)), self.files.create(file))
    }

    fn create_new(&self, file: &FileRef) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        self.sink(
            format!("create new {}", end_of(file)),
            self.files.create_new(file),
        )
    }

    fn temporary(&self) -> BoxFuture<'static, Result<OpenFile, Error>> {
        let (made, step) = (self.files.temporary(), self.step.clone());
        Box::pin(async move {
            let name = "create temporary".to_owned();
            step(&name).await?;
            let (file, sink) = made.await?;
            Ok((
                file,
                Box::new(AnnouncedSink { sink, step, name }) as Box<dyn FileSink>,
            ))
        })
    }

    fn temporary_at(&self, name: &str) -> Option<FileRef> {
        self.files.temporary_at(name)
    }

    fn append(
        &self,
        file: &FileRef,
        offset: u64,
    ) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        self.sink(
            format!("append to {}", end_of(file)),
            self.files.append(file, offset),
        )
    }

    fn length(&self, file: &FileRef) -> BoxFuture<'static, Result<u64, Error>> {
        self.then(
            format!("length of {}", end_of(file)),
            self.files.length(file),
        )
    }

    fn rename(
        &self,
        from: &FileRef,
        to: &FileRef,
        existing: Existing,
    ) -> BoxFuture<'static, Result<(), Error>> {
        let name = format!("rename {} to {}", end_of(from), end_of(to));
        self.then(name, self.files.rename(from, to, existing))
    }

    fn remove(&self, file: &FileRef) -> BoxFuture<'static, Result<(), Error>> {
        self.then(format!("remove {}", end_of(file)), self.files.remove(file))
    }
}

/// A session whose file system fails at its step of this number; its name when it was reached.
fn failing_at(folder: &Folder, number: usize, code: i32) -> (Session, Arc<Mutex<Option<String>>>) {
    let configuration = Configuration::default();
    let platform = session_in(&folder.0, configuration.clone())
        .platform()
        .clone();
    let (count, reached) = (AtomicUsize::new(0), Arc::new(Mutex::new(None)));
    let noted = reached.clone();
    let step: Arc<Step> = Arc::new(move |name| {
        let fails = count.fetch_add(1, Ordering::Relaxed) == number;
        if fails {
            *noted.lock().unwrap() = Some(name.to_owned());
        }
        let is_reading = name.starts_with("read") || name.starts_with("length");
        let failure = Error::new(match is_reading {
            true => ErrorCode::CannotOpenFile,
            false => ErrorCode::CannotWriteToFile,
        });
        let failure = failure.with_cause(std::io::Error::from_raw_os_error(code));
        Box::pin(std::future::ready(if fails {
            Err(failure)
        } else {
            Ok(())
        }))
    });
    (
        Session::new(announced(platform, step), configuration),
        reached,
    )
}

/// R4: each call to the file system fails once, for want of space and by a broken disk.
#[tokio::test(flavor = "multi_thread")]
async fn r4_each_call_of_the_file_system_fails_once() {
    const NO_SPACE: i32 = 28;
    const BROKEN: i32 = 5;
    let origin = Origin::spawn().unwrap();
    let url = origin.url("/bytes/100000");
    for to_destination in [false, true] {
        for code in [NO_SPACE, BROKEN] {
            for number in 0.. {
                let folder = Folder::new();
                let (session, reached) = failing_at(&folder, number, code);
                let options = match to_destination {
                    true => DownloadOptions::new().to(folder.path("file")),
                    false => DownloadOptions::new(),
                };
                let outcome = session.download((&*url, options.clone())).await;
                let Some(step) = reached.lock().unwrap().take() else {
                    assert!(outcome.is_ok());
                    assert!(number > 1, "no step at all");
                    break;
                };
                match outcome {
                    // What may fail without harm: a look, and the removal of what has done its service.
                    Ok((file, _)) => {
                        assert!(
                            step.starts_with("length") || step.starts_with("remove"),
                            "{step}"
                        );
                        assert!(std::fs::read(file.path()).unwrap() == pattern(0..100_000));
                    }
                    Err(error) => {
                        assert!(
                            matches!(
                                error.code(),
                                ErrorCode::CannotWriteToFile | ErrorCode::CannotOpenFile
                            ),
                            "{step}: {error:?}"
                        );
                        assert!(error.resume_data().is_none(), "{step}");
                        assert_eq!(folder.names(), Vec::<String>::new(), "{step}");
                        // Later ones work.
                        let (file, _) = session.download((&*url, options)).await.unwrap();
                        assert!(std::fs::read(file.path()).unwrap() == pattern(0..100_000));
                    }
                }
            }
        }
    }
}

/// Row 41: an error leaves what was there, and removes only what was made.
#[tokio::test(flavor = "multi_thread")]
async fn security_41_an_error_takes_no_file_of_others() {
    let body: Bytes = pattern(0..100_000).into();
    let (origin, folder) = (serve(body, Fault::Cut(0, How::Close)), Folder::new());
    std::fs::write(folder.path("file"), "mine").unwrap();
    let session = session_in(&folder.0, Configuration::default());
    let options = DownloadOptions::new().to(folder.path("file")).replacing();
    for cut in [0, 20, 500, 50_000] {
        let url = origin.url(&format!("/{cut}"));
        let task = session.download_task((url, options.clone()));
        task.resume();
        assert!(task.finished().await.is_err());
        task.cancel();
        assert_eq!(std::fs::read(folder.path("file")).unwrap(), b"mine");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_missing_or_forbidden_is_an_error() {
    let (origin, folder) = (Origin::spawn().unwrap(), Folder::new());
    let session = session_in(&folder.0, Configuration::default());
    std::fs::write(folder.path("plain"), "").unwrap();
    for path in ["missing/file", "plain/file", "tmp"] {
        let options = DownloadOptions::new().to(folder.path(path)).replacing();
        let failed = session
            .download((origin.url("/bytes/1000"), options))
            .await
            .unwrap_err();
        assert_eq!(failed.code(), ErrorCode::CannotCreateFile, "{path}");
    }
    assert_eq!(folder.names(), ["plain"]);
    let session = session_in(&folder.path("nowhere"), Configuration::default());
    let failed = session
        .download(origin.url("/bytes/1000"))
        .await
        .unwrap_err();
    assert_eq!(failed.code(), ErrorCode::CannotCreateFile);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_file_is_its_users_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (origin, folder) = (Origin::spawn().unwrap(), Folder::new());
    let session = session_in(&folder.0, Configuration::default());
    let (file, _) = session.download(origin.url("/bytes/1000")).await.unwrap();
    let mode = std::fs::metadata(file.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// Two downloads to one destination: one of them, whole, and the other an error.
#[tokio::test(flavor = "multi_thread")]
async fn two_downloads_do_not_mix_in_one_file() {
    let (origin, folder) = (Origin::spawn().unwrap(), Folder::new());
    for round in 0..20 {
        let to = folder.path(&format!("file-{round}"));
        let begin = async || {
            let session = session_in(&folder.0, Configuration::default());
            let options = DownloadOptions::new().to(&to).replacing();
            session
                .download((origin.url("/bytes/2000000"), options))
                .await
        };
        let (a, b) = tokio::join!(begin(), begin());
        assert!(a.is_ok() || b.is_ok(), "{a:?} {b:?}");
        assert!(std::fs::read(&to).unwrap() == pattern(0..2_000_000));
    }
    assert_eq!(folder.names().len(), 20);
}

/// A crash may leave the partial file's name to a file that has got its final one, where that takes two steps: what comes next does not write there.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_partial_name_of_a_file_that_is_whole_is_not_written_under() {
    let (origin, folder) = (Origin::spawn().unwrap(), Folder::new());
    let body: Bytes = pattern(0..100_000).into();
    let cut = serve(body, Fault::Cut(50_000, How::Close));
    let to = folder.path("file");
    for goes_on in [false, true] {
        let session = session_in(&folder.0, Configuration::default());
        let options = || DownloadOptions::new().to(&to).replacing();
        let lost = session
            .download((cut.url("/"), options()))
            .await
            .unwrap_err();
        std::fs::copy(folder.path("file.part"), folder.path("whole")).unwrap();
        std::fs::remove_file(folder.path("file.part")).unwrap();
        std::fs::hard_link(folder.path("whole"), folder.path("file.part")).unwrap();
        let before = std::fs::read(folder.path("whole")).unwrap();
        match goes_on {
            true => {
                let data = lost.resume_data().cloned().unwrap();
                session.download((data, options())).await.map(drop)
            }
            false => {
                let url = origin.url("/bytes/100000");
                session.download((url, options())).await.map(drop)
            }
        }
        .unwrap_or_else(|error| assert!(goes_on, "{error:?}"));
        assert!(std::fs::read(folder.path("whole")).unwrap() == before);
        std::fs::remove_file(folder.path("whole")).unwrap();
        let _ = std::fs::remove_file(&to);
    }
}
