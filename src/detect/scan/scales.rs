//! The scale of every zone: the share of the area's expectation that each of its windows has at least (or at
//! most), found once for all replicates.

use rayon::prelude::*;

use super::{
    ladder::{Chunk, Slots},
    measure::{Lane, Measure},
    zones::{RowNumber, Zones},
};

/// By stride of all centres: slots of the scale.
pub(super) struct Scales {
    /// At the stride's first place, from below.
    pub first: Vec<u16>,
    /// At its last, from above; empty unless asked for.
    pub last: Vec<u16>,
}

/// How the windows of a zone are bound by one number.
pub(super) enum Bound<'a> {
    /// All windows have the same share.
    Product(f64),
    /// The extremes over these windows: what they take from a sum, and their whole.
    Windows(Vec<&'a (Lane, f64)>),
    /// The extremes over the factors, which hold for every window.
    Factors(&'a [f64]),
    None,
}

/// Scales that serve all of the chunks, or one set for each chunk.
pub(super) struct ScaleSets(Vec<Scales>);

/// Windows up to which one set of scales serves all of them tightly.
const FEW: usize = 64;
/// Bytes up to which every chunk may have its own.
const ROOM: usize = 256 << 20;

impl ScaleSets {
    pub fn new<P: RowNumber, const L: usize>(
        zones: &Zones<P>,
        measure: &Measure,
        chunks: &[Chunk<L>],
        slots: Slots,
        low: bool,
    ) -> Self {
        let whole = measure.whole();
        let set = |bound: &Bound| Scales::new(zones, measure, bound, slots, low);
        let all = Bound::of_all(measure, &whole, chunks);
        let tight = matches!(all, Bound::Product(_) | Bound::Windows(_));
        if !tight && chunks.len() * zones.len() * 4 <= ROOM {
            let of_chunk = |c: &Chunk<L>| set(&Bound::Windows(c.lanes.iter().filter(|lane| lane.1 > 0.0).collect()));
            return Self(chunks.iter().map(of_chunk).collect());
        }
        Self(vec![set(&all)])
    }

    pub fn of_chunk(&self, chunk: usize) -> &Scales {
        &self.0[chunk.min(self.0.len() - 1)]
    }
}

impl Scales {
    fn new<P: RowNumber>(zones: &Zones<P>, measure: &Measure, bound: &Bound, slots: Slots, low: bool) -> Self {
        let of_centre = |centre: usize| {
            let mut sum = vec![0.0; measure.width()];
            let (mut first, mut last) = (Vec::new(), Vec::new());
            for stride in zones.of(centre) {
                for (j, row) in stride.iter().enumerate().filter(|(_, row)| row.at() != zones.blank) {
                    measure.add(&mut sum, row.at());
                    if j == 0 {
                        first.push(slots.below(bound.least(&sum)));
                    }
                }
                if low {
                    last.push(slots.above(bound.most(&sum)));
                }
            }
            (first, last)
        };
        let mut scales = Self {
            first: Vec::with_capacity(zones.len()),
            last: Vec::with_capacity(if low { zones.len() } else { 0 }),
        };
        let centres: Vec<usize> = (0..zones.centres()).collect();
        for block in centres.chunks(512) {
            for (first, last) in block.par_iter().map(|c| of_centre(*c)).collect::<Vec<_>>() {
                scales.first.extend(first);
                scales.last.extend(last);
            }
        }
        scales
    }
}

impl<'a> Bound<'a> {
    /// One that holds for the windows of all chunks. `whole`: the measure's sum over all rows.
    pub fn of_all<const L: usize>(measure: &Measure, whole: &'a [f64], chunks: &'a [Chunk<L>]) -> Self {
        if measure.is_product() {
            return Self::Product(whole[0]);
        }
        if chunks.len() * L <= FEW.max(L) {
            return Self::Windows(chunks.iter().flat_map(|c| &c.lanes).filter(|lane| lane.1 > 0.0).collect());
        }
        match measure {
            Measure::Factors { .. } => Self::Factors(whole),
            Measure::Cells { .. } => Self::None,
        }
    }

    fn shares<'s>(&'s self, sum: &'s [f64]) -> Box<dyn Iterator<Item = f64> + 's> {
        match self {
            Self::Product(whole) => Box::new(std::iter::once(sum[0] / whole)),
            Self::Windows(lanes) => Box::new(lanes.iter().map(|(lane, whole)| lane.expected(sum) / whole)),
            Self::Factors(whole) => {
                Box::new(sum.iter().zip(*whole).filter(|(_, whole)| **whole > 0.0).map(|(s, w)| s / w))
            }
            Self::None => Box::new([0.0, 1.0].into_iter()),
        }
    }

    pub fn least(&self, sum: &[f64]) -> f64 {
        match self {
            Self::Product(whole) => sum[0] / whole,
            _ => self.shares(sum).fold(1.0, f64::min),
        }
    }

    fn most(&self, sum: &[f64]) -> f64 {
        match self {
            Self::Product(whole) => sum[0] / whole,
            _ => self.shares(sum).fold(0.0, f64::max),
        }
    }
}
