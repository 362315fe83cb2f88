-- Jurisdictions, their trees of areas and their named places.
CREATE TABLE jurisdictions (
    jurisdiction_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    zone TEXT NOT NULL
) STRICT;

-- outline: well-known binary (WGS 84, longitude first).
CREATE TABLE areas (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    area_id TEXT NOT NULL,
    parent_id TEXT,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    latitude REAL NOT NULL,
    longitude REAL NOT NULL,
    west REAL NOT NULL,
    south REAL NOT NULL,
    east REAL NOT NULL,
    north REAL NOT NULL,
    population INTEGER,
    population_year INTEGER,
    outline BLOB NOT NULL,
    PRIMARY KEY (jurisdiction_id, area_id)
) STRICT;

CREATE INDEX areas_by_parent ON areas (jurisdiction_id, parent_id);

CREATE TABLE places (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    latitude REAL NOT NULL,
    longitude REAL NOT NULL,
    population INTEGER,
    PRIMARY KEY (jurisdiction_id, position)
) STRICT;
