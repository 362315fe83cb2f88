-- Feeds that fell silent, and batches that say nothing about time: kept after they closed.
CREATE TABLE data_gaps (
    jurisdiction_id TEXT NOT NULL,
    gap_id BLOB NOT NULL,
    source_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    since INTEGER NOT NULL,
    noticed_at INTEGER NOT NULL,
    closed_at INTEGER,
    usual_per_day REAL,
    events INTEGER NOT NULL,
    areas TEXT NOT NULL,
    PRIMARY KEY (jurisdiction_id, gap_id),
    FOREIGN KEY (jurisdiction_id, source_id) REFERENCES sources
) STRICT, WITHOUT ROWID;

-- What is known of the day that is judged, and the silent feeds that a conclusion waits for.
ALTER TABLE area_status ADD COLUMN share_known REAL NOT NULL DEFAULT 1;
ALTER TABLE area_status ADD COLUMN waits_for TEXT NOT NULL DEFAULT '[]';
