-- +goose Up
ALTER TABLE asset ADD COLUMN metadata JSONB NOT NULL DEFAULT '{}';
ALTER TABLE asset ADD COLUMN display_name TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE asset ADD COLUMN detail JSONB NOT NULL DEFAULT '{}';
ALTER TABLE asset ADD COLUMN deleted BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE setting (
    account    TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind       TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    body       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account, kind, name)
);

-- One row: counts the changes of accounts, keys and settings.
CREATE TABLE directory (
    id       BIGINT NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL
);
INSERT INTO directory (id, revision) VALUES (1, 1);

-- +goose Down
DROP TABLE directory;
DROP TABLE setting;
ALTER TABLE asset DROP COLUMN deleted;
ALTER TABLE asset DROP COLUMN detail;
ALTER TABLE asset DROP COLUMN display_name;
ALTER TABLE asset DROP COLUMN metadata;
