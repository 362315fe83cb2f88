//! What everybody may read: totals of a whole jurisdiction over fixed four-week blocks.
//!
//! **Why so little.** Hiding small counts per query can be undone: rolling windows, overlapping areas
//! and margins over kinds or sources give equations from which the hidden counts follow. Here there
//! is one dimension (time), one place (the whole jurisdiction), one kind per table, no margin and no
//! window that overlaps another, so no published number is a sum that contains a hidden one and
//! nothing can be derived by subtraction.
//!
//! **Rule.** Blocks are four MMWR weeks, Sunday to Saturday, counted from Sunday 4 January 1970, so
//! their borders never depend on who asks or when. A block appears once it ended at least
//! [`Settings::settle_days`] days ago. A count below `k` is hidden, zero included: if zeros were shown,
//! a hidden count would be known to within k − 2; so it stays within the k values 0 … k − 1.
//!
//! **Limits.** A table built again after late reports may differ from the one published before; two
//! such tables must not both be given out. Publishing more (areas, kinds with their total) needs
//! complementary suppression solved jointly over everything published: that is a table of its own, not
//! a parameter here.

use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

use super::{Class, Disclose};
use crate::domain::time::{Day, DayRange};

const BLOCK_DAYS: i32 = 28;
/// Sunday 4 January 1970.
const FIRST_SUNDAY: i32 = 3;

/// How the public table is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Counts below this are hidden; at least 2. (6 in Maine, 5 in Wisconsin, 11 for federal rules.)
    pub k: u32,
    /// Days after a block's end before it is published, so that late reports are in.
    pub settle_days: i32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { k: 6, settle_days: 28 }
    }
}

/// A count, or the fact that it is too small to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicCount {
    Shown(u32),
    /// Below k: any of 0 … k − 1.
    Suppressed,
}

/// Written as a number, or as `null` for a suppressed one (beside `"suppressed": true`).
impl Serialize for PublicCount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Shown(n) => serializer.serialize_some(n),
            Self::Suppressed => serializer.serialize_none(),
        }
    }
}

/// One line of the public table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct BlockTotal {
    pub from: Day,
    pub to: Day,
    #[schema(value_type = Option<u32>)]
    pub count: PublicCount,
    pub suppressed: bool,
}

/// The table of one jurisdiction and one kind of event, oldest block first. Only [`table`] makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PublicTable {
    blocks: Vec<BlockTotal>,
    k: u32,
}

impl PublicTable {
    pub fn blocks(&self) -> &[BlockTotal] {
        &self.blocks
    }
}

impl Disclose for PublicTable {
    const CLASS: Class = Class::Open;
}

/// Build the table from one jurisdiction's daily counts of one kind.
///
/// `covered` are the days for which data were collected: a block that is not wholly inside it is
/// left out, because a part of a block is not the block.
pub fn table(
    daily: impl IntoIterator<Item = (Day, u32)>,
    covered: DayRange,
    as_of: Day,
    settings: &Settings,
) -> PublicTable {
    let k = settings.k.max(2);
    let first = block_of(covered.from + (BLOCK_DAYS - 1));
    let last = block_of(covered.to.min(as_of - settings.settle_days.max(0)) + 1) - 1;
    let mut totals = vec![0u32; usize::try_from(last - first + 1).unwrap_or(0)];
    for (day, count) in daily {
        if let Some(total) = usize::try_from(block_of(day) - first).ok().and_then(|i| totals.get_mut(i)) {
            *total = total.saturating_add(count);
        }
    }
    let blocks = (first..)
        .zip(totals)
        .map(|(block, total)| {
            let from = Day::from_epoch_days(FIRST_SUNDAY + block * BLOCK_DAYS);
            let suppressed = total < k;
            let count = if suppressed { PublicCount::Suppressed } else { PublicCount::Shown(total) };
            BlockTotal { from, to: from + (BLOCK_DAYS - 1), count, suppressed }
        })
        .collect();
    PublicTable { blocks, k }
}

/// Number of the block that holds a day.
fn block_of(day: Day) -> i32 {
    (day.epoch_days() - FIRST_SUNDAY).div_euclid(BLOCK_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: i32) -> Day {
        Day::from_epoch_days(n)
    }

    #[test]
    fn blocks_are_whole_settled_and_start_on_sundays() {
        let covered = DayRange::new(day(10), day(300)).unwrap();
        let table = table(covered.days().map(|d| (d, 1)), covered, day(200), &Settings::default());
        let blocks = table.blocks();
        assert!(blocks.iter().all(|b| b.from.weekday_index() == 6 && b.to - b.from == 27));
        assert_eq!(blocks[0].from, day(FIRST_SUNDAY + 28), "the first block began before the data did");
        assert!(blocks.iter().all(|b| b.to <= day(200 - 28) && b.count == PublicCount::Shown(28)));
        assert!(blocks.last().unwrap().to + 28 > day(200 - 28), "the newest settled block is there");
    }

    #[test]
    fn a_hidden_count_could_be_any_of_k_values() {
        let covered = DayRange::new(day(FIRST_SUNDAY), day(FIRST_SUNDAY + 27)).unwrap();
        for n in 0..20 {
            let table = table([(day(10), n)], covered, day(400), &Settings::default());
            let [block] = table.blocks() else { panic!("one block") };
            assert_eq!(block.count, if n < 6 { PublicCount::Suppressed } else { PublicCount::Shown(n) }, "{n}");
        }
    }

    #[test]
    fn the_table_does_not_depend_on_what_was_asked_for() {
        let all = DayRange::new(day(0), day(400)).unwrap();
        let some = DayRange::new(day(50), day(300)).unwrap();
        let daily: Vec<_> = all.days().map(|d| (d, (d.epoch_days() % 3) as u32)).collect();
        let whole = table(daily.clone(), all, day(500), &Settings::default());
        let part = table(daily, some, day(500), &Settings::default());
        assert!(!part.blocks().is_empty());
        assert!(part.blocks().iter().all(|b| whole.blocks().contains(b)));
    }

    #[test]
    fn a_suppressed_count_is_written_without_its_number() {
        let covered = DayRange::new(day(FIRST_SUNDAY), day(FIRST_SUNDAY + 27)).unwrap();
        let table = table([(day(10), 4)], covered, day(400), &Settings::default());
        let text = serde_json::to_string(&table.blocks()[0]).unwrap();
        assert_eq!(text, r#"{"from":"1970-01-04","to":"1970-01-31","count":null,"suppressed":true}"#);
    }
}
