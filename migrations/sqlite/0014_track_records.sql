-- What became of the forecasts that people saw, by level; of the latest analysis.
CREATE TABLE track_records (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    level TEXT NOT NULL,
    first_issued INTEGER NOT NULL,
    last_issued INTEGER NOT NULL,
    issue_days INTEGER NOT NULL,
    window_days INTEGER NOT NULL,
    named INTEGER NOT NULL,
    named_with_event INTEGER NOT NULL,
    history_with_event INTEGER NOT NULL,
    forecasts INTEGER NOT NULL,
    inside_80 INTEGER NOT NULL,
    error REAL,
    history_error REAL,
    sentence TEXT NOT NULL,
    PRIMARY KEY (jurisdiction_id, level)
) STRICT, WITHOUT ROWID;

-- Past forecasts are read by day when they are judged, and pruned by it.
CREATE INDEX forecasts_by_day ON forecasts (jurisdiction_id, issued);

-- Of what a forecast consists.
ALTER TABLE forecasts ADD COLUMN detail TEXT;

-- What was usual when people were last told of an alert.
ALTER TABLE alerts ADD COLUMN told_expected REAL DEFAULT 0;
