-- What was taken from watched folders and addresses: one row a file, or an address.
CREATE TABLE feed_items (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    source_id TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    looked_at TIMESTAMPTZ NOT NULL,
    taken_at TIMESTAMPTZ,
    rows_read BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    quarantined BIGINT NOT NULL,
    error TEXT,
    PRIMARY KEY (jurisdiction_id, source_id, item)
);
