-- +goose Up
CREATE TABLE spelling (
    account   TEXT COLLATE "C" NOT NULL,
    dialect   TEXT COLLATE "C" NOT NULL,
    text      TEXT COLLATE "C" NOT NULL,
    rendition TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (account, dialect, text, rendition),
    FOREIGN KEY (account, rendition) REFERENCES rendition (account, key) ON DELETE CASCADE
);
CREATE INDEX spelling_rendition ON spelling (account, rendition);

-- +goose Down
DROP TABLE spelling;
