-- What events belonged to before one they were linked with was withdrawn: what is known as of an earlier time. Derived,
-- like the membership in events.incident_id, by the block of days that wrote it.
CREATE TABLE past_links (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    event_id UUID NOT NULL,
    incident_id UUID,
    until TIMESTAMPTZ NOT NULL,
    block BIGINT NOT NULL,
    PRIMARY KEY (jurisdiction_id, event_id)
);

CREATE INDEX past_links_by_block ON past_links (jurisdiction_id, block);

-- The few events that are withdrawn.
CREATE INDEX events_withdrawn ON events (jurisdiction_id, event_id) WHERE withdrawn AND superseded_at IS NULL;

-- What was withdrawn until now was linked while it stood.
INSERT INTO link_due (jurisdiction_id, event_day, mark)
SELECT DISTINCT jurisdiction_id, event_day, 1 FROM events WHERE superseded_at IS NULL AND withdrawn AND kind = 'overdose'
ON CONFLICT (jurisdiction_id, event_day) DO UPDATE SET mark = link_due.mark + 1;
