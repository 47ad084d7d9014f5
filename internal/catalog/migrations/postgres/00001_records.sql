-- +goose Up
CREATE TABLE account (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL
);

CREATE TABLE account_key (
    account  TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    id       TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    secret   TEXT COLLATE "C" NOT NULL,
    name     TEXT COLLATE "C" NOT NULL,
    disabled BOOLEAN NOT NULL,
    PRIMARY KEY (account, id)
);

CREATE TABLE asset (
    account       TEXT COLLATE "C" NOT NULL,
    id            TEXT COLLATE "C" NOT NULL,
    kind          TEXT COLLATE "C" NOT NULL,
    access        TEXT COLLATE "C" NOT NULL,
    name          TEXT COLLATE "C" NOT NULL,
    version       TEXT COLLATE "C" NOT NULL,
    folder        TEXT COLLATE "C" NOT NULL,
    tags          JSONB   NOT NULL,
    context       JSONB   NOT NULL,
    original_name TEXT COLLATE "C" NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    PRIMARY KEY (account, id),
    CONSTRAINT asset_name UNIQUE (account, kind, access, name)
);
CREATE INDEX asset_created ON asset (account, created_at, id);
CREATE INDEX asset_kind_created ON asset (account, kind, created_at, id);
CREATE INDEX asset_access_created ON asset (account, kind, access, created_at, id);
CREATE INDEX asset_by_name ON asset (account, name, id);
CREATE INDEX asset_kind_name ON asset (account, kind, name, id);

CREATE TABLE version (
    account    TEXT COLLATE "C" NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    asset      TEXT COLLATE "C" NOT NULL,
    ordinal    BIGINT NOT NULL,
    blob       TEXT COLLATE "C" NOT NULL,
    sha256     TEXT COLLATE "C" NOT NULL,
    md5        TEXT COLLATE "C" NOT NULL,
    info       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account, id),
    CONSTRAINT version_asset UNIQUE (account, asset, id),
    FOREIGN KEY (account, asset) REFERENCES asset (account, id) ON DELETE CASCADE
);
CREATE INDEX version_ordinal ON version (account, asset, ordinal);
CREATE INDEX version_blob ON version (account, blob);

CREATE TABLE rendition (
    account        TEXT COLLATE "C" NOT NULL,
    key            TEXT COLLATE "C" NOT NULL,
    asset          TEXT COLLATE "C" NOT NULL,
    version        TEXT COLLATE "C" NOT NULL,
    transformation TEXT COLLATE "C" NOT NULL,
    blob           TEXT COLLATE "C" NOT NULL,
    md5            TEXT COLLATE "C" NOT NULL,
    info           TEXT COLLATE "C" NOT NULL,
    created_at     BIGINT NOT NULL,
    PRIMARY KEY (account, key),
    FOREIGN KEY (account, asset, version) REFERENCES version (account, asset, id) ON DELETE CASCADE
);
CREATE INDEX rendition_asset ON rendition (account, asset, key);
CREATE INDEX rendition_version ON rendition (account, asset, version);
CREATE INDEX rendition_blob ON rendition (account, blob);

CREATE TABLE event (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    type    TEXT COLLATE "C" NOT NULL,
    asset   TEXT COLLATE "C" NOT NULL,
    ref     TEXT COLLATE "C" NOT NULL,
    at      BIGINT NOT NULL,
    data    TEXT
);
CREATE INDEX event_account ON event (account, id);

CREATE TABLE measured (
    account  TEXT COLLATE "C" NOT NULL,
    version  TEXT COLLATE "C" NOT NULL,
    question TEXT COLLATE "C" NOT NULL,
    answer   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (account, version, question),
    FOREIGN KEY (account, version) REFERENCES version (account, id) ON DELETE CASCADE
);

CREATE TABLE runner (
    id   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    beat BIGINT NOT NULL
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
