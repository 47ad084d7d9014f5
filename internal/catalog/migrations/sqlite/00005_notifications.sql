-- +goose Up
ALTER TABLE event ADD COLUMN origin TEXT;

-- What subscribers are told of events, one row for each of them.
CREATE TABLE notification (
    account    TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    event      INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    dialect    TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    target     TEXT    NOT NULL,
    batch      TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,
    due        INTEGER NOT NULL,
    receipt    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account, id)
);
CREATE INDEX notification_created ON notification (account, state, created_at, id);
CREATE INDEX notification_done ON notification (state, created_at);
CREATE INDEX notification_waiting ON notification (account, target, batch, event) WHERE state = 'waiting';
CREATE INDEX notification_receipt ON notification (account, receipt) WHERE state = 'waiting';

CREATE TABLE attempt (
    account      TEXT    NOT NULL,
    notification TEXT    NOT NULL,
    number       INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    took         INTEGER NOT NULL,
    status       INTEGER NOT NULL,
    error        TEXT NOT NULL,
    PRIMARY KEY (account, notification, number),
    FOREIGN KEY (account, notification) REFERENCES notification (account, id) ON DELETE CASCADE
);

-- Work that was acknowledged and is not done yet, such as uploads to be taken
-- in. While a row is here its blob is in use.
CREATE TABLE promise (
    account    TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    blob       TEXT    NOT NULL,
    work       TEXT NOT NULL,
    tries      INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account, id)
);
CREATE INDEX promise_blob ON promise (account, blob) WHERE blob <> '';

-- +goose Down
DROP TABLE promise;
DROP TABLE attempt;
DROP TABLE notification;
ALTER TABLE event DROP COLUMN origin;
