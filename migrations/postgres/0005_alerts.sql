-- Alerts and what people decided about them. loudness orders tiers: watch 0, alert 1.
CREATE TABLE alerts (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    alert_id UUID NOT NULL,
    version BIGINT NOT NULL,
    tier TEXT COLLATE "C" NOT NULL,
    loudness BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    rule TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    headline TEXT COLLATE "C" NOT NULL,
    sentence TEXT COLLATE "C" NOT NULL,
    place_name TEXT COLLATE "C" NOT NULL,
    area_id TEXT COLLATE "C",
    cells TEXT COLLATE "C" NOT NULL,
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    radius_km DOUBLE PRECISION,
    window_from DATE NOT NULL,
    window_to DATE NOT NULL,
    observed BIGINT NOT NULL,
    expected DOUBLE PRECISION,
    expected_low DOUBLE PRECISION,
    expected_high DOUBLE PRECISION,
    p_value DOUBLE PRECISION,
    recurrence_interval_days DOUBLE PRECISION,
    peak_recurrence_interval_days DOUBLE PRECISION,
    first_signalled DATE NOT NULL,
    last_signalled DATE NOT NULL,
    signals TEXT COLLATE "C" NOT NULL,
    caveats TEXT COLLATE "C" NOT NULL,
    told_observed BIGINT NOT NULL,
    raised_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (jurisdiction_id, alert_id)
);

CREATE INDEX alerts_loudest ON alerts (jurisdiction_id, loudness DESC, last_signalled DESC, alert_id);

CREATE TABLE decisions (
    jurisdiction_id TEXT COLLATE "C" NOT NULL,
    alert_id UUID NOT NULL,
    alert_version BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C",
    note TEXT COLLATE "C" NOT NULL,
    by_name TEXT COLLATE "C" NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (jurisdiction_id, alert_id, alert_version),
    FOREIGN KEY (jurisdiction_id, alert_id) REFERENCES alerts
);
