-- Hot spots of the latest run that had enough whole weeks; each run replaces the ones before it.
-- summary: what they have in common, as JSON.
CREATE TABLE hotspot_runs (
    jurisdiction_id TEXT PRIMARY KEY,
    run_id BLOB NOT NULL,
    summary TEXT NOT NULL,
    FOREIGN KEY (jurisdiction_id, run_id) REFERENCES runs
) STRICT;

-- recent: a letter for each of the last weeks, oldest first: h hot, c cold, . neither, ? no data.
CREATE TABLE hotspots (
    jurisdiction_id TEXT NOT NULL REFERENCES hotspot_runs,
    cell_resolution INTEGER NOT NULL,
    cell INTEGER NOT NULL,
    category TEXT,
    previous TEXT,
    since TEXT,
    events INTEGER NOT NULL,
    nearby_events INTEGER NOT NULL,
    weeks_hot INTEGER NOT NULL,
    weeks_cold INTEGER NOT NULL,
    recent TEXT NOT NULL,
    z REAL,
    p_value REAL,
    trend_z REAL,
    trend_p REAL,
    PRIMARY KEY (jurisdiction_id, cell_resolution, cell)
) STRICT, WITHOUT ROWID;
