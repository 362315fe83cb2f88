-- Alerts and what people decided about them. loudness orders tiers: watch 0, alert 1.
CREATE TABLE alerts (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    alert_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    tier TEXT NOT NULL,
    loudness INTEGER NOT NULL,
    state TEXT NOT NULL,
    rule TEXT NOT NULL,
    kind TEXT NOT NULL,
    headline TEXT NOT NULL,
    sentence TEXT NOT NULL,
    place_name TEXT NOT NULL,
    area_id TEXT,
    cells TEXT NOT NULL,
    latitude REAL,
    longitude REAL,
    radius_km REAL,
    window_from INTEGER NOT NULL,
    window_to INTEGER NOT NULL,
    observed INTEGER NOT NULL,
    expected REAL,
    expected_low REAL,
    expected_high REAL,
    p_value REAL,
    recurrence_interval_days REAL,
    peak_recurrence_interval_days REAL,
    first_signalled INTEGER NOT NULL,
    last_signalled INTEGER NOT NULL,
    signals TEXT NOT NULL,
    caveats TEXT NOT NULL,
    told_observed INTEGER NOT NULL,
    raised_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (jurisdiction_id, alert_id)
) STRICT;

CREATE INDEX alerts_loudest ON alerts (jurisdiction_id, loudness DESC, last_signalled DESC, alert_id);

CREATE TABLE decisions (
    jurisdiction_id TEXT NOT NULL,
    alert_id BLOB NOT NULL,
    alert_version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT,
    note TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (jurisdiction_id, alert_id, alert_version),
    FOREIGN KEY (jurisdiction_id, alert_id) REFERENCES alerts
) STRICT;
