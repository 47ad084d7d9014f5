-- +goose Up
CREATE TABLE asset_group (
    account    TEXT    NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    id         TEXT    NOT NULL,
    members    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account, id)
);

-- +goose Down
DROP TABLE asset_group;
