-- What was taken from watched folders and addresses: one row a file, or an address.
CREATE TABLE feed_items (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    source_id TEXT NOT NULL,
    item TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    looked_at INTEGER NOT NULL,
    taken_at INTEGER,
    rows_read INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    quarantined INTEGER NOT NULL,
    error TEXT,
    PRIMARY KEY (jurisdiction_id, source_id, item)
) STRICT, WITHOUT ROWID;
