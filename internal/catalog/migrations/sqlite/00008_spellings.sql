-- +goose Up
CREATE TABLE spelling (
    account   TEXT NOT NULL,
    dialect   TEXT NOT NULL,
    text      TEXT NOT NULL,
    rendition TEXT NOT NULL,
    PRIMARY KEY (account, dialect, text, rendition),
    FOREIGN KEY (account, rendition) REFERENCES rendition (account, key) ON DELETE CASCADE
);
CREATE INDEX spelling_rendition ON spelling (account, rendition);

-- +goose Down
DROP TABLE spelling;
