-- A jurisdiction's own alert rules; those that are built in stand in no table until somebody changes them.
CREATE TABLE alert_rules (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    rule_id TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    places TEXT NOT NULL,
    measure TEXT COLLATE "C" NOT NULL,
    tier TEXT COLLATE "C" NOT NULL,
    false_alerts_per_year DOUBLE PRECISION NOT NULL,
    enabled BOOLEAN NOT NULL,
    changed_at TIMESTAMPTZ,
    changed_by TEXT NOT NULL,
    PRIMARY KEY (jurisdiction_id, rule_id)
);

-- Where each area stands under each rule, and what the rule can see there; of the latest analysis.
CREATE TABLE rule_standings (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    rule_id TEXT COLLATE "C" NOT NULL,
    area_id TEXT COLLATE "C" NOT NULL,
    as_of DATE NOT NULL,
    usual_per_day DOUBLE PRECISION,
    recurrence_interval_days DOUBLE PRECISION,
    sees_double DOUBLE PRECISION,
    sees_triple DOUBLE PRECISION,
    sees_extra BIGINT,
    would_have_begun BIGINT,
    days_judged BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (jurisdiction_id, rule_id, area_id)
);

-- Which of the overdoses are counted.
ALTER TABLE signals ADD COLUMN measure TEXT COLLATE "C" NOT NULL DEFAULT 'overdoses';
ALTER TABLE alerts ADD COLUMN measure TEXT COLLATE "C" NOT NULL DEFAULT 'overdoses';
