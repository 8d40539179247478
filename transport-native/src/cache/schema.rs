//! How the database is opened, and what it holds.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

/// Marks a file as one of this store's, in SQLite's header (`urlc`).
const APPLICATION: i64 = 0x7572_6c63;

/// The form of what stands here. A database of another one, older or newer, is not read: the cache begins anew.
const VERSION: i64 = 1;

/// How long the writer waits for another program's transaction. Those are short.
const PATIENCE: Duration = Duration::from_secs(5);

/// A record's body is apart from it, so that a head is written without it. `used` is in microseconds since 1970, as `stored_at` is.
const TABLES: &str = "
    CREATE TABLE record (
        id INTEGER PRIMARY KEY,
        key_hash INTEGER NOT NULL,
        key TEXT NOT NULL,
        head BLOB NOT NULL,
        length INTEGER NOT NULL,
        in_file INTEGER NOT NULL,
        body_sum INTEGER NOT NULL,
        stored_at INTEGER NOT NULL,
        seal INTEGER NOT NULL,
        size INTEGER NOT NULL,
        used INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX record_by_key ON record (key_hash);
    CREATE INDEX record_by_use ON record (used, size);
    CREATE TABLE body (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
    CREATE TABLE total (bytes INTEGER NOT NULL) STRICT;
    INSERT INTO total VALUES (0);
";

/// Opens the database for the thread that writes, and makes it if the file is empty.
pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(PATIENCE)?;
    // Before the first page is written, or it is too late.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // What a broken machine loses of the log is whole transactions, the latest.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // The log is moved into the index between two transactions, after the bodies are known to be on the disk.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", 4 * 1024 * 1024)?;
    create(&mut connection)?;
    Ok(connection)
}

/// Opens the database for a thread that must not wait.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // Else a statement is prepared anew whenever other values are bound to it, in case they would have it run another way.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    if marks(connection)? == (APPLICATION, VERSION) {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let marks = marks(&transaction)?;
    if marks == (APPLICATION, VERSION) {
        return Ok(());
    }
    let empty = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0));
    if (marks, empty?) != ((0, 0), 0_i64) {
        return Err(rusqlite::Error::InvalidQuery);
    }
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

fn marks(connection: &Connection) -> rusqlite::Result<(i64, i64)> {
    let mark = |name| connection.pragma_query_value(None, name, |row| row.get(0));
    Ok((mark("application_id")?, mark("user_version")?))
}

/// What an error of the database means for the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// What the file holds is of no use: it is made anew.
    Broken,
    /// The file is not in its place any more: another is opened.
    Moved,
    /// The disk is full, or does not do what it is told.
    Disk,
    /// Others are at it for longer than one waits.
    Busy,
    /// The one statement is against a rule: an id that is taken.
    Refused,
}

/// Sorts an error of the database.
pub(super) fn trouble(error: &rusqlite::Error) -> Trouble {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "rusqlite adds codes; what is none of SQLite's is found in what it holds"
    )]
    match error.sqlite_error() {
        Some(error) => match error.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Trouble::Busy,
            ErrorCode::ConstraintViolation => Trouble::Refused,
            ErrorCode::ReadOnly if error.extended_code == MOVED => Trouble::Moved,
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::OutOfMemory
            | ErrorCode::NoLargeFileSupport
            | ErrorCode::FileLockingProtocolFailed => Trouble::Disk,
            _ => Trouble::Broken,
        },
        None => Trouble::Broken,
    }
}

/// `SQLITE_READONLY_DBMOVED`
const MOVED: i32 = rusqlite::ffi::SQLITE_READONLY_DBMOVED;
