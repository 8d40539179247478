//! Buffers that files are read into.

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::{Arc, Mutex, PoisonError};

/// The size of a chunk read from a file, in bytes.
pub(crate) const CHUNK: usize = 256 * 1024;

/// How many buffers wait for their next use, at most: 2 MiB.
const SPARE_BUFFERS: usize = 8;

/// Buffers that come back when the last chunk made of them is gone: fresh ones of this size cost a page fault per page.
#[derive(Debug, Default)]
pub(crate) struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    pub(crate) fn take(home: &Arc<Self>) -> Buffer {
        let spare = home.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Buffer {
            room: spare.unwrap_or_else(|| vec![0; CHUNK]),
            length: 0,
            home: Arc::clone(home),
        }
    }
}

/// Room for a chunk, and what is in it.
#[derive(Debug)]
pub(crate) struct Buffer {
    room: Vec<u8>,
    length: usize,
    home: Arc<Buffers>,
}

impl Buffer {
    /// Reads `want` bytes from where the file's cursor stands; fewer only at the file's end.
    pub(crate) fn fill(&mut self, mut file: &File, want: usize) -> io::Result<()> {
        self.length = 0;
        self.make_room(want);
        while self.length < want {
            match file.read(&mut self.room[self.length..want]) {
                Ok(0) => break,
                Ok(count) => self.length += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn make_room(&mut self, want: usize) {
        if self.room.len() < want {
            self.room.resize(want, 0);
        }
    }

    /// Reads up to `want` bytes, as far as they are in memory already. False when none are, or none can be told.
    #[cfg(target_os = "linux")]
    pub(crate) fn fill_at_once(&mut self, file: &File, want: usize) -> bool {
        use rustix::io::{ReadWriteFlags, preadv2};
        /// Where the cursor stands, which moves.
        const AT_CURSOR: u64 = u64::MAX;
        self.make_room(want);
        let room = &mut [io::IoSliceMut::new(&mut self.room[..want])];
        self.length = preadv2(file, room, AT_CURSOR, ReadWriteFlags::NOWAIT).unwrap_or(0);
        self.length > 0
    }

    /// No other system tells.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn fill_at_once(&mut self, _: &File, _: usize) -> bool {
        false
    }

    /// How much is in it, in bytes.
    pub(crate) fn length(&self) -> usize {
        self.length
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.room[..self.length]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut spare = self.home.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARE_BUFFERS {
            spare.push(std::mem::take(&mut self.room));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_memory_is_read_at_once_and_the_rest_from_there_on() {
        let path = std::env::temp_dir().join(format!("urlsession-buffers-{}", std::process::id()));
        let content: Vec<u8> = (0..300_000_u32).map(|number| number as u8).collect();
        std::fs::write(&path, &content).unwrap();
        let (file, home) = (File::open(&path).unwrap(), Arc::default());
        let mut buffer = Buffers::take(&home);
        let at_once = match buffer.fill_at_once(&file, 1000) {
            true => buffer.as_ref().to_vec(),
            false => Vec::new(),
        };
        buffer.fill(&file, CHUNK).unwrap();
        let mut found = [&at_once, buffer.as_ref()].concat();
        buffer.fill(&file, CHUNK).unwrap();
        found.extend_from_slice(buffer.as_ref());
        assert!(!buffer.fill_at_once(&file, 1000), "the file has ended");
        std::fs::remove_file(path).unwrap();
        assert!(found == content);
    }
}
