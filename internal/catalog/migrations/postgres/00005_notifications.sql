-- +goose Up
ALTER TABLE event ADD COLUMN origin TEXT;

-- What subscribers are told of events, one row for each of them.
CREATE TABLE notification (
    account    TEXT COLLATE "C" NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    event      BIGINT NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    dialect    TEXT COLLATE "C" NOT NULL,
    key        TEXT COLLATE "C" NOT NULL,
    target     TEXT COLLATE "C" NOT NULL,
    batch      TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL,
    attempts   BIGINT NOT NULL,
    due        BIGINT NOT NULL,
    receipt    TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);
CREATE INDEX notification_created ON notification (account, state, created_at, id);
CREATE INDEX notification_done ON notification (state, created_at);
CREATE INDEX notification_waiting ON notification (account, target, batch, event) WHERE state = 'waiting';
CREATE INDEX notification_receipt ON notification (account, receipt) WHERE state = 'waiting';

CREATE TABLE attempt (
    account      TEXT COLLATE "C" NOT NULL,
    notification TEXT COLLATE "C" NOT NULL,
    number       BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    took         BIGINT NOT NULL,
    status       BIGINT NOT NULL,
    error        TEXT NOT NULL,
    PRIMARY KEY (account, notification, number),
    FOREIGN KEY (account, notification) REFERENCES notification (account, id) ON DELETE CASCADE
);

-- Work that was acknowledged and is not done yet, such as uploads to be taken
-- in. While a row is here its blob is in use.
CREATE TABLE promise (
    account    TEXT COLLATE "C" NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    blob       TEXT COLLATE "C" NOT NULL,
    work       TEXT NOT NULL,
    tries      BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);
CREATE INDEX promise_blob ON promise (account, blob) WHERE blob <> '';

-- +goose Down
DROP TABLE promise;
DROP TABLE attempt;
DROP TABLE notification;
ALTER TABLE event DROP COLUMN origin;
