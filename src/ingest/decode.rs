//! Bytes in any of the encodings that feeds really use → UTF-8 bytes.
//!
//! A byte-order mark decides; without one the mapping's `encoding` does; without that an XML document's
//! own declaration; without that what the first bytes show (`sniff.rs`); without that it is UTF-8.
//! UTF-8 passes through untouched, so that one bad byte costs its row only. The other encodings are
//! converted as they stream; what cannot be converted becomes U+FFFD and the row is quarantined.

use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use super::{found::FoundBy, sniff};

/// Encodings a mapping may declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "utf-16le")]
    Utf16Le,
    #[serde(rename = "utf-16be")]
    Utf16Be,
    #[serde(rename = "windows-1252", alias = "latin-1", alias = "iso-8859-1")]
    Windows1252,
}

impl Encoding {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }

    /// By the names that documents give it.
    fn from_label(label: &str) -> Option<Self> {
        match label {
            "utf-8" | "utf8" | "us-ascii" => Some(Self::Utf8),
            "utf-16" | "utf-16le" => Some(Self::Utf16Le),
            "utf-16be" => Some(Self::Utf16Be),
            "windows-1252" | "iso-8859-1" | "latin-1" | "latin1" => Some(Self::Windows1252),
            _ => None,
        }
    }
}

/// A stream whose bytes are UTF-8.
pub(super) struct Opened<'r> {
    pub bytes: Box<dyn Read + Send + 'r>,
    pub encoding: Encoding,
    pub by: FoundBy,
}

/// The bytes as UTF-8, without byte-order mark.
pub(super) fn open<'r>(mut reader: impl Read + Send + 'r, declared: Option<Encoding>) -> io::Result<Opened<'r>> {
    let mut head = vec![0u8; sniff::SAMPLE];
    let mut got = 0;
    while got < head.len() {
        match reader.read(&mut head[got..]) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            // What was read until here is still to be given; the error comes again when it is read on.
            Err(_) if got > 0 => break,
            Err(e) => return Err(e),
        }
    }
    head.truncate(got);
    let (mark, encoding, by) = match head[..] {
        [0xEF, 0xBB, 0xBF, ..] => (3, Encoding::Utf8, FoundBy::ByteOrderMark),
        [0xFF, 0xFE, ..] => (2, Encoding::Utf16Le, FoundBy::ByteOrderMark),
        [0xFE, 0xFF, ..] => (2, Encoding::Utf16Be, FoundBy::ByteOrderMark),
        _ => {
            let written = || sniff::xml_declared(&head).and_then(|label| Encoding::from_label(&label));
            let (encoding, by) = match (declared, written(), sniff::encoding(&head)) {
                (Some(declared), ..) => (declared, FoundBy::Mapping),
                (None, Some(written), _) => (written, FoundBy::Declaration),
                (None, None, Some(shown)) => (shown, FoundBy::Content),
                (None, None, None) => (Encoding::Utf8, FoundBy::Usual),
            };
            (0, encoding, by)
        }
    };
    head.drain(..mark);
    let rest = io::Cursor::new(head).chain(reader);
    let decoder = match encoding {
        Encoding::Utf8 => return Ok(Opened { bytes: Box::new(rest), encoding, by }),
        Encoding::Utf16Le => encoding_rs::UTF_16LE,
        Encoding::Utf16Be => encoding_rs::UTF_16BE,
        Encoding::Windows1252 => encoding_rs::WINDOWS_1252,
    };
    let transcoder = Transcoder {
        reader: rest,
        decoder: decoder.new_decoder_without_bom_handling(),
        raw: vec![0; 16 * 1024],
        text: Vec::with_capacity(64 * 1024),
        given: 0,
        done: false,
    };
    Ok(Opened { bytes: Box::new(transcoder), encoding, by })
}

struct Transcoder<R> {
    reader: R,
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    given: usize,
    done: bool,
}

impl<R: Read> Read for Transcoder<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            if self.done {
                return Ok(0);
            }
            let n = match self.reader.read(&mut self.raw) {
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            self.done = n == 0;
            let room = self.decoder.max_utf8_buffer_length(n).unwrap_or(n * 3 + 16);
            self.text.resize(room, 0);
            let (_, _, written, _) = self.decoder.decode_to_utf8(&self.raw[..n], &mut self.text, self.done);
            self.text.truncate(written);
            self.given = 0;
        }
        let n = out.len().min(self.text.len() - self.given);
        out[..n].copy_from_slice(&self.text[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], declared: Option<Encoding>) -> (String, Encoding) {
        let mut opened = open(bytes, declared).unwrap();
        let mut text = String::new();
        opened.bytes.read_to_string(&mut text).unwrap();
        (text, opened.encoding)
    }

    #[test]
    fn a_byte_order_mark_decides_and_is_dropped() {
        assert_eq!(decoded(b"\xEF\xBB\xBFa,b", None), ("a,b".into(), Encoding::Utf8));
        let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain("é,€".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(decoded(&utf16, Some(Encoding::Utf8)), ("é,€".into(), Encoding::Utf16Le));
    }

    #[test]
    fn a_declared_encoding_is_used_where_no_mark_contradicts() {
        assert_eq!(decoded(b"caf\xE9 \x80", Some(Encoding::Windows1252)).0, "café €");
        assert_eq!(decoded(b"", None).0, "");
        assert_eq!(decoded(b"ab", None).0, "ab");
    }
}
