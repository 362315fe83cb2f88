-- Runs of the analysis and what they derived. Every run's forecasts are kept for the record; the
-- current ones are those of the latest run that wrote the kind.
CREATE TABLE runs (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    run_id UUID NOT NULL,
    as_of DATE NOT NULL,
    computed_at TIMESTAMPTZ NOT NULL,
    newest_event_at TIMESTAMPTZ,
    last_received_at TIMESTAMPTZ,
    events BIGINT NOT NULL,
    elapsed_ms BIGINT NOT NULL,
    settings TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (jurisdiction_id, run_id)
);

CREATE INDEX runs_newest ON runs (jurisdiction_id, computed_at);

CREATE TABLE signals (
    jurisdiction_id TEXT COLLATE "C" NOT NULL,
    signal_id UUID NOT NULL,
    run_id UUID NOT NULL,
    as_of DATE NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    method_version BIGINT NOT NULL,
    seed TEXT COLLATE "C",
    kind TEXT COLLATE "C" NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    cells TEXT COLLATE "C" NOT NULL,
    area_id TEXT COLLATE "C",
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    radius_km DOUBLE PRECISION,
    place_name TEXT COLLATE "C" NOT NULL,
    window_from DATE NOT NULL,
    window_to DATE NOT NULL,
    observed BIGINT NOT NULL,
    expected DOUBLE PRECISION,
    expected_low DOUBLE PRECISION,
    expected_high DOUBLE PRECISION,
    relative_risk DOUBLE PRECISION,
    statistic DOUBLE PRECISION,
    p_value DOUBLE PRECISION,
    recurrence_interval_days DOUBLE PRECISION,
    replications BIGINT,
    events TEXT COLLATE "C" NOT NULL,
    caveats TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (jurisdiction_id, signal_id),
    FOREIGN KEY (jurisdiction_id, run_id) REFERENCES runs
) PARTITION BY HASH (jurisdiction_id);

CREATE TABLE signals_0 PARTITION OF signals FOR VALUES WITH (MODULUS 8, REMAINDER 0);
CREATE TABLE signals_1 PARTITION OF signals FOR VALUES WITH (MODULUS 8, REMAINDER 1);
CREATE TABLE signals_2 PARTITION OF signals FOR VALUES WITH (MODULUS 8, REMAINDER 2);
CREATE TABLE signals_3 PARTITION OF signals FOR VALUES WITH (MODULUS 8, REMAINDER 3);
CREATE TABLE signals_4 PARTITION OF signals FOR VALUES WITH (MODULUS 8, REMAINDER 4);
CREATE TABLE signals_5 PARTITION OF signals FOR VALUES WITH (MODULUS 8, REMAINDER 5);
CREATE TABLE signals_6 PARTITION OF signals FOR VALUES WITH (MODULUS 8, REMAINDER 6);
CREATE TABLE signals_7 PARTITION OF signals FOR VALUES WITH (MODULUS 8, REMAINDER 7);

CREATE INDEX signals_by_day ON signals (jurisdiction_id, as_of DESC, recurrence_interval_days DESC, signal_id);

CREATE TABLE forecasts (
    jurisdiction_id TEXT COLLATE "C" NOT NULL,
    run_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    level TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    issued DATE NOT NULL,
    cell BIGINT,
    cell_resolution BIGINT,
    area_id TEXT COLLATE "C",
    window_from DATE NOT NULL,
    window_to DATE NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    method_version BIGINT NOT NULL,
    seed TEXT COLLATE "C",
    mean DOUBLE PRECISION,
    quantiles TEXT COLLATE "C" NOT NULL,
    p_at_least_one DOUBLE PRECISION,
    history_mean DOUBLE PRECISION,
    caveat TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (jurisdiction_id, run_id, kind, level, position),
    FOREIGN KEY (jurisdiction_id, run_id) REFERENCES runs
) PARTITION BY HASH (jurisdiction_id);

CREATE TABLE forecasts_0 PARTITION OF forecasts FOR VALUES WITH (MODULUS 8, REMAINDER 0);
CREATE TABLE forecasts_1 PARTITION OF forecasts FOR VALUES WITH (MODULUS 8, REMAINDER 1);
CREATE TABLE forecasts_2 PARTITION OF forecasts FOR VALUES WITH (MODULUS 8, REMAINDER 2);
CREATE TABLE forecasts_3 PARTITION OF forecasts FOR VALUES WITH (MODULUS 8, REMAINDER 3);
CREATE TABLE forecasts_4 PARTITION OF forecasts FOR VALUES WITH (MODULUS 8, REMAINDER 4);
CREATE TABLE forecasts_5 PARTITION OF forecasts FOR VALUES WITH (MODULUS 8, REMAINDER 5);
CREATE TABLE forecasts_6 PARTITION OF forecasts FOR VALUES WITH (MODULUS 8, REMAINDER 6);
CREATE TABLE forecasts_7 PARTITION OF forecasts FOR VALUES WITH (MODULUS 8, REMAINDER 7);

-- Which run's forecasts of a kind are the current ones.
CREATE TABLE current_forecasts (
    jurisdiction_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    run_id UUID NOT NULL,
    PRIMARY KEY (jurisdiction_id, kind),
    FOREIGN KEY (jurisdiction_id, run_id) REFERENCES runs
);

CREATE TABLE forecast_records (
    jurisdiction_id TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    run_id UUID NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    level TEXT COLLATE "C" NOT NULL,
    horizon_days BIGINT NOT NULL,
    origins BIGINT NOT NULL,
    log_score DOUBLE PRECISION,
    history_log_score DOUBLE PRECISION,
    crps DOUBLE PRECISION,
    history_crps DOUBLE PRECISION,
    coverage_80 DOUBLE PRECISION,
    capture_10 DOUBLE PRECISION,
    history_capture_10 DOUBLE PRECISION,
    PRIMARY KEY (jurisdiction_id, position),
    FOREIGN KEY (jurisdiction_id, run_id) REFERENCES runs
);

CREATE TABLE area_status (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    area_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    day DATE NOT NULL,
    last_24h BIGINT NOT NULL,
    last_72h BIGINT NOT NULL,
    last_7d BIGINT NOT NULL,
    observed BIGINT NOT NULL,
    expected DOUBLE PRECISION,
    threshold DOUBLE PRECISION,
    statistic DOUBLE PRECISION,
    p_value DOUBLE PRECISION,
    recurrence_interval_days DOUBLE PRECISION,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (jurisdiction_id, area_id, kind)
);
