-- +goose Up
-- Folders, also those in which nothing lies. parent is '' for those of the root.
CREATE TABLE folder (
    account TEXT COLLATE "C" NOT NULL,
    path TEXT COLLATE "C" NOT NULL,
    parent TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account, path)
);
CREATE INDEX folder_parent ON folder (account, parent, path);
CREATE INDEX asset_folder ON asset (account, folder);

WITH RECURSIVE part (account, path, parent, rest, created_at) AS (
    SELECT account, '' COLLATE "C", '' COLLATE "C", folder || '/', min(created_at) FROM asset WHERE folder <> '' GROUP BY account, folder
    UNION ALL
    SELECT account, path || CASE path WHEN '' THEN '' ELSE '/' END || substr(rest, 1, strpos(rest, '/') - 1), path, substr(rest, strpos(rest, '/') + 1), created_at
    FROM part WHERE rest <> ''
)
INSERT INTO folder (account, path, parent, created_at)
SELECT account, path, min(parent), min(created_at) FROM part WHERE path <> '' GROUP BY account, path;

-- Versions that stay when another takes their place.
ALTER TABLE version ADD COLUMN kept BOOLEAN NOT NULL DEFAULT FALSE;

-- Assets that belong together: a row in each direction.
CREATE TABLE relation (
    account TEXT COLLATE "C" NOT NULL,
    asset TEXT COLLATE "C" NOT NULL,
    other TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account, asset, other),
    FOREIGN KEY (account, asset) REFERENCES asset (account, id) ON DELETE CASCADE,
    FOREIGN KEY (account, other) REFERENCES asset (account, id) ON DELETE CASCADE
);
CREATE INDEX relation_other ON relation (account, other);

-- What was delivered on a day of UTC.
CREATE TABLE traffic (
    account TEXT COLLATE "C" NOT NULL,
    day TEXT COLLATE "C" NOT NULL,
    requests BIGINT NOT NULL,
    bytes    BIGINT NOT NULL,
    PRIMARY KEY (account, day)
);

-- +goose Down
DROP TABLE traffic;
DROP TABLE relation;
ALTER TABLE version DROP COLUMN kept;
DROP INDEX asset_folder;
DROP TABLE folder;
