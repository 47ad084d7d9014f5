-- +goose Up
CREATE TABLE upload_session (
    account     TEXT COLLATE "C" NOT NULL,
    id          TEXT COLLATE "C" NOT NULL,
    total       BIGINT NOT NULL, -- -1: not known yet
    received    BIGINT NOT NULL,
    note        TEXT COLLATE "C" NOT NULL,
    asset       TEXT COLLATE "C" NOT NULL, -- empty before the session finished
    version     TEXT COLLATE "C" NOT NULL,
    existing    BOOLEAN NOT NULL,
    overwritten BOOLEAN NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);
CREATE INDEX upload_session_expires ON upload_session (account, expires_at, id);
-- What is counted with every part; finished sessions stay for a day.
CREATE INDEX upload_session_open ON upload_session (account, expires_at, received) WHERE asset = '';

CREATE TABLE upload_part (
    account TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C" NOT NULL,
    first   BIGINT NOT NULL,
    bytes   BIGINT NOT NULL,
    blob    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (account, session, first),
    FOREIGN KEY (account, session) REFERENCES upload_session (account, id) ON DELETE CASCADE
);
CREATE INDEX upload_part_blob ON upload_part (account, blob);

-- +goose Down
DROP TABLE upload_part;
DROP TABLE upload_session;
