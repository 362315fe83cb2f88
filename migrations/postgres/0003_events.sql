-- Events, append-only: a correction is a new version. The newest version has no superseded_at; an
-- older one carries the received_at of the version that replaced it.
-- event_day: the calendar day in the source's zone. cell: H3 index as a signed 64-bit integer.
CREATE TABLE events (
    jurisdiction_id TEXT COLLATE "C" NOT NULL,
    event_id UUID NOT NULL,
    version BIGINT NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    content_hash TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    time_precision TEXT COLLATE "C" NOT NULL,
    reported_at TIMESTAMPTZ,
    received_at TIMESTAMPTZ NOT NULL,
    event_day DATE NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    naloxone TEXT COLLATE "C" NOT NULL,
    quantity BIGINT NOT NULL,
    case_definition TEXT COLLATE "C",
    case_version BIGINT,
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    precision TEXT COLLATE "C" NOT NULL,
    uncertainty_m DOUBLE PRECISION,
    cell BIGINT,
    cell_resolution BIGINT,
    area_id TEXT COLLATE "C",
    placed_by TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C",
    town TEXT COLLATE "C",
    zip TEXT COLLATE "C",
    incident_id UUID,
    attributes TEXT COLLATE "C" NOT NULL,
    flags TEXT COLLATE "C" NOT NULL,
    withdrawn BOOLEAN NOT NULL,
    superseded_at TIMESTAMPTZ,
    PRIMARY KEY (jurisdiction_id, event_id, version),
    UNIQUE (jurisdiction_id, source_id, record_id, version)
) PARTITION BY HASH (jurisdiction_id);

CREATE TABLE events_0 PARTITION OF events FOR VALUES WITH (MODULUS 8, REMAINDER 0);
CREATE TABLE events_1 PARTITION OF events FOR VALUES WITH (MODULUS 8, REMAINDER 1);
CREATE TABLE events_2 PARTITION OF events FOR VALUES WITH (MODULUS 8, REMAINDER 2);
CREATE TABLE events_3 PARTITION OF events FOR VALUES WITH (MODULUS 8, REMAINDER 3);
CREATE TABLE events_4 PARTITION OF events FOR VALUES WITH (MODULUS 8, REMAINDER 4);
CREATE TABLE events_5 PARTITION OF events FOR VALUES WITH (MODULUS 8, REMAINDER 5);
CREATE TABLE events_6 PARTITION OF events FOR VALUES WITH (MODULUS 8, REMAINDER 6);
CREATE TABLE events_7 PARTITION OF events FOR VALUES WITH (MODULUS 8, REMAINDER 7);

-- What analysis reads, in its order.
CREATE INDEX events_by_day ON events (jurisdiction_id, event_day, event_id);
-- Pages of the line list, newest first; also the newest occurrence.
CREATE INDEX events_by_time ON events (jurisdiction_id, occurred_at DESC, event_id);
-- What changed since, and the last receipt.
CREATE INDEX events_by_receipt ON events (jurisdiction_id, received_at);
-- The newest occurrence of each source.
CREATE INDEX events_by_source ON events (jurisdiction_id, source_id, occurred_at);
