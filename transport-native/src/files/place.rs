//! Names of files: new ones, temporary ones, moved and removed ones. All of it blocks.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use urlsession_core::Existing;

/// What the names of temporary files begin with.
const PREFIX: &str = "urlsession-";

/// How long what follows is: 128 bits in hexadecimal digits.
const DIGITS: usize = 32;

/// A name that nobody else has.
pub(super) fn temporary_name() -> String {
    let half = || RandomState::new().hash_one(PREFIX);
    format!("{PREFIX}{:016x}{:016x}", half(), half())
}

/// True for what [`temporary_name`] gives, and for nothing that leads elsewhere.
pub(super) fn is_temporary_name(name: &str) -> bool {
    let digits = name.strip_prefix(PREFIX).unwrap_or_default();
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    digits.len() == DIGITS && digits.bytes().all(is_digit)
}

/// A new file where none was, locked for whoever made it. `is_private`: only its user can read it.
pub(super) fn create_new(path: &Path, is_private: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if is_private {
        keep_private(&mut options);
    }
    let file = options.open(path)?;
    lock(&file)?;
    Ok(file)
}

/// The file at `path`, locked, and cut off at `offset`, where the cursor stands.
pub(super) fn append(path: &Path, offset: u64) -> io::Result<File> {
    // Looked at before it is opened: to open a pipe that nobody reads from never ends.
    let before = fs::symlink_metadata(path)?;
    if !before.is_file() {
        return Err(io::Error::other("no plain file"));
    }
    let mut file = OpenOptions::new().write(true).open(path)?;
    lock(&file)?;
    let facts = file.metadata()?;
    // Whoever had the lock before may have given the file its final name meanwhile.
    if !is_same(&facts, &fs::symlink_metadata(path)?) {
        return Err(io::Error::other("another file has its name now"));
    }
    if has_another_name(&facts) {
        // It got its final name, and a crash has left this one: what is written under it would be written to a file that is whole.
        fs::remove_file(path)?;
        return Err(io::ErrorKind::NotFound.into());
    }
    if facts.len() < offset {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    file.set_len(offset)?;
    file.seek(SeekFrom::Start(offset))?;
    Ok(file)
}

#[cfg(unix)]
fn has_another_name(facts: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(facts) > 1
}

#[cfg(not(unix))]
fn has_another_name(_: &Metadata) -> bool {
    false
}

fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(fs::TryLockError::WouldBlock) => Err(io::ErrorKind::ResourceBusy.into()),
        // A file system without locks.
        Err(fs::TryLockError::Error(error)) if is_unsupported(&error) => Ok(()),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

/// Gives the file at `from` the name `to`, its content durable first.
pub(super) fn rename(from: &Path, to: &Path, existing: Existing) -> io::Result<()> {
    if !fs::symlink_metadata(from)?.is_file() {
        return Err(io::Error::other("no plain file"));
    }
    File::open(from)?.sync_all()?;
    match put(from, to, existing) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => carry(from, to, existing)?,
        other => other?,
    }
    sync_folder(to);
    Ok(())
}

fn put(from: &Path, to: &Path, existing: Existing) -> io::Result<()> {
    match existing {
        Existing::Replace => fs::rename(from, to),
        Existing::Refuse => match rename_where_none_is(from, to) {
            Err(error) if is_unknown(&error) => put_by_link(from, to),
            other => other,
        },
    }
}

/// In one step, where the system knows how.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn rename_where_none_is(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn rename_where_none_is(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Of a system or a file system that does not know how: where only the file system does not, the flag is called invalid.
fn is_unknown(error: &io::Error) -> bool {
    is_unsupported(error) || error.kind() == io::ErrorKind::InvalidInput
}

/// Of what the file system has not got. Apple's systems say so by two numbers, of which the standard library need not know both.
fn is_unsupported(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported || is_not_supported(error)
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn is_not_supported(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::NOTSUP.raw_os_error())
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn is_not_supported(_: &io::Error) -> bool {
    false
}

/// In two: between them the file has both names, which [`append`] knows how to take.
fn put_by_link(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(error) if has_no_links(&error) => put_without_links(from, to),
        Err(error) => Err(error),
    }
}

/// FAT and some network file systems have none.
fn has_no_links(error: &io::Error) -> bool {
    is_unsupported(error) || error.kind() == io::ErrorKind::PermissionDenied
}

fn put_without_links(from: &Path, to: &Path) -> io::Result<()> {
    match fs::symlink_metadata(to) {
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::rename(from, to),
        Err(error) => Err(error),
    }
}

/// To another file system: a copy beside `to` gets the name once it is whole.
fn carry(from: &Path, to: &Path, existing: Existing) -> io::Result<()> {
    let beside = beside(to);
    let mut copy = create_new(&beside, true)?;
    let carried = io::copy(&mut File::open(from)?, &mut copy)
        .and_then(|_| copy.set_permissions(fs::metadata(from)?.permissions()))
        .and_then(|()| copy.sync_all())
        .and_then(|()| put(&beside, to, existing));
    if let Err(error) = carried {
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    fs::remove_file(from)
}

fn beside(to: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(temporary_name());
    to.with_file_name(name)
}

/// Makes the name durable. Where folders cannot be opened, the file system sees to that by itself, or nobody can.
fn sync_folder(of: &Path) {
    let folder = match of.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return,
    };
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(unix)]
fn keep_private(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn keep_private(_: &mut OpenOptions) {}

#[cfg(unix)]
fn is_same(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// An open file cannot be renamed or replaced here.
#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    true
}
