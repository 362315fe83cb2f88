-- Contact owed and contact made.
CREATE TABLE follow_ups (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    follow_up_id UUID NOT NULL,
    event_id UUID,
    area_id TEXT COLLATE "C",
    cell BIGINT,
    cell_resolution BIGINT,
    place_name TEXT COLLATE "C" NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL,
    due_by TIMESTAMPTZ NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    assigned_to UUID,
    PRIMARY KEY (jurisdiction_id, follow_up_id)
);

CREATE INDEX follow_ups_due ON follow_ups (jurisdiction_id, state, due_by, follow_up_id);

CREATE TABLE encounters (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    encounter_id UUID NOT NULL,
    trigger TEXT COLLATE "C" NOT NULL,
    follow_up_id UUID,
    alert_id UUID,
    area_id TEXT COLLATE "C",
    cell BIGINT,
    cell_resolution BIGINT,
    at TIMESTAMPTZ NOT NULL,
    day DATE NOT NULL,
    mode TEXT COLLATE "C" NOT NULL,
    contacted TEXT COLLATE "C" NOT NULL,
    consent BOOLEAN NOT NULL,
    kits_given BIGINT NOT NULL,
    referrals TEXT COLLATE "C" NOT NULL,
    minutes BIGINT,
    note TEXT COLLATE "C" NOT NULL,
    by_id UUID NOT NULL,
    by_name TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (jurisdiction_id, encounter_id)
);

CREATE INDEX encounters_by_day ON encounters (jurisdiction_id, day, at);
CREATE INDEX encounters_by_cell ON encounters (jurisdiction_id, cell, at) WHERE cell IS NOT NULL;
