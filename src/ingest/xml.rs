//! XML → records with named fields. Made for NEMSIS 3.5 (`EMSDataSet`, one `PatientCareReport` a record);
//! any document whose records are one element each is read the same way (`[xml] record = "…"`).
//!
//! The stream is cut into records by looking at tags only, so a file of any length is read in the memory of
//! its largest record, and a record that is not well formed costs itself. Each record is then parsed
//! strictly. A field is an element that holds text, named by its local name (`eTimes.03`); attributes of
//! the record are `@UUID`, those of a field that say why it is empty are `eTimes.01@NV` and `@PN`. A value
//! with a pertinent negative (`PN`: refused, not given) is not a value: the drug was *not* given.
//!
//! What XML can be abused for is off: a document type (and so every entity of one's own) is refused,
//! depth, size and number of fields are limited, nothing outside the document is ever fetched.
//! A record that can't be read is quarantined without its text, which may hold a patient's name.

use std::io::{self, Read};

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use super::{byte_stream::ByteStream, fields::Fields};

/// The record of a NEMSIS document.
pub(super) const NEMSIS_RECORD: &str = "PatientCareReport";
const LONGEST_RECORD: usize = 4 << 20;
const LONGEST_TAG: usize = 16 << 10;
const DEEPEST: usize = 64;
const MOST_FIELDS: usize = 50_000;

/// One record as bytes.
#[derive(Debug, Default)]
pub(super) struct XmlRecord {
    /// Line on which it starts, from 1.
    pub line: u64,
    pub bytes: Vec<u8>,
    pub too_long: bool,
    /// It has no end tag.
    pub cut: bool,
}

/// Why a document can't be read at all.
#[derive(Debug)]
pub(super) enum XmlFault {
    Io(io::Error),
    /// With its line.
    Refused(u64, String),
}

impl From<io::Error> for XmlFault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

pub(super) struct XmlRecords<R> {
    stream: ByteStream<R>,
    /// Local name of a record's element.
    name: String,
    /// The start tag of the next record, when it stood inside the one before.
    begun: Option<XmlRecord>,
    /// Local name of the document's first element.
    root: Option<String>,
    found: bool,
}

impl<R: Read> XmlRecords<R> {
    pub(super) fn new(reader: R, name: &str) -> Self {
        Self { stream: ByteStream::new(reader), name: name.to_owned(), begun: None, root: None, found: false }
    }

    pub(super) fn next(&mut self) -> Result<Option<XmlRecord>, XmlFault> {
        let mut record = self.begun.take();
        let mut tag = Vec::new();
        loop {
            // Up to the next tag; text outside records is nobody's.
            let Some(byte) = self.stream.peek()? else { return self.end(record) };
            if byte != b'<' {
                self.stream.skip();
                if let Some(r) = &mut record {
                    r.keep(&[byte]);
                }
                continue;
            }
            let line = self.stream.line;
            self.tag(&mut tag)?;
            let Some(name) = local_name(&tag) else {
                if tag.len() > 8 && tag[..9].eq_ignore_ascii_case(b"<!DOCTYPE") {
                    let what = "the document declares a document type (DOCTYPE); such documents are refused";
                    return Err(XmlFault::Refused(line, what.into()));
                }
                if let Some(r) = &mut record {
                    r.keep(&tag);
                }
                continue;
            };
            if self.root.is_none() {
                self.root = Some(String::from_utf8_lossy(name).into_owned());
            }
            let ours = name == self.name.as_bytes();
            let (closes, alone) = (tag.starts_with(b"</"), tag.ends_with(b"/>"));
            match &mut record {
                None if ours && !closes => {
                    self.found = true;
                    let begun = XmlRecord { line, bytes: tag.clone(), ..XmlRecord::default() };
                    if alone {
                        return Ok(Some(begun));
                    }
                    record = Some(begun);
                }
                None => {}
                Some(r) if ours && !closes => {
                    // The end tag is missing: the next record begins.
                    r.cut = true;
                    self.begun = Some(XmlRecord { line, bytes: tag.clone(), ..XmlRecord::default() });
                    return Ok(record);
                }
                Some(r) => {
                    r.keep(&tag);
                    if ours {
                        return Ok(record);
                    }
                }
            }
        }
    }

    fn end(&mut self, record: Option<XmlRecord>) -> Result<Option<XmlRecord>, XmlFault> {
        match record {
            Some(record) => Ok(Some(XmlRecord { cut: true, ..record })),
            None if self.found => Ok(None),
            None => {
                let root = match &self.root {
                    Some(root) => format!("the document is a <{}>", root.chars().take(80).collect::<String>()),
                    None => "this is not XML".to_owned(),
                };
                let what = format!(
                    "no <{}> was found; {root}. Name the element of one record as `record` in the mapping's [xml]",
                    self.name
                );
                Err(XmlFault::Refused(self.stream.line, what))
            }
        }
    }

