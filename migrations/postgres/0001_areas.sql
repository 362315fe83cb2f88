-- Text sorts by its bytes (COLLATE "C") in every table, as it does in SQLite, so that both databases list
-- alike. The jurisdiction stands first in every key, and the large tables are partitioned by it.

-- Jurisdictions, their trees of areas and their named places.
CREATE TABLE jurisdictions (
    jurisdiction_id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    zone TEXT COLLATE "C" NOT NULL
);

-- outline: well-known binary (WGS 84, longitude first).
CREATE TABLE areas (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    area_id TEXT COLLATE "C" NOT NULL,
    parent_id TEXT COLLATE "C",
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    latitude DOUBLE PRECISION NOT NULL,
    longitude DOUBLE PRECISION NOT NULL,
    west DOUBLE PRECISION NOT NULL,
    south DOUBLE PRECISION NOT NULL,
    east DOUBLE PRECISION NOT NULL,
    north DOUBLE PRECISION NOT NULL,
    population BIGINT,
    population_year BIGINT,
    outline BYTEA NOT NULL,
    PRIMARY KEY (jurisdiction_id, area_id)
);

CREATE INDEX areas_by_parent ON areas (jurisdiction_id, parent_id);

CREATE TABLE places (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    position BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    latitude DOUBLE PRECISION NOT NULL,
    longitude DOUBLE PRECISION NOT NULL,
    population BIGINT,
    PRIMARY KEY (jurisdiction_id, position)
);
