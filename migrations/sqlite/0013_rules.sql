-- A jurisdiction's own alert rules; those that are built in stand in no table until somebody changes them.
CREATE TABLE alert_rules (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    rule_id TEXT NOT NULL,
    name TEXT NOT NULL,
    places TEXT NOT NULL,
    measure TEXT NOT NULL,
    tier TEXT NOT NULL,
    false_alerts_per_year REAL NOT NULL,
    enabled INTEGER NOT NULL,
    changed_at INTEGER,
    changed_by TEXT NOT NULL,
    PRIMARY KEY (jurisdiction_id, rule_id)
) STRICT, WITHOUT ROWID;

-- Where each area stands under each rule, and what the rule can see there; of the latest analysis.
CREATE TABLE rule_standings (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    rule_id TEXT NOT NULL,
    area_id TEXT NOT NULL,
    as_of INTEGER NOT NULL,
    usual_per_day REAL,
    recurrence_interval_days REAL,
    sees_double REAL,
    sees_triple REAL,
    sees_extra INTEGER,
    would_have_begun INTEGER,
    days_judged INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (jurisdiction_id, rule_id, area_id)
) STRICT, WITHOUT ROWID;

-- Which of the overdoses are counted.
ALTER TABLE signals ADD COLUMN measure TEXT NOT NULL DEFAULT 'overdoses';
ALTER TABLE alerts ADD COLUMN measure TEXT NOT NULL DEFAULT 'overdoses';
