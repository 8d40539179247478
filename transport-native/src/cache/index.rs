//! The statements.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, params};
use urlsession_core::{CacheRecord, CacheRecordId};

use super::record::{self, Row};

/// What a look-up came to.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What is whole, the latest first.
    pub(super) records: Vec<CacheRecord>,
    /// What is not, to be taken out.
    pub(super) broken: Vec<i64>,
}

/// Where a body is.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// Here.
    Inline(Bytes),
    /// In the record's file; its length in bytes.
    File(u64),
}

const FIND: &str = "
    SELECT r.id, r.key, r.head, r.length, r.in_file, r.body_sum, r.stored_at, r.seal, b.bytes
    FROM record AS r LEFT JOIN body AS b ON b.id = r.id WHERE r.key_hash = ?1";

const GET: &str = "
    SELECT r.id, r.key, r.head, r.length, r.in_file, r.body_sum, r.stored_at, r.seal, b.bytes
    FROM record AS r LEFT JOIN body AS b ON b.id = r.id WHERE r.id = ?1";

/// Every record of a key.
pub(super) fn find(connection: &Connection, key: &str) -> rusqlite::Result<Found> {
    let mut statement = connection.prepare_cached(FIND)?;
    let mut rows = statement.query([record::key_hash(key)])?;
    let mut found = Found::default();
    let mut ages = Vec::new();
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        match read(row) {
            Ok(Some((row, _))) if row.key != key => {}
            Ok(Some((row, body))) => {
                ages.push((row.stored_at, id));
                found.records.push(CacheRecord {
                    id: CacheRecordId(id),
                    head: Bytes::copy_from_slice(row.head),
                    length: row.length,
                    body: body.map(Bytes::copy_from_slice),
                });
            }
            Ok(None) | Err(_) => found.broken.push(id),
        }
    }
    if found.records.len() > 1 {
        sort_latest_first(&mut found.records, ages);
    }
    Ok(found)
}

fn sort_latest_first(records: &mut [CacheRecord], ages: Vec<(i64, i64)>) {
    records.sort_by_cached_key(|record| {
        let age = ages.iter().find(|(_, id)| *id == record.id.0);
        std::cmp::Reverse(age.copied())
    });
}

/// Where the body of a record is; an error in its place where the record is not whole.
pub(super) fn place(
    connection: &Connection,
    id: i64,
) -> rusqlite::Result<Option<Result<Place, NotWhole>>> {
    let mut statement = connection.prepare_cached(GET)?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let place = match read(row) {
        Ok(Some((_, Some(body)))) => Ok(Place::Inline(Bytes::copy_from_slice(body))),
        Ok(Some((row, None))) => Ok(Place::File(row.length)),
        Ok(None) | Err(_) => Err(NotWhole),
    };
    Ok(Some(place))
}

/// The mark of a record whose bytes are not those that were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotWhole;

/// A row, and its body if that is in the index.
type Whole<'row> = (Row<'row>, Option<&'row [u8]>);

/// A row of [`FIND`]; `None` where it is not whole.
fn read<'row>(row: &'row rusqlite::Row<'_>) -> rusqlite::Result<Option<Whole<'row>>> {
    let (key, head, body) = (row.get_ref(1)?, row.get_ref(2)?, row.get_ref(8)?);
    let (Ok(key), Ok(head), Ok(body)) = (key.as_str(), head.as_bytes(), body.as_bytes_or_null())
    else {
        return Ok(None);
    };
    let read = Row {
        id: row.get(0)?,
        key,
        head,
        length: row.get::<_, i64>(3)?.cast_unsigned(),
        in_file: row.get(4)?,
        body_sum: row.get(5)?,
        stored_at: row.get(6)?,
    };
    let whole = row.get::<_, i64>(7)? == read.seal() && body_is_whole(&read, body);
    Ok(whole.then_some((read, body)))
}

fn body_is_whole(row: &Row<'_>, body: Option<&[u8]>) -> bool {
    match (row.in_file, body) {
        (true, None) => true,
        (false, Some(body)) => {
            body.len() as u64 == row.length && record::body_sum(row.id, body) == row.body_sum
        }
        (true, Some(_)) | (false, None) => false,
    }
}

/// Adds a record, as used at `used`. An error where its id is taken.
pub(super) fn insert(
    connection: &Connection,
    row: &Row<'_>,
    body: Option<&[u8]>,
    used: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO record (id, key_hash, key, head, length, in_file, body_sum, stored_at, seal, size, used)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            row.id,
            record::key_hash(row.key),
            row.key,
            row.head,
            row.length.cast_signed(),
            row.in_file,
            row.body_sum,
            row.stored_at,
            row.seal(),
            row.size().cast_signed(),
            used
        ])?;
    if let Some(body) = body {
        connection
            .prepare_cached("INSERT OR REPLACE INTO body (id, bytes) VALUES (?1, ?2)")?
            .execute(params![row.id, body])?;
    }
    add(connection, row.size().cast_signed())
}

