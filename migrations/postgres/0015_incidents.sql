-- Reports that are one occurrence. Which events belong to it stands in events.incident_id.
CREATE TABLE incidents (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    incident_id UUID NOT NULL,
    first_at TIMESTAMPTZ NOT NULL,
    reports BIGINT NOT NULL,
    sources BIGINT NOT NULL,
    score DOUBLE PRECISION NOT NULL,
    by_person BOOLEAN NOT NULL,
    linked_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (jurisdiction_id, incident_id)
);

CREATE INDEX events_by_incident ON events (jurisdiction_id, incident_id) WHERE incident_id IS NOT NULL;

-- What people said of pairs of events, the smaller id first; the newest word stands.
CREATE TABLE link_decisions (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    event_id UUID NOT NULL,
    other_id UUID NOT NULL,
    verdict TEXT COLLATE "C" NOT NULL,
    note TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (jurisdiction_id, event_id, other_id)
);

-- Days whose events changed since they were linked. The mark grows with every change, so that what changes while
-- a linking runs is not taken for done.
CREATE TABLE link_due (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    event_day DATE NOT NULL,
    mark BIGINT NOT NULL,
    PRIMARY KEY (jurisdiction_id, event_day)
);

-- What the last linking came to.
CREATE TABLE link_runs (
    jurisdiction_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES jurisdictions,
    computed_at TIMESTAMPTZ NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    method_version BIGINT NOT NULL,
    day_from DATE NOT NULL,
    day_to DATE NOT NULL,
    reports BIGINT NOT NULL,
    pairs BIGINT NOT NULL,
    threshold DOUBLE PRECISION,
    expected_false DOUBLE PRECISION
);

-- What is stored already was never linked.
INSERT INTO link_due (jurisdiction_id, event_day, mark)
SELECT DISTINCT jurisdiction_id, event_day, 1 FROM events WHERE superseded_at IS NULL;
