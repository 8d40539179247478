//! Buffers that files are read into.

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::{Arc, Mutex, PoisonError};

/// The size of a chunk read from a file, in bytes.
pub(crate) const CHUNK: usize = 256 * 1024;

/// Where a buffer begins, in bytes: kernels copy faster to where a page begins (512 MiB sent: 0.85 of the CPU).
const ALIGNMENT: usize = 4096;

/// How many buffers wait for their next use, at most: 2 MiB.
const SPARE_BUFFERS: usize = 8;

/// Buffers that come back when the last chunk made of them is gone: fresh ones of this size cost a page fault per page.
#[derive(Debug, Default)]
pub(crate) struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    pub(crate) fn take(home: &Arc<Self>) -> Buffer {
        let spare = home.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Buffer {
            room: spare.unwrap_or_else(|| vec![0; CHUNK + ALIGNMENT]),
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
        let room = self.room(want);
        let mut length = 0;
        while length < want {
            match file.read(&mut room[length..]) {
                Ok(0) => break,
                Ok(count) => length += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.length = length;
        Ok(())
    }

    /// Room for `want` bytes, from the buffer's beginning.
    fn room(&mut self, want: usize) -> &mut [u8] {
        if self.room.len() < want + ALIGNMENT {
            self.room.resize(want + ALIGNMENT, 0);
        }
        let start = self.start();
        &mut self.room[start..start + want]
    }

    fn start(&self) -> usize {
        self.room.as_ptr().align_offset(ALIGNMENT)
    }

    /// Reads up to `want` bytes, as far as they are in memory already. False when none are, or none can be told.
    #[cfg(target_os = "linux")]
    pub(crate) fn fill_at_once(&mut self, file: &File, want: usize) -> bool {
        use rustix::io::{ReadWriteFlags, preadv2};
        /// Where the cursor stands, which moves.
        const AT_CURSOR: u64 = u64::MAX;
        let room = &mut [io::IoSliceMut::new(self.room(want))];
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
        let start = self.start();
        &self.room[start..start + self.length]
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
