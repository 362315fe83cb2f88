-- Agreements of two jurisdictions to link their reports. Each stands twice, once with either side, so that every row
-- has one owner; nothing is removed when it ends.
CREATE TABLE agreements (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    agreement_id UUID NOT NULL,
    other_id TEXT COLLATE "C" NOT NULL,
    proposed_here BOOLEAN NOT NULL,
    note TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at TIMESTAMPTZ NOT NULL,
    confirmed_by TEXT,
    confirmed_at TIMESTAMPTZ,
    ended_here BOOLEAN,
    ended_by TEXT,
    ended_at TIMESTAMPTZ,
    PRIMARY KEY (jurisdiction_id, agreement_id)
);

-- Between two there is at most one that has not ended.
CREATE UNIQUE INDEX agreements_open ON agreements (jurisdiction_id, other_id) WHERE ended_at IS NULL;

-- Days of either side that changed since the two were linked. Kept with the side whose jobs link them; the mark grows
-- with every change, as in link_due.
CREATE TABLE agreement_due (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    agreement_id UUID NOT NULL,
    event_day DATE NOT NULL,
    mark BIGINT NOT NULL,
    PRIMARY KEY (jurisdiction_id, agreement_id, event_day)
);

-- Events of which a source of another jurisdiction tells, too. Which source and which event is not kept. A block of
-- days says by itself what it found, so an event at its edge may stand here for two.
CREATE TABLE told_elsewhere (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    agreement_id UUID NOT NULL,
    block BIGINT NOT NULL,
    event_id UUID NOT NULL,
    PRIMARY KEY (jurisdiction_id, agreement_id, block, event_id)
);

CREATE INDEX told_elsewhere_by_event ON told_elsewhere (jurisdiction_id, event_id);
