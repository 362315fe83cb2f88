-- Hot spots of the latest run that had enough whole weeks; each run replaces the ones before it.
-- summary: what they have in common, as JSON.
CREATE TABLE hotspot_runs (
    jurisdiction_id TEXT COLLATE "C" PRIMARY KEY,
    run_id UUID NOT NULL,
    summary TEXT COLLATE "C" NOT NULL,
    FOREIGN KEY (jurisdiction_id, run_id) REFERENCES runs
);

-- recent: a letter for each of the last weeks, oldest first: h hot, c cold, . neither, ? no data.
CREATE TABLE hotspots (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES hotspot_runs,
    cell_resolution BIGINT NOT NULL,
    cell BIGINT NOT NULL,
    category TEXT COLLATE "C",
    previous TEXT COLLATE "C",
    since TEXT COLLATE "C",
    events BIGINT NOT NULL,
    nearby_events BIGINT NOT NULL,
    weeks_hot BIGINT NOT NULL,
    weeks_cold BIGINT NOT NULL,
    recent TEXT COLLATE "C" NOT NULL,
    z DOUBLE PRECISION,
    p_value DOUBLE PRECISION,
    trend_z DOUBLE PRECISION,
    trend_p DOUBLE PRECISION,
    PRIMARY KEY (jurisdiction_id, cell_resolution, cell)
);
