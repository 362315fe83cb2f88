-- People, sessions, machine keys, answers to repeated requests, the audit log.
CREATE TABLE users (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    user_id BLOB NOT NULL,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    catchment TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    password TEXT,
    PRIMARY KEY (jurisdiction_id, user_id)
) STRICT;

CREATE INDEX users_by_id ON users (user_id);

-- The one directory across jurisdictions: which login belongs to whom.
CREATE TABLE logins (
    login TEXT PRIMARY KEY,
    jurisdiction_id TEXT NOT NULL,
    user_id BLOB NOT NULL
) STRICT;

CREATE TABLE sessions (
    jurisdiction_id TEXT NOT NULL,
    token_hash BLOB NOT NULL,
    user_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (jurisdiction_id, token_hash),
    FOREIGN KEY (jurisdiction_id, user_id) REFERENCES users
) STRICT;

CREATE INDEX sessions_by_token ON sessions (token_hash);

CREATE TABLE api_keys (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    api_key_id BLOB NOT NULL,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    key_hash BLOB NOT NULL,
    role TEXT NOT NULL,
    source_id TEXT,
    expires_at INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    PRIMARY KEY (jurisdiction_id, api_key_id)
) STRICT;

CREATE INDEX api_keys_by_hash ON api_keys (key_hash);

CREATE TABLE idempotency (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    actor TEXT NOT NULL,
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    body_hash BLOB NOT NULL,
    started_at INTEGER NOT NULL,
    status INTEGER,
    body TEXT,
    PRIMARY KEY (jurisdiction_id, actor, route, key)
) STRICT;

CREATE INDEX idempotency_old ON idempotency (started_at);

-- Append-only: hash is the SHA-256 over the hash before it and this row, so that no row can be changed,
-- dropped or slipped in without breaking every later one.
CREATE TABLE audit_log (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    position INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (jurisdiction_id, position)
) STRICT;

-- Where the log ends: a log whose last entries were dropped does not fit it any more.
CREATE TABLE audit_heads (
    jurisdiction_id TEXT PRIMARY KEY REFERENCES jurisdictions,
    position INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

CREATE TRIGGER audit_log_keeps_rows BEFORE UPDATE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_log_drops_no_rows BEFORE DELETE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
