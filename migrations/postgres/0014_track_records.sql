-- What became of the forecasts that people saw, by level; of the latest analysis.
CREATE TABLE track_records (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    level TEXT COLLATE "C" NOT NULL,
    first_issued DATE NOT NULL,
    last_issued DATE NOT NULL,
    issue_days BIGINT NOT NULL,
    window_days BIGINT NOT NULL,
    named BIGINT NOT NULL,
    named_with_event BIGINT NOT NULL,
    history_with_event BIGINT NOT NULL,
    forecasts BIGINT NOT NULL,
    inside_80 BIGINT NOT NULL,
    error DOUBLE PRECISION,
    history_error DOUBLE PRECISION,
    sentence TEXT NOT NULL,
    PRIMARY KEY (jurisdiction_id, level)
);

-- Past forecasts are read by day when they are judged, and pruned by it.
CREATE INDEX forecasts_by_day ON forecasts (jurisdiction_id, issued);

-- Of what a forecast consists.
ALTER TABLE forecasts ADD COLUMN detail TEXT;

-- What was usual when people were last told of an alert.
ALTER TABLE alerts ADD COLUMN told_expected DOUBLE PRECISION DEFAULT 0;
