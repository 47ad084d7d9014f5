-- +goose Up
-- One row for an account with an index. epoch is another one after the index
-- was begun anew; next is the number of the next document.
CREATE TABLE search_index (
    account TEXT    NOT NULL PRIMARY KEY,
    epoch   TEXT    NOT NULL,
    next    INTEGER NOT NULL,
    sweep   TEXT    NOT NULL
);

-- Assets that changed since the index was folded.
CREATE TABLE search_pending (
    account TEXT NOT NULL,
    asset   TEXT NOT NULL,
    PRIMARY KEY (account, asset)
) WITHOUT ROWID;

CREATE TABLE search_doc (
    account TEXT    NOT NULL,
    doc     INTEGER NOT NULL,
    asset   TEXT    NOT NULL,
    PRIMARY KEY (account, doc)
) WITHOUT ROWID;
CREATE UNIQUE INDEX search_doc_asset ON search_doc (account, asset);

CREATE TABLE search_live (
    account TEXT    NOT NULL,
    chunk   INTEGER NOT NULL,
    docs    BLOB    NOT NULL,
    PRIMARY KEY (account, chunk)
);

CREATE TABLE search_term (
    account TEXT    NOT NULL,
    term    TEXT    NOT NULL,
    chunk   INTEGER NOT NULL,
    docs    BLOB    NOT NULL,
    PRIMARY KEY (account, term, chunk)
) WITHOUT ROWID;

CREATE TABLE search_column (
    account TEXT    NOT NULL,
    field   TEXT    NOT NULL,
    block   INTEGER NOT NULL,
    filled  INTEGER NOT NULL,
    least   REAL    NOT NULL,
    most    REAL    NOT NULL,
    data    BLOB    NOT NULL,
    PRIMARY KEY (account, field, block)
);

-- +goose StatementBegin
CREATE TRIGGER asset_search_insert AFTER INSERT ON asset BEGIN
    INSERT INTO search_pending SELECT NEW.account, NEW.id
    WHERE NOT EXISTS (SELECT 1 FROM search_pending WHERE account = NEW.account AND asset = NEW.id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER asset_search_update AFTER UPDATE ON asset BEGIN
    INSERT INTO search_pending SELECT NEW.account, NEW.id
    WHERE NOT EXISTS (SELECT 1 FROM search_pending WHERE account = NEW.account AND asset = NEW.id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER asset_search_delete AFTER DELETE ON asset BEGIN
    INSERT INTO search_pending SELECT OLD.account, OLD.id
    WHERE NOT EXISTS (SELECT 1 FROM search_pending WHERE account = OLD.account AND asset = OLD.id);
END;
-- +goose StatementEnd
INSERT INTO search_pending (account, asset) SELECT account, id FROM asset;

-- +goose Down
DROP TRIGGER asset_search_delete;
DROP TRIGGER asset_search_update;
DROP TRIGGER asset_search_insert;
DROP TABLE search_column;
DROP TABLE search_term;
DROP TABLE search_live;
DROP TABLE search_doc;
DROP TABLE search_pending;
DROP TABLE search_index;
