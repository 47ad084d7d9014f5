-- +goose Up
ALTER TABLE asset ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';
ALTER TABLE asset ADD COLUMN display_name TEXT NOT NULL DEFAULT '';
ALTER TABLE asset ADD COLUMN detail TEXT NOT NULL DEFAULT '{}';
ALTER TABLE asset ADD COLUMN deleted BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE setting (
    account    TEXT    NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (account, kind, name)
);

-- One row: counts the changes of accounts, keys and settings.
CREATE TABLE directory (
    id       INTEGER NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL
);
INSERT INTO directory (id, revision) VALUES (1, 1);

-- +goose Down
DROP TABLE directory;
DROP TABLE setting;
ALTER TABLE asset DROP COLUMN deleted;
ALTER TABLE asset DROP COLUMN detail;
ALTER TABLE asset DROP COLUMN display_name;
ALTER TABLE asset DROP COLUMN metadata;
