-- +goose Up
CREATE TABLE upload_session (
    account     TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    total       INTEGER NOT NULL, -- -1: not known yet
    received    INTEGER NOT NULL,
    note        TEXT    NOT NULL,
    asset       TEXT    NOT NULL, -- empty before the session finished
    version     TEXT    NOT NULL,
    existing    BOOLEAN NOT NULL,
    overwritten BOOLEAN NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    PRIMARY KEY (account, id)
);
CREATE INDEX upload_session_expires ON upload_session (account, expires_at, id);
-- What is counted with every part; finished sessions stay for a day.
CREATE INDEX upload_session_open ON upload_session (account, expires_at, received) WHERE asset = '';

CREATE TABLE upload_part (
    account TEXT    NOT NULL,
    session TEXT    NOT NULL,
    first   INTEGER NOT NULL,
    bytes   INTEGER NOT NULL,
    blob    TEXT    NOT NULL,
    PRIMARY KEY (account, session, first),
    FOREIGN KEY (account, session) REFERENCES upload_session (account, id) ON DELETE CASCADE
);
CREATE INDEX upload_part_blob ON upload_part (account, blob);

-- +goose Down
DROP TABLE upload_part;
DROP TABLE upload_session;
