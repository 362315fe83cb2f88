//! The index as bytes: what an index file is.
//!
//! All numbers are little-endian. A head of 32 bytes: the magic `EWGEOIDX`, the version (u32), the number of sections
//! (u32), the length of the whole file (u64), a checksum of everything behind the head (u64). Then for each section its
//! position and length (u64 each), then the sections, each starting at a multiple of 8. A section is an array of rows of
//! one width, or text. The file is read whole and used as it is: nothing is unpacked.
//!
//! To add a section: its name in [`Section`] (at the end), and [`VERSION`] raised by one.

use thiserror::Error;

/// Raised when an older program could not read the file, or would read it wrongly.
pub const VERSION: u32 = 2;
const MAGIC: &[u8; 8] = b"EWGEOIDX";
const HEAD: usize = 32;

/// What lies where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::geocode) enum Section {
    /// Text that others point into.
    Text,
    /// Street names, sorted: position and length in the text.
    Streets,
    /// Hashes of street names with one letter left out, to street.
    StreetSlips,
    /// Hashes of cores of names, to street.
    StreetCores,
    /// Hashes of sounds of cores, to street.
    StreetSounds,
    /// Names of towns, sorted.
    Towns,
    TownSlips,
    /// Known points; see `entry.rs`.
    Entries,
    /// Street, town, ZIP, first of the rows that lie there, how far they reach; see `places.rs`.
    Places,
    /// Entries and stretches by street and place.
    PlaceRows,
    /// Stretches of streets with house numbers.
    Ranges,
    /// Corners of their lines: latitude and longitude.
    Vertices,
    /// Points of towns, counties and ZIP areas with their radius.
    Areas,
    /// How far inferred points lie from the truth.
    Errors,
}

const SECTIONS: usize = Section::Errors as usize + 1;

/// Why bytes are not an index.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadIndex {
    #[error("this is not a geocoder index: it does not begin with EWGEOIDX; build one with `emberwatch geocode index`")]
    Magic,
    #[error(
        "the index has format {found}, this program reads format {VERSION}: build it again with `emberwatch geocode index`"
    )]
    Version { found: u32 },
    #[error("the index is cut short: {found} of {expected} bytes are there")]
    Truncated { found: u64, expected: u64 },
    #[error("the index is damaged: its checksum does not fit its content")]
    Checksum,
    #[error("the index is damaged: section {0} lies outside the file")]
    Section(usize),
}

/// The file in memory, with its sections found.
#[derive(Debug, Clone)]
pub(in crate::geocode) struct File {
    bytes: Vec<u8>,
    at: [(usize, usize); SECTIONS],
}

impl File {
    pub fn open(bytes: Vec<u8>) -> Result<Self, BadIndex> {
        if bytes.len() < 8 || &bytes[..8] != MAGIC {
            return Err(BadIndex::Magic);
        }
        let u32_at = |at: usize| bytes.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        let u64_at = |at: usize| u32_at(at).zip(u32_at(at + 4)).map(|(lo, hi)| u64::from(lo) | u64::from(hi) << 32);
        let short = |expected: u64| BadIndex::Truncated { found: bytes.len() as u64, expected };
        let version = u32_at(8).ok_or_else(|| short(HEAD as u64))?;
        if version != VERSION {
            return Err(BadIndex::Version { found: version });
        }
        let length = u64_at(16).ok_or_else(|| short(HEAD as u64))?;
        if length != bytes.len() as u64 || bytes.len() < HEAD + SECTIONS * 16 {
            return Err(short(length));
        }
        if u64_at(24) != Some(checksum(&bytes[HEAD..])) {
            return Err(BadIndex::Checksum);
        }
        let mut at = [(0, 0); SECTIONS];
        for (i, place) in at.iter_mut().enumerate() {
            let read = |at| u64_at(at).and_then(|n| usize::try_from(n).ok()).ok_or(BadIndex::Section(i));
            let (from, len) = (read(HEAD + i * 16)?, read(HEAD + i * 16 + 8)?);
            if from.checked_add(len).is_none_or(|end| end > bytes.len()) {
                return Err(BadIndex::Section(i));
            }
            *place = (from, len);
        }
        Ok(Self { bytes, at })
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn section(&self, section: Section) -> &[u8] {
        let (from, len) = self.at[section as usize];
        &self.bytes[from..from + len]
    }

    pub fn table(&self, section: Section, width: usize) -> Table<'_> {
        Table { bytes: self.section(section), width }
    }
}

/// Rows of one width.
#[derive(Debug, Clone, Copy)]
pub(in crate::geocode) struct Table<'a> {
    bytes: &'a [u8],
    width: usize,
}

