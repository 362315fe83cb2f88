//! A stream of bytes → records of bounded size, each with its line number.
//!
//! A reader for clean CSV may take everything after a stray quotation mark for one endless field. Here
//! a quoted field may span lines only within [`MOST_OPEN_LINES`] and [`MOST_OPEN_BYTES`]; beyond that the
//! *first* line alone is given up and reading goes on with the second. A line longer than
//! [`LONGEST_LINE`] is skipped to its end. So a broken row costs itself, and memory stays bounded.

use std::io::{self, Read};

pub(super) const LONGEST_LINE: usize = 1 << 20;
const MOST_OPEN_BYTES: usize = 128 << 10;
const MOST_OPEN_LINES: u64 = 200;
/// How much of a line that is too long is kept to show.
const KEPT: usize = 300;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Whole,
    TooLong,
    /// A quotation mark opens a field and none closes it.
    OpenQuote,
}

/// Where the record stands in the buffer; valid until the next call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    /// From 1; the first line of the record.
    pub line: u64,
    pub shape: Shape,
    start: usize,
    end: usize,
}

pub(super) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Where the next record starts, and where the bytes read so far end.
    start: usize,
    filled: usize,
    at_end: bool,
    lines_read: u64,
}

enum Newline {
    /// Position of the newline, or of the end of the input.
    At(usize),
    TooFar,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, buffer: vec![0; 256 << 10], start: 0, filled: 0, at_end: false, lines_read: 0 }
    }

    pub(super) fn bytes(&self, record: Record) -> &[u8] {
        let bytes = &self.buffer[record.start..record.end];
        bytes.strip_suffix(b"\r").unwrap_or(bytes)
    }

    /// What is read already and not yet given: the beginning of what comes.
    pub(super) fn ahead(&self) -> &[u8] {
        &self.buffer[self.start..self.filled]
    }

    /// The next record that is not blank. With a delimiter, quoted fields may span lines.
    pub(super) fn next(&mut self, delimiter: Option<u8>) -> io::Result<Option<Record>> {
        loop {
            self.make_room();
            if self.start == self.filled && !self.fill()? {
                return Ok(None);
            }
            let record = self.one(delimiter)?;
            let blank = record.shape == Shape::Whole && self.bytes(record).iter().all(|b| *b == b' ' || *b == b'\r');
            if !blank {
                return Ok(Some(record));
            }
        }
    }

    fn one(&mut self, delimiter: Option<u8>) -> io::Result<Record> {
        let (start, line) = (self.start, self.lines_read + 1);
        let mut from = start;
        let mut first_end = None;
        let mut quotes = Quotes::default();
        let mut lines = 0;
        loop {
            let end = match self.newline(from)? {
                Newline::At(end) => end,
                Newline::TooFar => match first_end {
                    Some(end) => return Ok(self.give_up(line, start, end)),
                    None => return self.skip_line(line),
                },
            };
            lines += 1;
            if let Some(delimiter) = delimiter {
                quotes.feed(&self.buffer[from..end], delimiter);
            }
            if !quotes.open {
                self.start = (end + 1).min(self.filled);
                self.lines_read += lines;
                return Ok(Record { line, shape: Shape::Whole, start, end });
            }
            let first = *first_end.get_or_insert(end);
            if end == self.filled || end - start > MOST_OPEN_BYTES || lines >= MOST_OPEN_LINES {
                return Ok(self.give_up(line, start, first));
            }
            from = end + 1;
        }
    }

    fn give_up(&mut self, line: u64, start: usize, end: usize) -> Record {
        self.start = (end + 1).min(self.filled);
        self.lines_read += 1;
        Record { line, shape: Shape::OpenQuote, start, end }
    }

    /// The newline at or after `from`, reading on as long as the line may still end in time.
    fn newline(&mut self, from: usize) -> io::Result<Newline> {
        let mut at = from;
        loop {
            if let Some(offset) = self.buffer[at..self.filled].iter().position(|b| *b == b'\n') {
                return Ok(Newline::At(at + offset));
            }
            at = self.filled;
            if at - from > LONGEST_LINE {
                return Ok(Newline::TooFar);
            }
            if !self.fill()? {
                return Ok(Newline::At(self.filled));
            }
        }
    }

    /// Keep the beginning of the line that starts the buffer and read past its end.
    fn skip_line(&mut self, line: u64) -> io::Result<Record> {
        let start = self.start;
        let end = start + KEPT;
        self.filled = end;
        loop {
            if !self.fill()? {
                break;
            }
            if let Some(offset) = self.buffer[end..self.filled].iter().position(|b| *b == b'\n') {
                self.start = end + offset + 1;
                self.lines_read += 1;
                return Ok(Record { line, shape: Shape::TooLong, start, end });
            }
            self.filled = end;
        }
        self.start = self.filled;
        self.lines_read += 1;
        Ok(Record { line, shape: Shape::TooLong, start, end })
    }

    /// Move what is left to the front, so that the buffer grows with one record and not with the file.
    fn make_room(&mut self) {
        if self.start > 0 && (self.start == self.filled || self.buffer.len() - self.filled < 64 << 10) {
            self.buffer.copy_within(self.start..self.filled, 0);
            self.filled -= self.start;
            self.start = 0;
        }
    }

    /// Read more; false at the end of the input.
    fn fill(&mut self) -> io::Result<bool> {
        if self.at_end {
            return Ok(false);
        }
        if self.filled == self.buffer.len() {
            let room = self.buffer.len() * 2;
            self.buffer.resize(room, 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.filled..]) {
                Ok(0) => {
                    self.at_end = true;
                    return Ok(false);
                }
                Ok(n) => {
                    self.filled += n;
                    return Ok(true);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

/// Whether a quoted field is open at the end of what was fed, line by line.
#[derive(Default)]
struct Quotes {
    open: bool,
}

impl Quotes {
    fn feed(&mut self, line: &[u8], delimiter: u8) {
        if !line.contains(&b'"') {
            return;
        }
        let mut at_field_start = !self.open;
        let mut i = 0;
        while i < line.len() {
            let byte = line[i];
            if self.open {
                if byte == b'"' {
                    if line.get(i + 1) == Some(&b'"') {
                        i += 1;
                    } else {
                        self.open = false;
                    }
                }
            } else if byte == b'"' && at_field_start {
                self.open = true;
            }
            at_field_start = !self.open && byte == delimiter;
            i += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<(u64, Shape, String)> {
        let mut lines = Lines::new(bytes);
        let mut out = Vec::new();
        while let Some(r) = lines.next(Some(b',')).unwrap() {
            out.push((r.line, r.shape, String::from_utf8_lossy(lines.bytes(r)).chars().take(40).collect()));
        }
        out
    }

    #[test]
    fn a_quoted_field_may_span_lines_and_blank_lines_are_counted() {
        let rows = all(b"a,b\r\n\r\n\"x\ny\",2\n3,\"5\"\" pipe\"\nlast");
        let expected = [(1, "a,b"), (3, "\"x\ny\",2"), (5, "3,\"5\"\" pipe\""), (6, "last")];
        assert_eq!(rows, expected.map(|(n, t)| (n, Shape::Whole, t.to_owned())));
    }

    #[test]
    fn a_quote_that_never_closes_costs_its_own_line_only() {
        let rows = all(b"a,b\n1,\"open\n2,x\n3,y\n");
        let shapes: Vec<_> = rows.iter().map(|(n, s, _)| (*n, *s)).collect();
        assert_eq!(shapes, [(1, Shape::Whole), (2, Shape::OpenQuote), (3, Shape::Whole), (4, Shape::Whole)]);
    }

    #[test]
    fn a_quote_inside_an_unquoted_field_opens_nothing() {
        assert_eq!(all(b"1,5\" pipe\n2,x\n").len(), 2);
    }

    #[test]
    fn a_line_of_ten_megabytes_is_skipped_and_its_neighbours_are_read() {
        let mut bytes = b"a,b\n1,".to_vec();
        bytes.extend(std::iter::repeat_n(b'x', 10 << 20));
        bytes.extend(b"\n2,y\n");
        let rows = all(&bytes);
        let shapes: Vec<_> = rows.iter().map(|(n, s, _)| (*n, *s)).collect();
        assert_eq!(shapes, [(1, Shape::Whole), (2, Shape::TooLong), (3, Shape::Whole)]);
        let mut lines = Lines::new(&bytes[..]);
        while lines.next(Some(b',')).unwrap().is_some() {}
        assert!(lines.buffer.len() <= 4 << 20, "the buffer grew to {}", lines.buffer.len());
    }
}
