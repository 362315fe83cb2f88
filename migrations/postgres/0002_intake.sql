-- Feeds, rows that wait for a person, and counts of rows that were not cases.
-- events: newest versions that are not withdrawn, kept in step by every append.
CREATE TABLE sources (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    source_id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    zone TEXT COLLATE "C" NOT NULL,
    mapping TEXT COLLATE "C" NOT NULL,
    expected_every_hours DOUBLE PRECISION,
    events BIGINT NOT NULL DEFAULT 0,
    last_received_at TIMESTAMPTZ,
    PRIMARY KEY (jurisdiction_id, source_id)
);

CREATE TABLE rejects (
    jurisdiction_id TEXT COLLATE "C" NOT NULL,
    reject_id UUID NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    line BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C",
    message TEXT COLLATE "C" NOT NULL,
    "row" TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (jurisdiction_id, reject_id),
    FOREIGN KEY (jurisdiction_id, source_id) REFERENCES sources
);

CREATE INDEX rejects_waiting ON rejects (jurisdiction_id, received_at, line, reject_id) WHERE state = 'waiting';

CREATE TABLE not_cases (
    jurisdiction_id TEXT COLLATE "C" NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    label TEXT COLLATE "C" NOT NULL,
    rows BIGINT NOT NULL,
    PRIMARY KEY (jurisdiction_id, source_id, label),
    FOREIGN KEY (jurisdiction_id, source_id) REFERENCES sources
);
