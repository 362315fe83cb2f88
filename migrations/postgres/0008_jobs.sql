-- The queue. A job that is waiting and not leased may be claimed when run_at has come; one whose
-- lease ran out may be claimed again. leases: who plans the schedule.
CREATE TABLE jobs (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    job_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    payload TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    run_at TIMESTAMPTZ NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    leased_until TIMESTAMPTZ,
    last_error TEXT COLLATE "C",
    PRIMARY KEY (jurisdiction_id, job_id)
);

-- Of jobs that wait and that nobody has claimed yet, one per key.
CREATE UNIQUE INDEX jobs_waiting_once ON jobs (jurisdiction_id, key) WHERE state = 'waiting' AND leased_until IS NULL;
CREATE INDEX jobs_due ON jobs (run_at, job_id) WHERE state = 'waiting';

CREATE TABLE leases (
    name TEXT COLLATE "C" PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL,
    until TIMESTAMPTZ NOT NULL
);
