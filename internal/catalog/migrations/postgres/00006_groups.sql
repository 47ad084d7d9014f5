-- +goose Up
CREATE TABLE asset_group (
    account    TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    id         TEXT COLLATE "C" NOT NULL,
    members    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);

-- +goose Down
DROP TABLE asset_group;
