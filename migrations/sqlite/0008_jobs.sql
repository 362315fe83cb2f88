-- The queue. A job that is waiting and not leased may be claimed when run_at has come; one whose
-- lease ran out may be claimed again. leases: who plans the schedule.
CREATE TABLE jobs (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    job_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    run_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    leased_until INTEGER,
    last_error TEXT,
    PRIMARY KEY (jurisdiction_id, job_id)
) STRICT;

-- Of jobs that wait and that nobody has claimed yet, one per key.
CREATE UNIQUE INDEX jobs_waiting_once ON jobs (jurisdiction_id, key) WHERE state = 'waiting' AND leased_until IS NULL;
CREATE INDEX jobs_due ON jobs (run_at, job_id) WHERE state = 'waiting';

CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT;
