-- Reports that are one occurrence. Which events belong to it stands in events.incident_id.
CREATE TABLE incidents (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    incident_id BLOB NOT NULL,
    first_at INTEGER NOT NULL,
    reports INTEGER NOT NULL,
    sources INTEGER NOT NULL,
    score REAL NOT NULL,
    by_person INTEGER NOT NULL,
    linked_at INTEGER NOT NULL,
    PRIMARY KEY (jurisdiction_id, incident_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX events_by_incident ON events (jurisdiction_id, incident_id) WHERE incident_id IS NOT NULL;

-- What people said of pairs of events, the smaller id first; the newest word stands.
CREATE TABLE link_decisions (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    event_id BLOB NOT NULL,
    other_id BLOB NOT NULL,
    verdict TEXT NOT NULL,
    note TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (jurisdiction_id, event_id, other_id)
) STRICT, WITHOUT ROWID;

-- Days whose events changed since they were linked. The mark grows with every change, so that what changes while
-- a linking runs is not taken for done.
CREATE TABLE link_due (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    event_day INTEGER NOT NULL,
    mark INTEGER NOT NULL,
    PRIMARY KEY (jurisdiction_id, event_day)
) STRICT, WITHOUT ROWID;

-- What the last linking came to.
CREATE TABLE link_runs (
    jurisdiction_id TEXT NOT NULL PRIMARY KEY REFERENCES jurisdictions,
    computed_at INTEGER NOT NULL,
    method TEXT NOT NULL,
    method_version INTEGER NOT NULL,
    day_from INTEGER NOT NULL,
    day_to INTEGER NOT NULL,
    reports INTEGER NOT NULL,
    pairs INTEGER NOT NULL,
    threshold REAL,
    expected_false REAL
) STRICT, WITHOUT ROWID;

-- What is stored already was never linked.
INSERT INTO link_due (jurisdiction_id, event_day, mark)
SELECT DISTINCT jurisdiction_id, event_day, 1 FROM events WHERE superseded_at IS NULL;
