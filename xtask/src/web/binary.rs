//! WebAssembly's numbers and texts.

/// Reads on from a place in a module.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'m> {
    module: &'m [u8],
    pub(crate) at: usize,
}

impl<'m> Reader<'m> {
    pub(crate) fn new(module: &'m [u8], at: usize) -> Self {
        Self { module, at }
    }

    pub(crate) fn byte(&mut self) -> Result<u8, String> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'m [u8], String> {
        let end = self.at.checked_add(count);
        let bytes = end.and_then(|end| self.module.get(self.at..end));
        let bytes =
            bytes.ok_or_else(|| format!("the module ends within what is at {}", self.at))?;
        self.at += count;
        Ok(bytes)
    }

    /// An unsigned number (LEB128) of at most 32 bits.
    pub(crate) fn number(&mut self) -> Result<usize, String> {
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(value).map_err(|error| error.to_string());
            }
        }
        Err(format!("a number is too long before {}", self.at))
    }

    /// Passes over a number of any size and kind.
    pub(crate) fn skip_number(&mut self) -> Result<(), String> {
        while self.byte()? & 0x80 != 0 {}
        Ok(())
    }

    pub(crate) fn text(&mut self) -> Result<&'m str, String> {
        let length = self.number()?;
        std::str::from_utf8(self.take(length)?).map_err(|error| error.to_string())
    }
}

/// Writes an unsigned number (LEB128).
pub(crate) fn write_number(to: &mut Vec<u8>, mut value: usize) {
    while value > 0x7f {
        to.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u32::MAX as usize] {
            let mut bytes = Vec::new();
            write_number(&mut bytes, number);
            assert_eq!(Reader::new(&bytes, 0).number(), Ok(number));
        }
        assert!(Reader::new(&[0x80], 0).number().is_err());
        assert!(Reader::new(&[0xff; 9], 0).number().is_err());
    }
}
