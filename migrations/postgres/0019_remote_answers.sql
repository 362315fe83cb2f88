-- What geocoders on other machines answered, by a digest of what they were asked; "nothing found" is an answer too.
CREATE TABLE remote_answers (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    service TEXT COLLATE "C" NOT NULL,
    question_id UUID NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    asked_at TIMESTAMPTZ NOT NULL,
    candidates BIGINT NOT NULL,
    reply TEXT NOT NULL,
    PRIMARY KEY (jurisdiction_id, service, question_id)
);

-- How each service behaved when it was last asked.
CREATE TABLE remote_services (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    service TEXT COLLATE "C" NOT NULL,
    failures BIGINT NOT NULL,
    rests_until TIMESTAMPTZ,
    error TEXT,
    heard_at TIMESTAMPTZ,
    PRIMARY KEY (jurisdiction_id, service)
);

-- How each source's addresses fare with them, as of the last look.
CREATE TABLE remote_standings (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    source_id TEXT COLLATE "C" NOT NULL,
    standing TEXT NOT NULL,
    PRIMARY KEY (jurisdiction_id, source_id)
);

-- Events with an address that stand on no more than a town, and those that another machine placed.
CREATE INDEX events_to_ask ON events (jurisdiction_id, event_id)
    WHERE superseded_at IS NULL AND NOT withdrawn AND address IS NOT NULL
    AND placed_by IN ('town', 'zip', 'county', 'nothing', 'nominatim', 'photon', 'pelias', 'census');
