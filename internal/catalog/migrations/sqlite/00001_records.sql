-- +goose Up
CREATE TABLE account (
    id         TEXT    NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL
);

CREATE TABLE account_key (
    account  TEXT    NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    id       TEXT    NOT NULL,
    position INTEGER NOT NULL,
    secret   TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    disabled BOOLEAN NOT NULL,
    PRIMARY KEY (account, id)
);

CREATE TABLE asset (
    account       TEXT    NOT NULL,
    id            TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    access        TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    version       TEXT    NOT NULL,
    folder        TEXT    NOT NULL,
    tags          TEXT    NOT NULL,
    context       TEXT    NOT NULL,
    original_name TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    PRIMARY KEY (account, id),
    CONSTRAINT asset_name UNIQUE (account, kind, access, name)
);
CREATE INDEX asset_created ON asset (account, created_at, id);
CREATE INDEX asset_kind_created ON asset (account, kind, created_at, id);
CREATE INDEX asset_access_created ON asset (account, kind, access, created_at, id);
CREATE INDEX asset_by_name ON asset (account, name, id);
CREATE INDEX asset_kind_name ON asset (account, kind, name, id);

CREATE TABLE version (
    account    TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    asset      TEXT    NOT NULL,
    ordinal    INTEGER NOT NULL,
    blob       TEXT    NOT NULL,
    sha256     TEXT    NOT NULL,
    md5        TEXT    NOT NULL,
    info       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account, id),
    CONSTRAINT version_asset UNIQUE (account, asset, id),
    FOREIGN KEY (account, asset) REFERENCES asset (account, id) ON DELETE CASCADE
);
CREATE INDEX version_ordinal ON version (account, asset, ordinal);
CREATE INDEX version_blob ON version (account, blob);

CREATE TABLE rendition (
    account        TEXT    NOT NULL,
    key            TEXT    NOT NULL,
    asset          TEXT    NOT NULL,
    version        TEXT    NOT NULL,
    transformation TEXT    NOT NULL,
    blob           TEXT    NOT NULL,
    md5            TEXT    NOT NULL,
    info           TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    PRIMARY KEY (account, key),
    FOREIGN KEY (account, asset, version) REFERENCES version (account, asset, id) ON DELETE CASCADE
);
CREATE INDEX rendition_asset ON rendition (account, asset, key);
CREATE INDEX rendition_version ON rendition (account, asset, version);
CREATE INDEX rendition_blob ON rendition (account, blob);

-- AUTOINCREMENT: an id is never given twice, also after the newest row went.
CREATE TABLE event (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT    NOT NULL,
    type    TEXT    NOT NULL,
    asset   TEXT    NOT NULL,
    ref     TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    data    TEXT
);
CREATE INDEX event_account ON event (account, id);

CREATE TABLE measured (
    account  TEXT NOT NULL,
    version  TEXT NOT NULL,
    question TEXT NOT NULL,
    answer   TEXT NOT NULL,
    PRIMARY KEY (account, version, question),
    FOREIGN KEY (account, version) REFERENCES version (account, id) ON DELETE CASCADE
);

CREATE TABLE runner (
    id   TEXT    NOT NULL PRIMARY KEY,
    beat INTEGER NOT NULL
);

-- +goose Down
DROP TABLE runner;
DROP TABLE measured;
DROP TABLE event;
DROP TABLE rendition;
DROP TABLE version;
DROP TABLE asset;
DROP TABLE account_key;
DROP TABLE account;
