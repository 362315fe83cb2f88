-- Events, append-only: a correction is a new version. The newest version has no superseded_at; an
-- older one carries the received_at of the version that replaced it.
-- event_day: days since 1970-01-01 in the source's zone. cell: H3 index as a signed 64-bit integer.
CREATE TABLE events (
    jurisdiction_id TEXT NOT NULL,
    event_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    source_id TEXT NOT NULL,
    record_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    kind TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    time_precision TEXT NOT NULL,
    reported_at INTEGER,
    received_at INTEGER NOT NULL,
    event_day INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    naloxone TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    case_definition TEXT,
    case_version INTEGER,
    latitude REAL,
    longitude REAL,
    precision TEXT NOT NULL,
    uncertainty_m REAL,
    cell INTEGER,
    cell_resolution INTEGER,
    area_id TEXT,
    placed_by TEXT NOT NULL,
    address TEXT,
    town TEXT,
    zip TEXT,
    incident_id BLOB,
    attributes TEXT NOT NULL,
    flags TEXT NOT NULL,
    withdrawn INTEGER NOT NULL,
    superseded_at INTEGER,
    PRIMARY KEY (jurisdiction_id, event_id, version),
    UNIQUE (jurisdiction_id, source_id, record_id, version)
) STRICT;

-- What analysis reads, in its order.
CREATE INDEX events_by_day ON events (jurisdiction_id, event_day, event_id);
-- Pages of the line list, newest first; also the newest occurrence.
CREATE INDEX events_by_time ON events (jurisdiction_id, occurred_at DESC, event_id);
-- What changed since, and the last receipt.
CREATE INDEX events_by_receipt ON events (jurisdiction_id, received_at);
-- The newest occurrence of each source.
CREATE INDEX events_by_source ON events (jurisdiction_id, source_id, occurred_at);
