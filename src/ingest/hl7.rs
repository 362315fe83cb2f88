//! HL7 version 2 messages → records with named fields. Made for ADT messages of emergency departments
//! (A01, A03, A04, A08 and the cancels A11 and A13), one at a time or in batch files.
//!
//! The delimiters are those of each message's `MSH`. A column is named as the standard counts:
//! `PV1-44`, `PID-11.5` (component), `DG1-3.1` (of every `DG1`, so a list, see `fields.rs`); a field's
//! repetitions are further entries. `PV1-44` without a component is the first component. Escapes are
//! undone (`\T\` is `&`, `\X41\` is `A`), formatting escapes become spaces. Bytes of the transport
//! (MLLP's 0x0B and 0x1C) and the envelopes of batch files (`FHS`, `BHS`, `BTS`, `FTS`) are passed over;
//! lines may end in CR, LF or both.
//!
//! Who the patient is stays outside: only `age` in whole years is made of the date of birth (PID-7 and the
//! visit's time), and a message that can't be read is quarantined without its text. `message` is the
//! trigger (`A04`), `message_id` MSH-10.
//!
//! Source: HL7 Messaging Standard 2.5.1, chapter 2 (control); CDC PHIN messaging guide for syndromic
//! surveillance for where departments put what. Not read: subcomponents of their own, continuation (`ADD`, `DSC`).

use std::io::{self, Read};

use super::fields::Fields;

const LONGEST_SEGMENT: usize = 256 << 10;
const LONGEST_MESSAGE: usize = 4 << 20;
const MOST_SEGMENTS: usize = 5_000;
const MOST_COMPONENTS: usize = 100;

/// One message as its segments.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// Line (segment) of the stream on which it starts, from 1.
    pub line: u64,
    pub segments: Vec<Vec<u8>>,
    pub too_long: bool,
    size: usize,
}

impl Message {
    /// Whether it begins as a segment does: three capitals or digits and a delimiter.
    pub(super) fn looks_like_hl7(&self) -> bool {
        let first = self.segments.first().map_or(&[][..], Vec::as_slice);
        let name = first.get(..3).unwrap_or(&[]);
        name.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            && first.get(3).is_some_and(|b| b.is_ascii_punctuation())
    }
}

pub(super) struct Messages<R> {
    reader: R,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    line: u64,
    /// The `MSH` that ended the message before.
    begun: Option<(u64, Vec<u8>)>,
}

impl<R: Read> Messages<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, buffer: vec![0; 64 << 10], at: 0, filled: 0, line: 0, begun: None }
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Message>> {
        let mut message: Option<Message> = None;
        loop {
            let next = match self.begun.take() {
                Some((line, segment)) => Some((line, segment, false)),
                None => self.segment()?,
            };
            let Some((line, segment, long)) = next else { return Ok(message) };
            let name = segment.get(..3).unwrap_or(&segment);
            match (name, &mut message) {
                (b"MSH", None) => {
                    let size = segment.len();
                    message = Some(Message { line, segments: vec![segment], too_long: long, size });
                }
                (b"MSH", Some(_)) => {
                    self.begun = Some((line, segment));
                    return Ok(message);
                }
                (b"FHS" | b"BHS" | b"BTS" | b"FTS", _) => {
                    if message.is_some() {
                        return Ok(message);
                    }
                }
                (_, Some(m)) => {
                    m.size += segment.len();
                    m.too_long |= long || m.size > LONGEST_MESSAGE || m.segments.len() >= MOST_SEGMENTS;
                    if !m.too_long {
                        m.segments.push(segment);
                    }
                }
                // Text before the first message: one that has lost its head, to be told.
                (_, None) => return Ok(Some(Message { line, segments: vec![segment], too_long: long, size: 0 })),
            }
        }
    }

    /// The next segment that is not blank, without transport bytes, and whether it was cut.
    fn segment(&mut self) -> io::Result<Option<(u64, Vec<u8>, bool)>> {
        let mut segment = Vec::new();
        let mut long = false;
        let mut after_cr = false;
        loop {
            let byte = self.byte()?;
            let ended = matches!(byte, None | Some(b'\r' | b'\n' | 0x1C));
            if !ended {
                match byte {
                    Some(0x0B) | None => {}
                    Some(byte) if segment.len() < LONGEST_SEGMENT => segment.push(byte),
                    Some(_) => long = true,
                }
                after_cr = false;
                continue;
            }
            // CR and LF together are one end.
            self.line += u64::from(!(byte == Some(b'\n') && after_cr) && byte != Some(0x1C));
            if segment.iter().any(|b| !b.is_ascii_whitespace()) {
                if byte == Some(b'\r') && self.peek()? == Some(b'\n') {
                    self.at += 1;
                }
                let line = if byte == Some(0x1C) { self.line + 1 } else { self.line };
                return Ok(Some((line, segment, long)));
            }
            if byte.is_none() {
                return Ok(None);
            }
            segment.clear();
            after_cr = byte == Some(b'\r');
        }
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.peek()?;
        self.at += usize::from(byte.is_some());
        Ok(byte)
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
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
}

/// What parts a message, from its `MSH`.
#[derive(Debug, Clone, Copy)]
struct Marks {
    field: char,
    component: char,
    repetition: char,
    escape: char,
    sub: char,
}