    /// Read one piece of markup, from its `<`. A new `<` ends it, because none may stand inside a tag.
    fn tag(&mut self, tag: &mut Vec<u8>) -> io::Result<()> {
        tag.clear();
        let mut quote = None;
        while let Some(byte) = self.stream.peek()? {
            let opaque = tag.starts_with(b"<!--") || tag.starts_with(b"<![CDATA[") || tag.starts_with(b"<?");
            if byte == b'<' && !tag.is_empty() && !opaque {
                return Ok(());
            }
            self.stream.skip();
            if tag.len() < LONGEST_TAG || opaque && tag.len() < LONGEST_RECORD {
                tag.push(byte);
            } else {
                return Ok(());
            }
            if opaque {
                let ends: &[u8] = match tag[1..3] {
                    [b'!', b'-'] => b"-->",
                    [b'!', b'['] => b"]]>",
                    _ => b"?>",
                };
                if tag.ends_with(ends) && tag.len() >= 4 + ends.len() || ends == b"?>" && tag.ends_with(ends) {
                    return Ok(());
                }
                continue;
            }
            match (quote, byte) {
                (None, b'>') => return Ok(()),
                (None, b'"' | b'\'') => quote = Some(byte),
                (Some(open), byte) if open == byte => quote = None,
                _ => {}
            }
        }
        Ok(())
    }
}

impl XmlRecord {
    fn keep(&mut self, bytes: &[u8]) {
        if self.bytes.len() + bytes.len() <= LONGEST_RECORD {
            self.bytes.extend_from_slice(bytes);
        } else {
            self.too_long = true;
        }
    }
}

/// The name of a start or end tag without its prefix; `None` for other markup.
fn local_name(tag: &[u8]) -> Option<&[u8]> {
    let inner = tag.strip_prefix(b"</").or_else(|| tag.strip_prefix(b"<"))?;
    if !inner.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_' || !b.is_ascii()) {
        return None;
    }
    let end = inner.iter().position(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'>' | b'/')).unwrap_or(inner.len());
    let name = &inner[..end];
    Some(name.iter().position(|b| *b == b':').map_or(name, |colon| &name[colon + 1..]))
}

/// An element that is open while a record is parsed.
struct Open {
    name: String,
    group: u32,
    text: String,
    /// It holds elements, so its text is only what stands between them.
    parent: bool,
    /// The value is of something that was not done.
    negative: bool,
}

/// Parse one record.
///
/// # Errors
/// A sentence that names no content of the record.
pub(super) fn fields_of(record: &str) -> Result<Fields, String> {
    let mut reader = Reader::from_str(record);
    reader.config_mut().expand_empty_elements = true;
    let mut fields = Fields::default();
    let mut open: Vec<Open> = Vec::new();
    let mut groups = 0;
    loop {
        if fields.0.len() > MOST_FIELDS {
            return Err(format!("the record has more than {MOST_FIELDS} fields"));
        }
        let at = reader.buffer_position();
        match reader.read_event().map_err(|e| format!("not well-formed XML at byte {at} of the record: {e}"))? {
            Event::Start(start) => {
                if open.len() >= DEEPEST {
                    return Err(format!("its elements are nested deeper than {DEEPEST}"));
                }
                let name = start.local_name().as_ref().to_owned();
                let group = open.last().map_or(0, |o| o.group);
                let negative = attributes(&start, &name, open.is_empty(), group, &mut fields)?;
                if let Some(parent) = open.last_mut() {
                    parent.parent = true;
                }
                groups += 1;
                open.push(Open { name, group: groups, text: String::new(), parent: false, negative });
            }
            Event::End(_) => {
                let Some(done) = open.pop() else { return Err("an end tag has no start".into()) };
                if !done.parent && !done.negative {
                    let group = open.last().map_or(0, |o| o.group);
                    fields.push(&done.name, group, &done.text);
                }
                if open.is_empty() {
                    return Ok(fields);
                }
            }
            Event::Text(text) => add(&mut open, &text.xml10_content()),
            Event::CData(text) => add(&mut open, &text.xml10_content()),
            Event::GeneralRef(entity) => {
                let name = entity.xml10_content();
                let known = quick_xml::escape::resolve_xml_entity(&name).map(str::to_owned);
                let number = entity.resolve_char_ref().ok().flatten().map(String::from);
                let text = known.or(number);
                add(&mut open, &text.ok_or("it uses an entity that XML does not define; such records are refused")?);
            }
            Event::DocType(_) => return Err("it declares a document type; such records are refused".into()),
            Event::Eof => return Err("it ends before its end tag".into()),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

fn add(open: &mut [Open], text: &str) {
    if let Some(element) = open.last_mut().filter(|o| o.text.len() < LONGEST_RECORD) {
        element.text.push_str(text);
    }
}

/// Attributes worth keeping; answers whether the value is a pertinent negative.
fn attributes(
    start: &BytesStart,
    name: &str,
    is_record: bool,
    group: u32,
    fields: &mut Fields,
) -> Result<bool, String> {
    let mut negative = false;
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|e| format!("an attribute of <{name}> can't be read: {e}"))?;
        let key = attribute.key.local_name().as_ref().to_owned();
        if !is_record && !matches!(key.as_str(), "PN" | "NV") {
            continue;
        }
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map_err(|e| format!("an attribute of <{name}> can't be read: {e}"))?;
        negative |= key == "PN" && !value.is_empty();
        let of = if is_record { String::new() } else { name.to_owned() };
        fields.push(&format!("{of}@{key}"), group, &value);
    }
    Ok(negative && !is_record)
}

#[cfg(test)]
#[path = "xml_tests.rs"]
mod tests;
