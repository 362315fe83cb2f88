-- Feeds that fell silent, and batches that say nothing about time: kept after they closed.
CREATE TABLE data_gaps (
    jurisdiction_id TEXT COLLATE "C" NOT NULL,
    gap_id UUID NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    noticed_at TIMESTAMPTZ NOT NULL,
    closed_at TIMESTAMPTZ,
    usual_per_day DOUBLE PRECISION,
    events BIGINT NOT NULL,
    areas TEXT NOT NULL,
    PRIMARY KEY (jurisdiction_id, gap_id),
    FOREIGN KEY (jurisdiction_id, source_id) REFERENCES sources
);

-- What is known of the day that is judged, and the silent feeds that a conclusion waits for.
ALTER TABLE area_status ADD COLUMN share_known DOUBLE PRECISION NOT NULL DEFAULT 1;
ALTER TABLE area_status ADD COLUMN waits_for TEXT NOT NULL DEFAULT '[]';
