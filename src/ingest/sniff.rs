//! What the first bytes of a text say about its encoding and its delimiter.
//!
//! Only what can be told apart is guessed. UTF-16 without a mark shows by its zero bytes. Bytes that are
//! not UTF-8 count as Windows-1252 only if every one of them is a letter or mark that western offices
//! write and no valid UTF-8 letter stands beside them; otherwise the text stays UTF-8, and a row with a
//! bad byte is quarantined. What was found is in [`super::Found`].

use super::decode::Encoding;

/// How much of a stream is looked at.
pub(super) const SAMPLE: usize = 64 << 10;

/// The encoding that the bytes themselves show; `None` when nothing speaks against UTF-8.
pub(super) fn encoding(sample: &[u8]) -> Option<Encoding> {
    let pairs = sample.len().min(4_096) / 2;
    if pairs >= 4 {
        let zeros = |at: usize| (0..pairs).filter(|i| sample[2 * i + at] == 0).count();
        let (even, odd) = (zeros(0), zeros(1));
        if odd * 10 > pairs * 7 && even * 20 < pairs {
            return Some(Encoding::Utf16Le);
        }
        if even * 10 > pairs * 7 && odd * 20 < pairs {
            return Some(Encoding::Utf16Be);
        }
    }
    (stray_western(sample) == Some(true)).then_some(Encoding::Windows1252)
}

/// Whether all bytes that are not UTF-8 are western letters, and no multi-byte letter is valid. `None`
/// when every byte is UTF-8.
fn stray_western(sample: &[u8]) -> Option<bool> {
    let mut rest = sample;
    let mut stray = None;
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => return stray.map(|w: bool| w && text.is_ascii()),
            Err(e) => {
                let (valid, bad) = rest.split_at(e.valid_up_to());
                if !valid.is_ascii() {
                    return Some(false);
                }
                let Some(length) = e.error_len() else { return stray };
                stray = Some(stray.unwrap_or(true) && bad[..length].iter().all(|b| is_western(*b)));
                rest = &bad[length..];
            }
        }
    }
}

/// Letters with accents, typographic quotation marks and dashes, no-break space, degree and section sign.
/// 0xFF and its like are what broken programs write, not what people do.
fn is_western(byte: u8) -> bool {
    matches!(byte, 0x91..=0x97 | 0x80 | 0x85 | 0x8A | 0x8C | 0x8E | 0x9A | 0x9C | 0x9E | 0xA0 | 0xA7 | 0xB0 | 0xC0..=0xD6 | 0xD8..=0xF6 | 0xF8..=0xFD)
}

/// The `encoding="…"` of an XML declaration, as text.
pub(super) fn xml_declared(sample: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&sample[..sample.len().min(200)]);
    let declaration = head.strip_prefix("<?xml")?.split("?>").next()?;
    let after = declaration.split("encoding").nth(1)?.trim_start().strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    after[1..].split(quote).next().map(str::to_ascii_lowercase)
}

/// The candidate that parts the header into most fields and the lines after it into as many; a comma
/// where none does.
pub(super) fn delimiter(header: &str, ahead: &[u8]) -> u8 {
    let text = String::from_utf8_lossy(ahead);
    let mut lines: Vec<&str> = text.lines().collect();
    // The last may be cut.
    lines.pop();
    lines.retain(|l| !l.trim().is_empty());
    lines.truncate(30);
    let mut best = (b',', (false, 0));
    for candidate in [b',', b'\t', b';', b'|'] {
        let fields = count(header, candidate);
        if fields == 0 {
            continue;
        }
        let alike = lines.iter().filter(|l| count(l, candidate) == fields).count();
        let score = (alike * 10 >= lines.len() * 8, fields);
        if score > best.1 {
            best = (candidate, score);
        }
    }
    best.0
}

/// How often a delimiter stands outside quotation marks.
fn count(line: &str, delimiter: u8) -> usize {
    let mut quoted = false;
    let outside = |b: u8| {
        quoted ^= b == b'"';
        !quoted && b == delimiter
    };
    line.bytes().map(outside).filter(|found| *found).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_found_where_the_bytes_show_it() {
        let utf16 = |f: fn(u16) -> [u8; 2]| "id,town\n1,Orléans\n".encode_utf16().flat_map(f).collect::<Vec<u8>>();
        assert_eq!(encoding(&utf16(u16::to_le_bytes)), Some(Encoding::Utf16Le));
        assert_eq!(encoding(&utf16(u16::to_be_bytes)), Some(Encoding::Utf16Be));
        assert_eq!(encoding(b"id,town\n1,Orl\xE9ans\n"), Some(Encoding::Windows1252));
        assert_eq!(encoding(b"id,town\n1,it\x92s\n"), Some(Encoding::Windows1252));
    }

    #[test]
    fn what_may_be_broken_utf_8_is_left_as_it_is() {
        assert_eq!(encoding("id,town\n1,Orléans\n".as_bytes()), None);
        assert_eq!(encoding(b"id,town\n1,stre\xFFet\n"), None, "a byte that nobody writes");
        assert_eq!(
            encoding("1,Orléans\n2,Orl".as_bytes().iter().chain(b"\xE9ans").copied().collect::<Vec<_>>().as_slice()),
            None
        );
        assert_eq!(encoding(&"é".as_bytes()[..1]), None, "a letter cut by the end of the sample");
        assert_eq!(encoding(b""), None);
    }

    #[test]
    fn the_delimiter_is_the_one_that_the_rows_confirm() {
        assert_eq!(delimiter("id;when;lat", b"1;2024-05-01;44,8\n2;2024-05-02;44,9\n"), b';');
        assert_eq!(delimiter("id, no.;when", b"1;x\n2;y\n3;z\n"), b';');
        assert_eq!(delimiter("\"a,b\"\tc", b""), b'\t');
        assert_eq!(delimiter("one", b"1\n2\n"), b',');
    }

    #[test]
    fn an_xml_declaration_names_its_encoding() {
        assert_eq!(xml_declared(b"<?xml version=\"1.0\" encoding='ISO-8859-1'?><a/>").as_deref(), Some("iso-8859-1"));
        assert_eq!(xml_declared(b"<?xml version=\"1.0\"?><a encoding=\"x\"/>"), None);
    }
}
