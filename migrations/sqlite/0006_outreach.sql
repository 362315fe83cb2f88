-- Contact owed and contact made.
CREATE TABLE follow_ups (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    follow_up_id BLOB NOT NULL,
    event_id BLOB,
    area_id TEXT,
    cell INTEGER,
    cell_resolution INTEGER,
    place_name TEXT NOT NULL,
    what TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    due_by INTEGER NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    assigned_to BLOB,
    PRIMARY KEY (jurisdiction_id, follow_up_id)
) STRICT;

CREATE INDEX follow_ups_due ON follow_ups (jurisdiction_id, state, due_by, follow_up_id);

CREATE TABLE encounters (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    encounter_id BLOB NOT NULL,
    trigger TEXT NOT NULL,
    follow_up_id BLOB,
    alert_id BLOB,
    area_id TEXT,
    cell INTEGER,
    cell_resolution INTEGER,
    at INTEGER NOT NULL,
    day INTEGER NOT NULL,
    mode TEXT NOT NULL,
    contacted TEXT NOT NULL,
    consent INTEGER NOT NULL,
    kits_given INTEGER NOT NULL,
    referrals TEXT NOT NULL,
    minutes INTEGER,
    note TEXT NOT NULL,
    by_id BLOB NOT NULL,
    by_name TEXT NOT NULL,
    PRIMARY KEY (jurisdiction_id, encounter_id)
) STRICT;

CREATE INDEX encounters_by_day ON encounters (jurisdiction_id, day, at);
CREATE INDEX encounters_by_cell ON encounters (jurisdiction_id, cell, at) WHERE cell IS NOT NULL;
