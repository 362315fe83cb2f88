//! A sorted list of names and the ways to one of them: exact, by one slip, by its core, by its sound.
//!
//! Slips are found by the symmetric-deletion idea (Garbe, SymSpell 2012): two spellings that are one letter apart meet
//! in a form with one letter left out. So the list of such forms is stored, and a question looks up its own.

use super::file::{File, Section, Table, Writer};
use crate::geocode::{
    parts::Parts,
    spelling::{digits_differ, distance, sound},
    street::{FNV_START, fnv, fnv_step},
    vocabulary,
};

/// A list of names in the file.
#[derive(Debug, Clone, Copy)]
pub(in crate::geocode) struct Names<'a> {
    text: &'a [u8],
    list: Table<'a>,
    slips: Table<'a>,
    cores: Table<'a>,
    sounds: Table<'a>,
}

const NAME_ROW: usize = 8;
const HASH_ROW: usize = 8;

impl<'a> Names<'a> {
    pub fn streets(file: &'a File) -> Self {
        Self {
            text: file.section(Section::Text),
            list: file.table(Section::Streets, NAME_ROW),
            slips: file.table(Section::StreetSlips, HASH_ROW),
            cores: file.table(Section::StreetCores, HASH_ROW),
            sounds: file.table(Section::StreetSounds, HASH_ROW),
        }
    }

    pub fn towns(file: &'a File) -> Self {
        let slips = file.table(Section::TownSlips, HASH_ROW);
        Self { list: file.table(Section::Towns, NAME_ROW), slips, ..Self::streets(file) }
    }

    pub fn get(&self, id: u32) -> &'a str {
        std::str::from_utf8(self.letters(id as usize)).unwrap_or("")
    }

    /// The bytes of a name; their order is that of the letters.
    fn letters(&self, row: usize) -> &'a [u8] {
        let (from, len) = (self.list.u32(row, 0) as usize, self.list.u32(row, 4) as usize);
        self.text.get(from..from.saturating_add(len)).unwrap_or(&[])
    }

    /// Names that begin so.
    pub fn starting(&self, start: &str) -> std::ops::Range<u32> {
        let start = start.as_bytes();
        let first = self.list.lower(0, self.list.len(), |row| self.letters(row) < start);
        let end = self.list.lower(first, self.list.len(), |row| self.letters(row).starts_with(start));
        first as u32..end as u32
    }

    pub fn find(&self, name: &str) -> Option<u32> {
        let name = name.as_bytes();
        let row = self.list.lower(0, self.list.len(), |row| self.letters(row) < name);
        (row < self.list.len() && self.letters(row) == name).then_some(row as u32)
    }

    /// Names whose letters are at most one slip away (two for long names), nearest first.
    pub fn near(&self, name: &str) -> Vec<(u32, usize)> {
        // Words may be written short or long, and a slip may be in either form: "OAK SR", "OAK STRET".
        let forms = [squeeze(name), written_out(name)];
        let most = if forms[0].len() >= 9 { 2 } else { 1 };
        let mut ids: Vec<u32> = Vec::new();
        let distinct = if forms[0] == forms[1] { 1 } else { 2 };
        for form in &forms[..distinct] {
            each_slip(form, |hash| ids.extend(self.slips.rows_of_hash(hash).map(|row| self.slips.u32(row, 4))));
        }
        ids.sort_unstable();
        ids.dedup();
        let mut letters = Vec::with_capacity(64);
        let mut near: Vec<(u32, usize)> = ids
            .into_iter()
            .filter_map(|id| {
                let other = self.get(id);
                squeeze_into(other, &mut letters);
                let short = distance(&forms[0], &letters, most);
                if short == Some(0) {
                    return Some((id, 0));
                }
                write_out_into(other, &mut letters);
                let long = distance(&forms[1], &letters, most);
                // "GREEN" and "GARDEN" are no slip apart, though "GRN" and "GDN" are.
                let short = short.filter(|_| long.is_some() || !differ_in_known_words(name, other));
                short.into_iter().chain(long).min().map(|d| (id, d))
            })
            .collect();
        near.sort_by_key(|(id, d)| (*d, *id));
        near
    }

    /// Names of the same core that do not contradict: "MAIN" leads to "N MAIN ST"; with how much is left out.
    pub fn relaxed(&self, name: &str) -> Vec<(u32, u32)> {
        let parts = Parts::of(name);
        let rows = self.cores.rows_of_hash(hash32(parts.core.as_bytes()));
        let mut found: Vec<(u32, u32)> = rows
            .filter_map(|row| {
                let id = self.cores.u32(row, 4);
                let other = Parts::of(self.get(id));
                (other.core == parts.core).then(|| parts.missing(&other)).flatten().map(|n| (id, n))
            })
            .collect();
        found.sort_by_key(|(id, n)| (*n, *id));
        found
    }

    /// Names of one street's line: the same core, whatever direction, and no other suffix.
    pub fn family(&self, name: &str) -> Vec<u32> {
        let parts = Parts::of(name);
        let rows = self.cores.rows_of_hash(hash32(parts.core.as_bytes()));
        let mut found: Vec<u32> = rows
            .map(|row| self.cores.u32(row, 4))
            .filter(|id| {
                let other = Parts::of(self.get(*id));
                other.core == parts.core
                    && (other.suffix == parts.suffix || other.suffix.is_none() || parts.suffix.is_none())
                    && parts.is_in_line(&other)
            })
            .collect();
        found.sort_unstable();
        found
    }

    /// Names that sound alike and do not contradict otherwise.
    pub fn alike(&self, name: &str) -> Vec<u32> {
        let parts = Parts::of(name);
        let own = sound(parts.core);
        // Short sounds are shared by names that nobody would mistake for one another.
        if own.len() < 3 {
            return Vec::new();
        }
        let rows = self.sounds.rows_of_hash(hash32(own.as_bytes()));
        let mut found: Vec<u32> = rows
            .map(|row| self.sounds.u32(row, 4))
            .filter(|id| {
                let other = Parts::of(self.get(*id));
                other.core.bytes().next() == parts.core.bytes().next()
                    && sound(other.core) == own
                    && !digits_differ(other.core, parts.core)
                    && !differ_in_known_words(name, self.get(*id))
                    && parts.missing(&other) == Some(0)
            })
            .collect();
        found.sort_unstable();
        found
    }
}