impl Table<'_> {
    pub fn len(&self) -> usize {
        self.bytes.len() / self.width
    }

    pub fn u32(&self, row: usize, at: usize) -> u32 {
        let from = row * self.width + at;
        match self.bytes.get(from..from + 4) {
            Some(b) => u32::from_le_bytes([b[0], b[1], b[2], b[3]]),
            None => u32::MAX,
        }
    }

    pub fn i32(&self, row: usize, at: usize) -> i32 {
        self.u32(row, at).cast_signed()
    }

    pub fn u8(&self, row: usize, at: usize) -> u8 {
        self.bytes.get(row * self.width + at).copied().unwrap_or(0)
    }

    /// The rows whose first number is `key`, where rows are sorted by it.
    pub fn rows_of(&self, key: u32) -> std::ops::Range<usize> {
        self.rows_from(self.lower(0, self.len(), |row| self.u32(row, 0) < key), key)
    }

    /// The same where the first numbers are hashes: as they lie evenly, a hash's own size tells nearly where it stands,
    /// and how far what stands there is off tells it better.
    pub fn rows_of_hash(&self, hash: u32) -> std::ops::Range<usize> {
        const NEAR: usize = 8;
        let all = self.len();
        // So many rows are expected within a distance; a little more is gone than that, so that the next look bounds
        // the other end.
        let ahead = |gap: u32| {
            let rows = ((u64::from(gap) * all as u64) >> 32) as usize;
            rows + rows.isqrt() + NEAR / 2
        };
        let (mut low, mut high) = (0, all);
        let mut look = ((u64::from(hash) * all as u64) >> 32) as usize;
        for _ in 0..6 {
            if high - low <= NEAR {
                break;
            }
            look = look.clamp(low, high - 1);
            let found = self.u32(look, 0);
            if found < hash {
                low = look + 1;
                look += ahead(hash - found);
            } else {
                high = look;
                look = look.saturating_sub(ahead(found - hash));
            }
        }
        self.rows_from(self.lower(low, high, |row| self.u32(row, 0) < hash), hash)
    }

    fn rows_from(&self, first: usize, key: u32) -> std::ops::Range<usize> {
        // Most keys have few rows: the end is sought in steps that double.
        let (mut inside, mut step) = (first, 1);
        while inside + step <= self.len() && self.u32(inside + step - 1, 0) == key {
            inside += step;
            step *= 2;
        }
        let end = self.lower(inside, (inside + step).min(self.len()), |row| self.u32(row, 0) <= key);
        first..end
    }

    /// The first row of `from..to` for which `before` no longer holds.
    pub fn lower(&self, from: usize, to: usize, before: impl Fn(usize) -> bool) -> usize {
        let (mut low, mut high) = (from, to);
        while low < high {
            let middle = low + (high - low) / 2;
            if before(middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

/// Collects the sections and puts the file together.
#[derive(Debug, Clone, Default)]
pub(in crate::geocode) struct Writer {
    sections: [Vec<u8>; SECTIONS],
}

impl Writer {
    pub fn section(&mut self, section: Section) -> &mut Vec<u8> {
        &mut self.sections[section as usize]
    }

    pub fn finish(self) -> Vec<u8> {
        let mut places = Vec::with_capacity(SECTIONS * 16);
        let mut at = HEAD + SECTIONS * 16;
        for section in &self.sections {
            places.extend((at as u64).to_le_bytes());
            places.extend((section.len() as u64).to_le_bytes());
            at += section.len().next_multiple_of(8);
        }
        let mut out = Vec::with_capacity(at);
        out.extend(MAGIC);
        out.extend(VERSION.to_le_bytes());
        out.extend((SECTIONS as u32).to_le_bytes());
        out.extend((at as u64).to_le_bytes());
        out.extend([0; 8]);
        out.extend(places);
        for section in self.sections {
            out.extend(&section);
            out.resize(out.len().next_multiple_of(8), 0);
        }
        let sum = checksum(&out[HEAD..]);
        out[24..32].copy_from_slice(&sum.to_le_bytes());
        out
    }
}

/// FNV-1a over words of eight bytes: finds damage, not forgery.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(0xcbf2_9ce4_8422_2325, |h: u64, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        (h ^ u64::from_le_bytes(word)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        let mut writer = Writer::default();
        for n in [3u32, 5, 5, 9] {
            writer.section(Section::PlaceRows).extend(n.to_le_bytes());
        }
        writer.finish()
    }

    #[test]
    fn rows_come_back_as_they_were_written() {
        let file = File::open(file()).unwrap();
        let table = file.table(Section::PlaceRows, 4);
        assert_eq!((table.len(), table.rows_of(5), table.rows_of(4), table.rows_of(10)), (4, 1..3, 1..1, 4..4));
        assert!(file.section(Section::Text).is_empty());
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        let good = file();
        assert_eq!(File::open(b"PK\x03\x04 something".to_vec()).unwrap_err(), BadIndex::Magic);
        let cut = good[..good.len() - 8].to_vec();
        assert_eq!(File::open(cut).unwrap_err(), BadIndex::Truncated { found: 264, expected: 272 });
        let mut old = good.clone();
        old[8] = 99;
        assert_eq!(File::open(old).unwrap_err(), BadIndex::Version { found: 99 });
        let mut bent = good.clone();
        let last = bent.len() - 16;
        bent[last] ^= 1;
        assert_eq!(File::open(bent).unwrap_err(), BadIndex::Checksum);
        for cut in 0..good.len() {
            assert!(File::open(good[..cut].to_vec()).is_err(), "{cut}");
        }
    }
}
