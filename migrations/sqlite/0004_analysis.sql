-- Runs of the analysis and what they derived. Every run's forecasts are kept for the record; the
-- current ones are those of the latest run that wrote the kind.
CREATE TABLE runs (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    run_id BLOB NOT NULL,
    as_of INTEGER NOT NULL,
    computed_at INTEGER NOT NULL,
    newest_event_at INTEGER,
    last_received_at INTEGER,
    events INTEGER NOT NULL,
    elapsed_ms INTEGER NOT NULL,
    settings TEXT NOT NULL,
    PRIMARY KEY (jurisdiction_id, run_id)
) STRICT;

CREATE INDEX runs_newest ON runs (jurisdiction_id, computed_at);

CREATE TABLE signals (
    jurisdiction_id TEXT NOT NULL,
    signal_id BLOB NOT NULL,
    run_id BLOB NOT NULL,
    as_of INTEGER NOT NULL,
    method TEXT NOT NULL,
    method_version INTEGER NOT NULL,
    seed TEXT,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    cells TEXT NOT NULL,
    area_id TEXT,
    latitude REAL,
    longitude REAL,
    radius_km REAL,
    place_name TEXT NOT NULL,
    window_from INTEGER NOT NULL,
    window_to INTEGER NOT NULL,
    observed INTEGER NOT NULL,
    expected REAL,
    expected_low REAL,
    expected_high REAL,
    relative_risk REAL,
    statistic REAL,
    p_value REAL,
    recurrence_interval_days REAL,
    replications INTEGER,
    events TEXT NOT NULL,
    caveats TEXT NOT NULL,
    PRIMARY KEY (jurisdiction_id, signal_id),
    FOREIGN KEY (jurisdiction_id, run_id) REFERENCES runs
) STRICT;

CREATE INDEX signals_by_day ON signals (jurisdiction_id, as_of DESC, recurrence_interval_days DESC, signal_id);

CREATE TABLE forecasts (
    jurisdiction_id TEXT NOT NULL,
    run_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    level TEXT NOT NULL,
    position INTEGER NOT NULL,
    issued INTEGER NOT NULL,
    cell INTEGER,
    cell_resolution INTEGER,
    area_id TEXT,
    window_from INTEGER NOT NULL,
    window_to INTEGER NOT NULL,
    method TEXT NOT NULL,
    method_version INTEGER NOT NULL,
    seed TEXT,
    mean REAL,
    quantiles TEXT NOT NULL,
    p_at_least_one REAL,
    history_mean REAL,
    caveat TEXT NOT NULL,
    PRIMARY KEY (jurisdiction_id, run_id, kind, level, position),
    FOREIGN KEY (jurisdiction_id, run_id) REFERENCES runs
) STRICT, WITHOUT ROWID;

-- Which run's forecasts of a kind are the current ones.
CREATE TABLE current_forecasts (
    jurisdiction_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    run_id BLOB NOT NULL,
    PRIMARY KEY (jurisdiction_id, kind),
    FOREIGN KEY (jurisdiction_id, run_id) REFERENCES runs
) STRICT;

CREATE TABLE forecast_records (
    jurisdiction_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    run_id BLOB NOT NULL,
    method TEXT NOT NULL,
    level TEXT NOT NULL,
    horizon_days INTEGER NOT NULL,
    origins INTEGER NOT NULL,
    log_score REAL,
    history_log_score REAL,
    crps REAL,
    history_crps REAL,
    coverage_80 REAL,
    capture_10 REAL,
    history_capture_10 REAL,
    PRIMARY KEY (jurisdiction_id, position),
    FOREIGN KEY (jurisdiction_id, run_id) REFERENCES runs
) STRICT;

CREATE TABLE area_status (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    area_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    day INTEGER NOT NULL,
    last_24h INTEGER NOT NULL,
    last_72h INTEGER NOT NULL,
    last_7d INTEGER NOT NULL,
    observed INTEGER NOT NULL,
    expected REAL,
    threshold REAL,
    statistic REAL,
    p_value REAL,
    recurrence_interval_days REAL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (jurisdiction_id, area_id, kind)
) STRICT;
