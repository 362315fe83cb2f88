-- Agreements of two jurisdictions to link their reports. Each stands twice, once with either side, so that every row
-- has one owner; nothing is removed when it ends.
CREATE TABLE agreements (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    agreement_id BLOB NOT NULL,
    other_id TEXT NOT NULL,
    proposed_here INTEGER NOT NULL,
    note TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at INTEGER NOT NULL,
    confirmed_by TEXT,
    confirmed_at INTEGER,
    ended_here INTEGER,
    ended_by TEXT,
    ended_at INTEGER,
    PRIMARY KEY (jurisdiction_id, agreement_id)
) STRICT, WITHOUT ROWID;

-- Between two there is at most one that has not ended.
CREATE UNIQUE INDEX agreements_open ON agreements (jurisdiction_id, other_id) WHERE ended_at IS NULL;

-- Days of either side that changed since the two were linked. Kept with the side whose jobs link them; the mark grows
-- with every change, as in link_due.
CREATE TABLE agreement_due (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    agreement_id BLOB NOT NULL,
    event_day INTEGER NOT NULL,
    mark INTEGER NOT NULL,
    PRIMARY KEY (jurisdiction_id, agreement_id, event_day)
) STRICT, WITHOUT ROWID;

-- Events of which a source of another jurisdiction tells, too. Which source and which event is not kept. A block of
-- days says by itself what it found, so an event at its edge may stand here for two.
CREATE TABLE told_elsewhere (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    agreement_id BLOB NOT NULL,
    block INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    PRIMARY KEY (jurisdiction_id, agreement_id, block, event_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX told_elsewhere_by_event ON told_elsewhere (jurisdiction_id, event_id);
