//! What JavaScript holds: by number, never by pointer.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::thread::LocalKey;

/// Things that are called by numbers. A number is used once; who asks for one that is gone gets nothing.
pub(crate) type Table<T> = RefCell<BTreeMap<u32, T>>;

/// A clone of the thing of this number. The table is free again when it is used: what is called on it may come back here.
pub(crate) fn get<T: Clone>(table: &'static LocalKey<Table<T>>, number: u32) -> Option<T> {
    table.with(|table| table.borrow().get(&number).cloned())
}

/// Puts a thing in; what had the number goes once the table is free.
pub(crate) fn put<T>(table: &'static LocalKey<Table<T>>, number: u32, thing: T) {
    let before = table.with(|table| table.borrow_mut().insert(number, thing));
    drop(before);
}

/// Takes a thing out.
pub(crate) fn take<T>(table: &'static LocalKey<Table<T>>, number: u32) -> Option<T> {
    table.with(|table| table.borrow_mut().remove(&number))
}
