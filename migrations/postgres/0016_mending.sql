-- Rows in quarantine stand in groups of one fault; who settled each, when, and by which rule.
-- group_id is filled for older rows by the program when it migrates.
ALTER TABLE rejects ADD COLUMN group_id UUID;
ALTER TABLE rejects ADD COLUMN pattern TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE rejects ADD COLUMN settled_at TIMESTAMPTZ;
ALTER TABLE rejects ADD COLUMN settled_by TEXT COLLATE "C";
ALTER TABLE rejects ADD COLUMN rule_id UUID;

CREATE INDEX rejects_in_groups ON rejects (jurisdiction_id, group_id, received_at, line, reject_id)
    WHERE state = 'waiting';
-- Rows that came before there were groups; empty once they have theirs.
CREATE INDEX rejects_ungrouped ON rejects (reject_id) WHERE group_id IS NULL;
CREATE INDEX rejects_by_rule ON rejects (jurisdiction_id, rule_id) WHERE rule_id IS NOT NULL;

-- Rules that mend a group. A rule that stands is applied to later deliveries until it is ended.
CREATE TABLE mend_rules (
    jurisdiction_id TEXT COLLATE "C" NOT NULL,
    rule_id UUID NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    group_id UUID NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C",
    pattern TEXT COLLATE "C" NOT NULL,
    mends TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    standing BOOLEAN NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    made_by TEXT COLLATE "C" NOT NULL,
    done_at TIMESTAMPTZ,
    still_bad BIGINT NOT NULL,
    PRIMARY KEY (jurisdiction_id, rule_id),
    FOREIGN KEY (jurisdiction_id, source_id) REFERENCES sources
);

-- What became of the rows of each delivery: a file read once, or an hour of requests.
CREATE TABLE deliveries (
    jurisdiction_id TEXT COLLATE "C" NOT NULL,
    delivery_id UUID NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    read_rows BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    quarantined BIGINT NOT NULL,
    mended BIGINT NOT NULL,
    not_cases BIGINT NOT NULL,
    elsewhere BIGINT NOT NULL,
    PRIMARY KEY (jurisdiction_id, delivery_id),
    FOREIGN KEY (jurisdiction_id, source_id) REFERENCES sources
);

CREATE INDEX deliveries_by_time ON deliveries (jurisdiction_id, at);
