-- Feeds, rows that wait for a person, and counts of rows that were not cases.
-- Instants are UTC microseconds since 1970, here and everywhere.
-- events: newest versions that are not withdrawn, kept in step by every append.
CREATE TABLE sources (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    source_id TEXT NOT NULL,
    name TEXT NOT NULL,
    zone TEXT NOT NULL,
    mapping TEXT NOT NULL,
    expected_every_hours REAL,
    events INTEGER NOT NULL DEFAULT 0,
    last_received_at INTEGER,
    PRIMARY KEY (jurisdiction_id, source_id)
) STRICT;

CREATE TABLE rejects (
    jurisdiction_id TEXT NOT NULL,
    reject_id BLOB NOT NULL,
    source_id TEXT NOT NULL,
    origin TEXT NOT NULL,
    line INTEGER NOT NULL,
    reason TEXT NOT NULL,
    field TEXT,
    message TEXT NOT NULL,
    "row" TEXT NOT NULL,
    state TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (jurisdiction_id, reject_id),
    FOREIGN KEY (jurisdiction_id, source_id) REFERENCES sources
) STRICT;

CREATE INDEX rejects_waiting ON rejects (jurisdiction_id, received_at, line, reject_id) WHERE state = 'waiting';

CREATE TABLE not_cases (
    jurisdiction_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    label TEXT NOT NULL,
    rows INTEGER NOT NULL,
    PRIMARY KEY (jurisdiction_id, source_id, label),
    FOREIGN KEY (jurisdiction_id, source_id) REFERENCES sources
) STRICT;
