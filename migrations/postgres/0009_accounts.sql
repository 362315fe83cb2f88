-- People, sessions, machine keys, answers to repeated requests, the audit log.
CREATE TABLE users (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    user_id UUID NOT NULL,
    login TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    catchment TEXT COLLATE "C" NOT NULL,
    disabled BOOLEAN NOT NULL,
    password TEXT COLLATE "C",
    PRIMARY KEY (jurisdiction_id, user_id)
);

CREATE INDEX users_by_id ON users (user_id);

-- The one directory across jurisdictions: which login belongs to whom.
CREATE TABLE logins (
    login TEXT COLLATE "C" PRIMARY KEY,
    jurisdiction_id TEXT COLLATE "C" NOT NULL,
    user_id UUID NOT NULL
);

CREATE TABLE sessions (
    jurisdiction_id TEXT COLLATE "C" NOT NULL,
    token_hash BYTEA NOT NULL,
    user_id UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (jurisdiction_id, token_hash),
    FOREIGN KEY (jurisdiction_id, user_id) REFERENCES users
);

CREATE INDEX sessions_by_token ON sessions (token_hash);

CREATE TABLE api_keys (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    api_key_id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    prefix TEXT COLLATE "C" NOT NULL,
    key_hash BYTEA NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    source_id TEXT COLLATE "C",
    expires_at TIMESTAMPTZ NOT NULL,
    revoked BOOLEAN NOT NULL,
    PRIMARY KEY (jurisdiction_id, api_key_id)
);

CREATE INDEX api_keys_by_hash ON api_keys (key_hash);

CREATE TABLE idempotency (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    actor TEXT COLLATE "C" NOT NULL,
    route TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    body_hash BYTEA NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    status BIGINT,
    body TEXT COLLATE "C",
    PRIMARY KEY (jurisdiction_id, actor, route, key)
);

CREATE INDEX idempotency_old ON idempotency (started_at);

-- Append-only: hash is the SHA-256 over the hash before it and this row, so that no row can be changed,
-- dropped or slipped in without breaking every later one.
CREATE TABLE audit_log (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    position BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (jurisdiction_id, position)
);

-- Where the log ends: a log whose last entries were dropped does not fit it any more.
CREATE TABLE audit_heads (
    jurisdiction_id TEXT COLLATE "C" PRIMARY KEY REFERENCES jurisdictions,
    position BIGINT NOT NULL,
    hash BYTEA NOT NULL
);

CREATE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END;
$$;

CREATE TRIGGER audit_log_keeps_rows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
