-- Rows in quarantine stand in groups of one fault; who settled each, when, and by which rule.
-- group_id is filled for older rows by the program when it migrates.
ALTER TABLE rejects ADD COLUMN group_id BLOB;
ALTER TABLE rejects ADD COLUMN pattern TEXT NOT NULL DEFAULT '';
ALTER TABLE rejects ADD COLUMN settled_at INTEGER;
ALTER TABLE rejects ADD COLUMN settled_by TEXT;
ALTER TABLE rejects ADD COLUMN rule_id BLOB;

CREATE INDEX rejects_in_groups ON rejects (jurisdiction_id, group_id, received_at, line, reject_id)
    WHERE state = 'waiting';
-- Rows that came before there were groups; empty once they have theirs.
CREATE INDEX rejects_ungrouped ON rejects (reject_id) WHERE group_id IS NULL;
CREATE INDEX rejects_by_rule ON rejects (jurisdiction_id, rule_id) WHERE rule_id IS NOT NULL;

-- Rules that mend a group. A rule that stands is applied to later deliveries until it is ended.
CREATE TABLE mend_rules (
    jurisdiction_id TEXT NOT NULL,
    rule_id BLOB NOT NULL,
    source_id TEXT NOT NULL,
    group_id BLOB NOT NULL,
    reason TEXT NOT NULL,
    field TEXT,
    pattern TEXT NOT NULL,
    mends TEXT NOT NULL,
    note TEXT NOT NULL,
    standing INTEGER NOT NULL,
    state TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    done_at INTEGER,
    still_bad INTEGER NOT NULL,
    PRIMARY KEY (jurisdiction_id, rule_id),
    FOREIGN KEY (jurisdiction_id, source_id) REFERENCES sources
) STRICT, WITHOUT ROWID;

-- What became of the rows of each delivery: a file read once, or an hour of requests.
CREATE TABLE deliveries (
    jurisdiction_id TEXT NOT NULL,
    delivery_id BLOB NOT NULL,
    source_id TEXT NOT NULL,
    origin TEXT NOT NULL,
    at INTEGER NOT NULL,
    read_rows INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    quarantined INTEGER NOT NULL,
    mended INTEGER NOT NULL,
    not_cases INTEGER NOT NULL,
    elsewhere INTEGER NOT NULL,
    PRIMARY KEY (jurisdiction_id, delivery_id),
    FOREIGN KEY (jurisdiction_id, source_id) REFERENCES sources
) STRICT, WITHOUT ROWID;

CREATE INDEX deliveries_by_time ON deliveries (jurisdiction_id, at);
