//! What the rows of watched feeds mean, for both databases.

use super::{Result, columns::Columns};
use crate::domain::feed::FeedItem;

pub(super) fn feed_item(r: &impl Columns) -> Result<FeedItem> {
    Ok(FeedItem {
        source: r.parsed("source_id")?,
        item: r.text("item")?,
        fingerprint: r.text("fingerprint")?,
        looked_at: r.instant("looked_at")?,
        taken_at: r.opt_instant("taken_at")?,
        rows: r.u64("rows_read")?,
        accepted: r.u64("accepted")?,
        quarantined: r.u64("quarantined")?,
        error: r.opt_text("error")?,
    })
}