impl Marks {
    fn of(msh: &str) -> Result<Self, String> {
        let wrong = || "the MSH does not begin with its five delimiters, as in MSH|^~\\&|".to_owned();
        let mut chars = msh.get(3..).ok_or_else(wrong)?.chars();
        let field = chars.next().ok_or_else(wrong)?;
        let rest: Vec<char> = chars.take_while(|c| *c != field).collect();
        let at = |i: usize, usual: char| rest.get(i).copied().unwrap_or(usual);
        let marks = Self { field, component: at(0, '^'), repetition: at(1, '~'), escape: at(2, '\\'), sub: at(3, '&') };
        let all = [marks.field, marks.component, marks.repetition, marks.escape, marks.sub];
        let distinct = all.iter().enumerate().all(|(i, c)| !all[..i].contains(c));
        let usable = rest.len() >= 2 && distinct && all.iter().all(|c| c.is_ascii_punctuation());
        if usable { Ok(marks) } else { Err(wrong()) }
    }

    /// Undo the escapes of a text.
    fn plain(&self, text: &str) -> String {
        if !text.contains(self.escape) {
            return text.to_owned();
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = rest.find(self.escape) {
            out.push_str(&rest[..start]);
            let after = &rest[start + self.escape.len_utf8()..];
            let Some(end) = after.find(self.escape) else {
                // An escape that is never closed is a backslash somebody typed.
                out.push(self.escape);
                rest = after;
                continue;
            };
            match &after[..end] {
                "F" => out.push(self.field),
                "S" => out.push(self.component),
                "R" => out.push(self.repetition),
                "E" => out.push(self.escape),
                "T" => out.push(self.sub),
                code if code.starts_with('X') => out.push_str(&hexadecimal(&code[1..])),
                _ => out.push(' '),
            }
            rest = &after[end + self.escape.len_utf8()..];
        }
        out + rest
    }
}

/// `48656C6C6F` as text; bytes that are no text become U+FFFD.
fn hexadecimal(digits: &str) -> String {
    hex::decode(digits).map_or_else(|_| " ".to_owned(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The fields of one message.
///
/// # Errors
/// A sentence that names no content of the message.
pub(super) fn fields_of(message: &Message) -> Result<Fields, String> {
    let mut texts = Vec::with_capacity(message.segments.len());
    for segment in &message.segments {
        texts.push(std::str::from_utf8(segment).map_err(|_| {
            "the message is not UTF-8; declare the encoding in the mapping if it is another".to_owned()
        })?);
    }
    let msh = texts.first().filter(|t| t.starts_with("MSH"));
    let msh = msh.ok_or("a segment stands outside of a message; a message begins with MSH")?;
    let marks = Marks::of(msh)?;
    let mut fields = Fields::default();
    for (i, text) in texts.iter().enumerate() {
        segment_fields(text, &marks, i as u32 + 1, &mut fields);
    }
    let trigger = fields.column("MSH-9.2");
    fields.push("message", 0, &trigger);
    let id = fields.column("MSH-10");
    fields.push("message_id", 0, &id);
    if let Some(age) = age(&fields) {
        fields.push("age", 0, &age.to_string());
    }
    Ok(fields)
}

fn segment_fields(text: &str, marks: &Marks, group: u32, fields: &mut Fields) {
    let mut parts = text.split(marks.field);
    let name = parts.next().unwrap_or("").trim().to_owned();
    // The field separator itself is MSH-1, so the first text of an MSH is MSH-2.
    let from = if name == "MSH" { 2 } else { 1 };
    for (i, field) in parts.enumerate().filter(|(_, f)| !f.is_empty()) {
        let number = i + from;
        if name == "MSH" && number == 2 {
            continue;
        }
        for repetition in field.split(marks.repetition).filter(|r| !r.is_empty()) {
            for (c, component) in repetition.split(marks.component).take(MOST_COMPONENTS).enumerate() {
                // `""` says that the sender deletes the value.
                if component.is_empty() || component == "\"\"" {
                    continue;
                }
                let first_sub = component.split(marks.sub).next().unwrap_or("");
                let plain = marks.plain(first_sub);
                if c == 0 {
                    fields.push(&format!("{name}-{number}"), group, &plain);
                }
                fields.push(&format!("{name}-{number}.{}", c + 1), group, &plain);
            }
        }
    }
}

/// Whole years from the date of birth to the visit, or else to the message.
fn age(fields: &Fields) -> Option<i64> {
    let digits = |name: &str| {
        let text = fields.column(name);
        let day: String = text.chars().take_while(char::is_ascii_digit).take(8).collect();
        (day.len() == 8).then(|| day.parse::<i64>().ok()).flatten()
    };
    let born = digits("PID-7")?;
    let seen = digits("PV1-44").or_else(|| digits("EVN-2")).or_else(|| digits("MSH-7"))?;
    // 20240501 - 19850630 = 381…: the difference of such numbers is years times 10,000 and what is left.
    let years = (seen - born) / 10_000;
    (0..=130).contains(&years).then_some(years)
}

#[cfg(test)]
#[path = "hl7_tests.rs"]
mod tests;