/// Write sorted names; answers nothing, because a name's number is its place in the list.
pub(in crate::geocode) fn write_streets(writer: &mut Writer, names: &[String]) {
    write_list(writer, Section::Streets, names);
    write_hashes(writer, Section::StreetSlips, names, both_slips);
    write_hashes(writer, Section::StreetCores, names, |n| vec![hash32(Parts::of(n).core.as_bytes())]);
    write_hashes(writer, Section::StreetSounds, names, |n| vec![hash32(sound(Parts::of(n).core).as_bytes())]);
}

pub(in crate::geocode) fn write_towns(writer: &mut Writer, names: &[String]) {
    write_list(writer, Section::Towns, names);
    write_hashes(writer, Section::TownSlips, names, both_slips);
}

fn write_list(writer: &mut Writer, section: Section, names: &[String]) {
    for name in names {
        let from = writer.section(Section::Text).len() as u32;
        writer.section(Section::Text).extend(name.as_bytes());
        let list = writer.section(section);
        list.extend(from.to_le_bytes());
        list.extend((name.len() as u32).to_le_bytes());
    }
}

fn write_hashes(writer: &mut Writer, section: Section, names: &[String], hashes: impl Fn(&str) -> Vec<u32>) {
    let mut rows: Vec<(u32, u32)> = Vec::with_capacity(names.len() * 4);
    for (id, name) in names.iter().enumerate() {
        rows.extend(hashes(name).into_iter().map(|h| (h, id as u32)));
    }
    rows.sort_unstable();
    let out = writer.section(section);
    out.reserve(rows.len() * HASH_ROW);
    for (hash, id) in rows {
        out.extend(hash.to_le_bytes());
        out.extend(id.to_le_bytes());
    }
}

/// Whether the cores of two names are the same words but for those that stand for another word in each.
fn differ_in_known_words(a: &str, b: &str) -> bool {
    let (a, b) = (Parts::of(a).core, Parts::of(b).core);
    let same_length = a.split(' ').count() == b.split(' ').count();
    let stands_for = |w: &str| vocabulary::long(w) != w;
    a != b && same_length && a.split(' ').zip(b.split(' ')).all(|(x, y)| x == y || stands_for(x) && stands_for(y))
}

/// The letters without the spaces, so that a lost or a stray space costs nothing; of a town without its class.
fn squeeze(name: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    squeeze_into(name, &mut out);
    out
}

fn squeeze_into(name: &str, out: &mut Vec<u8>) {
    out.clear();
    out.extend(name.bytes().take_while(|b| *b != b'\t').filter(|b| *b != b' '));
}

/// The same with every word in its long form.
fn written_out(name: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len() * 2);
    write_out_into(name, &mut out);
    out
}

fn write_out_into(name: &str, out: &mut Vec<u8>) {
    out.clear();
    for word in name.split('\t').next().unwrap_or("").split(' ') {
        out.extend_from_slice(vocabulary::long(word).as_bytes());
    }
}

fn both_slips(name: &str) -> Vec<u32> {
    let mut all = slips(&squeeze(name));
    all.extend(slips(&written_out(name)));
    all.sort_unstable();
    all.dedup();
    all
}

/// Hashes of the letters, and of the letters with each one left out; sorted, without repetition.
fn slips(letters: &[u8]) -> Vec<u32> {
    let mut out = Vec::with_capacity(letters.len() + 1);
    each_slip(letters, |hash| out.push(hash));
    out.sort_unstable();
    out.dedup();
    out
}

/// The same one by one, as they come.
fn each_slip(letters: &[u8], mut take: impl FnMut(u32)) {
    // Very long texts are not names: each would fill the list with forms that nobody asks for.
    const LONGEST: usize = 60;
    if letters.len() > LONGEST {
        return take(hash32(letters));
    }
    // All forms grow letter by letter side by side; each begins as what stands before the letter that it leaves out.
    let mut forms = [0; LONGEST];
    let mut whole = FNV_START;
    for (at, letter) in letters.iter().enumerate() {
        for form in &mut forms[..at] {
            *form = fnv_step(*form, *letter);
        }
        forms[at] = whole;
        whole = fnv_step(whole, *letter);
    }
    take(folded(whole));
    for (at, form) in forms[..letters.len()].iter().enumerate() {
        // Of two equal letters beside each other it does not matter which one is left out.
        if at == 0 || letters[at] != letters[at - 1] {
            take(folded(*form));
        }
    }
}

fn hash32(bytes: &[u8]) -> u32 {
    folded(fnv(bytes))
}

fn folded(hash: u64) -> u32 {
    (hash ^ (hash >> 32)) as u32
}
