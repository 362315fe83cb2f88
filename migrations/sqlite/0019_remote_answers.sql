-- What geocoders on other machines answered, by a digest of what they were asked; "nothing found" is an answer too.
CREATE TABLE remote_answers (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    service TEXT NOT NULL,
    question_id BLOB NOT NULL,
    source_id TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    candidates INTEGER NOT NULL,
    reply TEXT NOT NULL,
    PRIMARY KEY (jurisdiction_id, service, question_id)
) STRICT, WITHOUT ROWID;

-- How each service behaved when it was last asked.
CREATE TABLE remote_services (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    service TEXT NOT NULL,
    failures INTEGER NOT NULL,
    rests_until INTEGER,
    error TEXT,
    heard_at INTEGER,
    PRIMARY KEY (jurisdiction_id, service)
) STRICT, WITHOUT ROWID;

-- How each source's addresses fare with them, as of the last look.
CREATE TABLE remote_standings (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    source_id TEXT NOT NULL,
    standing TEXT NOT NULL,
    PRIMARY KEY (jurisdiction_id, source_id)
) STRICT, WITHOUT ROWID;

-- Events with an address that stand on no more than a town, and those that another machine placed.
CREATE INDEX events_to_ask ON events (jurisdiction_id, event_id)
    WHERE superseded_at IS NULL AND withdrawn = 0 AND address IS NOT NULL
    AND placed_by IN ('town', 'zip', 'county', 'nothing', 'nominatim', 'photon', 'pelias', 'census');
