//! Rows of `hotspots` as they are read from either database.

use super::{Result, columns::Columns};
use crate::domain::{
    hotspot::{Hotspot, HotspotCategory},
    time::Day,
};

pub(super) fn hotspot(r: &impl Columns) -> Result<Hotspot> {
    let category = |column| -> Result<Option<HotspotCategory>> {
        let Some(text) = r.opt_text(column)? else { return Ok(None) };
        let known = HotspotCategory::parse(&text);
        known.map(Some).ok_or_else(|| r.corrupt(column, format!("\"{text}\" is not a known word")))
    };
    Ok(Hotspot {
        cell: r.opt_cell()?.ok_or_else(|| r.corrupt("cell", "is missing"))?,
        category: category("category")?,
        previous: category("previous")?,
        since: r.opt_text("since")?.map(|day| day.parse::<Day>().map_err(|e| r.corrupt("since", e))).transpose()?,
        events: r.u32("events")?,
        nearby_events: r.u32("nearby_events")?,
        weeks_hot: r.u32("weeks_hot")?,
        weeks_cold: r.u32("weeks_cold")?,
        recent: r.text("recent")?,
        z: r.real("z")?,
        p_value: r.real("p_value")?,
        trend_z: r.opt_real("trend_z")?,
        trend_p: r.opt_real("trend_p")?,
    })
}
