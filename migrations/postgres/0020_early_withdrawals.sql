-- What took a record back, or said that it is no case, before the record itself came. Of the record only a digest of
-- its id is kept: most of them are no business of ours.
CREATE TABLE early_withdrawals (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    source_id TEXT COLLATE "C" NOT NULL,
    record_digest BYTEA NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    because TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (jurisdiction_id, source_id, record_digest)
);
