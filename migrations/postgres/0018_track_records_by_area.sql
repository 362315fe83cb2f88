-- What became of past forecasts, of each area too. Derived from stored forecasts: the next analysis fills it again.
DROP TABLE track_records;

CREATE TABLE track_records (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    level TEXT COLLATE "C" NOT NULL,
    -- Empty: all of the jurisdiction.
    area_id TEXT COLLATE "C" NOT NULL DEFAULT '',
    area_name TEXT NOT NULL DEFAULT '',
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
    PRIMARY KEY (jurisdiction_id, level, area_id)
);
