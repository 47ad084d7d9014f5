-- +goose Up
-- Folders, also those in which nothing lies. parent is '' for those of the root.
CREATE TABLE folder (
    account    TEXT    NOT NULL,
    path       TEXT    NOT NULL,
    parent     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account, path)
);
CREATE INDEX folder_parent ON folder (account, parent, path);
CREATE INDEX asset_folder ON asset (account, folder);

WITH RECURSIVE part (account, path, parent, rest, created_at) AS (
    SELECT account, '', '', folder || '/', min(created_at) FROM asset WHERE folder <> '' GROUP BY account, folder
    UNION ALL
    SELECT account, path || CASE path WHEN '' THEN '' ELSE '/' END || substr(rest, 1, instr(rest, '/') - 1), path, substr(rest, instr(rest, '/') + 1), created_at
    FROM part WHERE rest <> ''
)
INSERT INTO folder (account, path, parent, created_at)
SELECT account, path, min(parent), min(created_at) FROM part WHERE path <> '' GROUP BY account, path;

-- Versions that stay when another takes their place.
ALTER TABLE version ADD COLUMN kept BOOLEAN NOT NULL DEFAULT FALSE;

-- Assets that belong together: a row in each direction.
CREATE TABLE relation (
    account    TEXT    NOT NULL,
    asset      TEXT    NOT NULL,
    other      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account, asset, other),
    FOREIGN KEY (account, asset) REFERENCES asset (account, id) ON DELETE CASCADE,
    FOREIGN KEY (account, other) REFERENCES asset (account, id) ON DELETE CASCADE
);
CREATE INDEX relation_other ON relation (account, other);

-- What was delivered on a day of UTC.
CREATE TABLE traffic (
    account  TEXT    NOT NULL,
    day      TEXT    NOT NULL,
    requests INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    PRIMARY KEY (account, day)
);

-- +goose Down
DROP TABLE traffic;
DROP TABLE relation;
ALTER TABLE version DROP COLUMN kept;
DROP INDEX asset_folder;
DROP TABLE folder;