/// Writes a head anew. False where there is no such record.
pub(super) fn update(connection: &Connection, id: i64, head: &[u8]) -> rusqlite::Result<bool> {
    let mut select = connection.prepare_cached(
        "SELECT key, head, length, in_file, body_sum, stored_at, seal FROM record WHERE id = ?1",
    )?;
    let mut rows = select.query([id])?;
    let Some(row) = rows.next()? else {
        return Ok(false);
    };
    let (Ok(key), Ok(old_head)) = (row.get_ref(0)?.as_str(), row.get_ref(1)?.as_bytes()) else {
        return Ok(false);
    };
    let old = Row {
        id,
        key,
        head: old_head,
        length: row.get::<_, i64>(2)?.cast_unsigned(),
        in_file: row.get(3)?,
        body_sum: row.get(4)?,
        stored_at: row.get(5)?,
    };
    // A broken record is not to become a whole one.
    if old.seal() != row.get::<_, i64>(6)? {
        return Ok(false);
    }
    let new = Row { head, ..old };
    let growth = new.size().cast_signed() - old.size().cast_signed();
    connection
        .prepare_cached("UPDATE record SET head = ?2, seal = ?3, size = ?4 WHERE id = ?1")?
        .execute(params![id, head, new.seal(), new.size().cast_signed()])?;
    add(connection, growth)?;
    Ok(true)
}

/// Sets when a record was last used.
pub(super) fn touch(connection: &Connection, id: i64, used: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE record SET used = ?2 WHERE id = ?1 AND used < ?2")?
        .execute([id, used])
        .map(drop)
}

/// Takes a record out. True when its body is in a file.
pub(super) fn remove(connection: &Connection, id: i64) -> rusqlite::Result<bool> {
    let removed: Option<(i64, bool)> = connection
        .prepare_cached("DELETE FROM record WHERE id = ?1 RETURNING size, in_file")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((size, in_file)) = removed else {
        return Ok(false);
    };
    connection
        .prepare_cached("DELETE FROM body WHERE id = ?1")?
        .execute([id])?;
    add(connection, -size)?;
    Ok(in_file)
}

/// Takes everything out.
pub(super) fn remove_all(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("DELETE FROM record; DELETE FROM body; UPDATE total SET bytes = 0;")
}

/// The records of a key. Those of another one with the same hash go with them.
pub(super) fn of_key(connection: &Connection, key: &str) -> rusqlite::Result<Vec<i64>> {
    connection
        .prepare_cached("SELECT id FROM record WHERE key_hash = ?1")?
        .query_map([record::key_hash(key)], |row| row.get(0))?
        .collect()
}

/// The records whose keys begin so. Every record is looked at.
pub(super) fn of_prefix(connection: &Connection, prefix: &str) -> rusqlite::Result<Vec<i64>> {
    connection
        .prepare_cached("SELECT id FROM record WHERE substr(key, 1, length(?1)) = ?1")?
        .query_map([prefix], |row| row.get(0))?
        .collect()
}

/// The records stored at `time` or later.
pub(super) fn since(connection: &Connection, time: i64) -> rusqlite::Result<Vec<i64>> {
    connection
        .prepare_cached("SELECT id FROM record WHERE stored_at >= ?1")?
        .query_map([time], |row| row.get(0))?
        .collect()
}

/// Some of the records that were used the longest ago.
pub(super) fn least_used(connection: &Connection) -> rusqlite::Result<Vec<(i64, u64)>> {
    connection
        .prepare_cached("SELECT id, size FROM record ORDER BY used LIMIT 32")?
        .query_map([], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.max(0).cast_unsigned()))
        })?
        .collect()
}

/// True when there is a record with a file of this name.
pub(super) fn has_file(connection: &Connection, id: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM record WHERE id = ?1 AND in_file")?
        .exists([id])
}

/// How many bytes all records count for.
pub(super) fn total(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT bytes FROM total")?
        .query_row([], |row| row.get::<_, i64>(0))
        .map(|bytes| bytes.max(0).cast_unsigned())
}

/// How many bytes all records count for, counted.
pub(super) fn sum(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT ifnull(sum(size), 0) FROM record")?
        .query_row([], |row| row.get::<_, i64>(0))
        .map(|bytes| bytes.max(0).cast_unsigned())
}

/// Counts all records anew.
pub(super) fn recount(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("UPDATE total SET bytes = (SELECT ifnull(sum(size), 0) FROM record)")
}

fn add(connection: &Connection, bytes: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE total SET bytes = bytes + ?1")?
        .execute([bytes])
        .map(drop)
}
