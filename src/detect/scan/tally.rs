//! The cases of one world, observed or drawn, as the sweep wants them: for every row its counts in all windows of
//! a chunk, side by side.

use super::{ladder::Chunk, windows::Window, zones::STRIDE};

/// Counter of one row in one lane.
pub(super) trait Count: Copy + Default + Send + Sync + 'static {
    /// Counts of many rows together.
    type Sum: Sum;
    /// `n` fits: the caller chooses the counter by the counts.
    fn from_u32(n: u32) -> Self;
    fn plus(self, other: Self) -> Self;
    fn widen(self) -> Self::Sum;
}

/// Sum of counts in one lane.
pub(super) trait Sum: Copy + Default + Send + Sync + 'static {
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn to_usize(self) -> usize;
    /// As the tables' numbers; too large ones as the largest, which the tables take for "may be enough".
    fn capped(self) -> i16;
}

macro_rules! sum {
    ($t:ty) => {
        impl Sum for $t {
            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline(always)]
            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            fn to_usize(self) -> usize {
                self as usize
            }
            #[inline(always)]
            fn capped(self) -> i16 {
                #[allow(clippy::unnecessary_cast, reason = "one of the two types is the tables' own")]
                {
                    self.min(i16::MAX as $t) as i16
                }
            }
        }
    };
}
sum!(i16);
sum!(i32);

macro_rules! count {
    ($t:ty, $sum:ty) => {
        impl Count for $t {
            type Sum = $sum;
            fn from_u32(n: u32) -> Self {
                n as $t
            }
            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline(always)]
            fn widen(self) -> $sum {
                <$sum>::from(self)
            }
        }
    };
}
// Eight rows of a stride are added before they are widened.
count!(u8, i16);
count!(i16, i16);
count!(i32, i32);

/// The most cases of a stride for which bytes will do.
const BYTE_FITS: u32 = u8::MAX as u32;
/// The most cases of all rows for which 16 bits will do.
const SHORT_FITS: u32 = i16::MAX as u32 - 1;

/// Rows of counts, and one more that stays empty; in as few bytes as will do.
pub(super) enum Rows<'a, const L: usize> {
    Bytes(&'a [[u8; L]]),
    Shorts(&'a [[i16; L]]),
    Words(&'a [[i32; L]]),
}

/// The cases of one world, and room for the rows made of them. One per thread.
#[derive(Default)]
pub(super) struct Tally<const L: usize> {
    rows: usize,
    live: Window,
    /// Row and interval of every case, in no order; the same pair may come again.
    cases: Vec<(u32, u32, u32)>,
    /// By row and then interval of `live`, from 0: cases before it. Made where there are many chunks.
    before: Vec<u32>,
    /// By interval of `live`, from 0: cases of all rows before it.
    all_before: Vec<u32>,
    by_row: Vec<u32>,
    bytes: Vec<[u8; L]>,
    shorts: Vec<[i16; L]>,
    words: Vec<[i32; L]>,
}

impl<const L: usize> Tally<L> {
    /// `live`: the union of all windows; cases (row, interval, count) outside it are none of ours.
    pub fn new(rows: usize, live: Window) -> Self {
        Self { rows, live, ..Self::default() }
    }

    /// Take another world. `many`: will more than a few chunks be asked for?
    pub fn set(&mut self, cases: impl Iterator<Item = (u32, u32, u32)>, many: bool) {
        self.cases.clear();
        self.cases.extend(cases.filter(|c| self.live.contains(c.1)));
        let width = self.live.len() + 1;
        self.all_before.clear();
        self.all_before.resize(width, 0);
        self.before.clear();
        self.before.resize(if many { width * self.rows } else { 0 }, 0);
        for &(row, interval, count) in &self.cases {
            let after = (interval - self.live.from) as usize + 1;
            self.all_before[after] += count;
            if many {
                self.before[row as usize * width + after] += count;
            }
        }
        for row in self.before.chunks_mut(width).chain([self.all_before.as_mut_slice()]) {
            (1..width).for_each(|t| row[t] += row[t - 1]);
        }
    }

    /// Cases of the whole area in a window.
    pub fn all(&self, w: Window) -> u32 {
        self.all_before[(w.to - self.live.from) as usize + 1] - self.all_before[(w.from - self.live.from) as usize]
    }

    /// Rows for the windows of a chunk.
    pub fn rows(&mut self, chunk: &Chunk<L>) -> Rows<'_, L> {
        self.by_row.clear();
        if self.before.is_empty() {
            self.by_row.resize(self.rows, 0);
            for &(row, _, count) in self.cases.iter().filter(|c| chunk.live.contains(c.1)) {
                self.by_row[row as usize] += count;
            }
        } else {
            let (from, to) = self.ends(chunk.live);
            self.by_row.extend(self.before.chunks(self.live.len() + 1).map(|row| row[to] - row[from]));
        }
        let stride = self.most_of_a_stride();
        let short = self.all(chunk.live) <= SHORT_FITS;
        if short && stride <= BYTE_FITS {
            let room = std::mem::take(&mut self.bytes);
            self.bytes = self.filled(room, chunk);
            Rows::Bytes(&self.bytes)
        } else if short {
            let room = std::mem::take(&mut self.shorts);
            self.shorts = self.filled(room, chunk);
            Rows::Shorts(&self.shorts)
        } else {
            let room = std::mem::take(&mut self.words);
            self.words = self.filled(room, chunk);
            Rows::Words(&self.words)
        }
    }

    /// No stride holds more cases than the rows that have most. Leaves `by_row` in another order.
    fn most_of_a_stride(&mut self) -> u32 {
        let most = self.by_row.iter().copied().max().unwrap_or(0);
        if most * STRIDE as u32 <= BYTE_FITS || self.by_row.len() <= STRIDE {
            return most * STRIDE as u32;
        }
        let (top, nth, _) = self.by_row.select_nth_unstable_by(STRIDE - 1, |a, b| b.cmp(a));
        top.iter().sum::<u32>() + *nth
    }

    /// Entries of a row of `before` where a window begins and ends.
    fn ends(&self, w: Window) -> (usize, usize) {
        ((w.from - self.live.from) as usize, (w.to - self.live.from) as usize + 1)
    }

    /// Rows for a chunk, in the room of older ones.
    fn filled<C: Count>(&self, mut out: Vec<[C; L]>, chunk: &Chunk<L>) -> Vec<[C; L]> {
        out.clear();
        out.resize(self.rows + 1, [C::default(); L]);
        if self.before.is_empty() {
            for &(row, interval, count) in &self.cases {
                for (n, w) in out[row as usize].iter_mut().zip(&chunk.windows) {
                    // Without a branch: which windows hold a case is anybody's guess.
                    *n = n.plus(C::from_u32(if w.contains(interval) { count } else { 0 }));
                }
            }
            return out;
        }
        let ends: Vec<(usize, usize)> = chunk.windows.iter().map(|w| self.ends(*w)).collect();
        let (first, lanes) = (ends[0], ends.len());
        let in_a_row = ends.iter().enumerate().all(|(i, e)| *e == (first.0 + i, first.1 + i));
        for (out, before) in out.iter_mut().zip(self.before.chunks(self.live.len() + 1)) {
            if in_a_row {
                let (from, to) = (&before[first.0..first.0 + lanes], &before[first.1..first.1 + lanes]);
                for ((n, from), to) in out.iter_mut().zip(from).zip(to) {
                    *n = C::from_u32(to - from);
                }
            } else {
                for (n, (from, to)) in out.iter_mut().zip(&ends) {
                    *n = C::from_u32(before[*to] - before[*from]);
                }
            }
        }
        out
    }
}
