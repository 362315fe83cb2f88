-- What became of past forecasts, of each area too. Derived from stored forecasts: the next analysis fills it again.
DROP TABLE track_records;

CREATE TABLE track_records (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    level TEXT NOT NULL,
    -- Empty: all of the jurisdiction.
    area_id TEXT NOT NULL DEFAULT '',
    area_name TEXT NOT NULL DEFAULT '',
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
    PRIMARY KEY (jurisdiction_id, level, area_id)
) STRICT, WITHOUT ROWID;
