//! What JavaScript holds: by number, never by pointer.

use std::cell::RefCell;
use std::thread::LocalKey;

/// Things that are called by numbers, in their order. A number is used once; who asks for one that is gone gets nothing.
pub(crate) type Table<T> = RefCell<Vec<(u32, T)>>;

fn place<T>(things: &[(u32, T)], number: u32) -> Result<usize, usize> {
    things.binary_search_by_key(&number, |(number, _)| *number)
}

/// A clone of the thing of this number. The table is free again when it is used: what is called on it may come back here.
pub(crate) fn get<T: Clone>(table: &'static LocalKey<Table<T>>, number: u32) -> Option<T> {
    table.with(|table| {
        let things = table.borrow();
        let at = place(&things, number).ok()?;
        things.get(at).map(|(_, thing)| thing.clone())
    })
}

/// Puts a thing in, under a number that had none. One that has it stays.
pub(crate) fn put<T>(table: &'static LocalKey<Table<T>>, number: u32, thing: T) {
    let left = table.with(|table| {
        let mut things = table.borrow_mut();
        match place(&things, number) {
            Ok(_) => Some(thing),
            Err(at) => {
                things.insert(at, (number, thing));
                None
            }
        }
    });
    drop(left);
}

/// Takes a thing out.
pub(crate) fn take<T>(table: &'static LocalKey<Table<T>>, number: u32) -> Option<T> {
    table.with(|table| {
        let mut things = table.borrow_mut();
        let at = place(&things, number).ok()?;
        Some(things.remove(at).1)
    })
}
