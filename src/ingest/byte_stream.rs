//! A stream read byte by byte through a buffer, with the line it has come to.

use std::io::{self, Read};

const BUFFER: usize = 64 << 10;

pub(super) struct ByteStream<R> {
    reader: R,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    /// From 1.
    pub line: u64,
}

impl<R: Read> ByteStream<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, buffer: vec![0; BUFFER], at: 0, filled: 0, line: 1 }
    }

    /// The next byte, which stays the next one; `None` at the end.
    pub(super) fn peek(&mut self) -> io::Result<Option<u8>> {
        while self.at == self.filled {
            match self.reader.read(&mut self.buffer) {
                Ok(0) => return Ok(None),
                Ok(n) => (self.at, self.filled) = (0, n),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(Some(self.buffer[self.at]))
    }

    /// Go past the byte that was peeked at.
    pub(super) fn skip(&mut self) {
        self.line += u64::from(self.buffer[self.at] == b'\n');
        self.at += 1;
    }

    /// Go past all that was read from the source so far.
    pub(super) fn skip_buffer(&mut self) {
        self.at = self.filled;
    }
}
