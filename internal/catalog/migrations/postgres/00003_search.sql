-- +goose Up
-- One row for an account with an index. epoch is another one after the index
-- was begun anew; next is the number of the next document.
CREATE TABLE search_index (
    account TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    epoch   TEXT COLLATE "C" NOT NULL,
    next    BIGINT NOT NULL,
    sweep   TEXT COLLATE "C" NOT NULL
);

-- Assets that changed since the index was folded. Rows come and go, and every
-- search reads all of an account: what is dead has to be cleared away soon.
CREATE TABLE search_pending (
    account TEXT COLLATE "C" NOT NULL,
    asset   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (account, asset)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE search_doc (
    account TEXT COLLATE "C" NOT NULL,
    doc     BIGINT NOT NULL,
    asset   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (account, doc)
);
CREATE UNIQUE INDEX search_doc_asset ON search_doc (account, asset);

CREATE TABLE search_live (
    account TEXT COLLATE "C" NOT NULL,
    chunk   BIGINT NOT NULL,
    docs    BYTEA  NOT NULL,
    PRIMARY KEY (account, chunk)
);
ALTER TABLE search_live ALTER COLUMN docs SET STORAGE EXTERNAL;

CREATE TABLE search_term (
    account TEXT COLLATE "C" NOT NULL,
    term    TEXT COLLATE "C" NOT NULL,
    chunk   BIGINT NOT NULL,
    docs    BYTEA  NOT NULL,
    PRIMARY KEY (account, term, chunk)
);
ALTER TABLE search_term ALTER COLUMN docs SET STORAGE EXTERNAL;

CREATE TABLE search_column (
    account TEXT COLLATE "C" NOT NULL,
    field   TEXT COLLATE "C" NOT NULL,
    block   BIGINT NOT NULL,
    filled  BIGINT NOT NULL,
    least   DOUBLE PRECISION NOT NULL,
    most    DOUBLE PRECISION NOT NULL,
    data    BYTEA  NOT NULL,
    PRIMARY KEY (account, field, block)
);
ALTER TABLE search_column ALTER COLUMN data SET STORAGE EXTERNAL;

-- The update, though it changes nothing, waits for whoever is about to delete
-- the row because it has folded an older state of the asset.
-- +goose StatementBegin
CREATE FUNCTION asset_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO search_pending (account, asset) VALUES (OLD.account, OLD.id)
        ON CONFLICT (account, asset) DO UPDATE SET asset = EXCLUDED.asset;
    ELSE
        INSERT INTO search_pending (account, asset) VALUES (NEW.account, NEW.id)
        ON CONFLICT (account, asset) DO UPDATE SET asset = EXCLUDED.asset;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER asset_search AFTER INSERT OR UPDATE OR DELETE ON asset FOR EACH ROW EXECUTE FUNCTION asset_search();
INSERT INTO search_pending (account, asset) SELECT account, id FROM asset;

-- +goose Down
DROP TRIGGER asset_search ON asset;
DROP FUNCTION asset_search();
DROP TABLE search_column;
DROP TABLE search_term;
DROP TABLE search_live;
DROP TABLE search_doc;
DROP TABLE search_pending;
DROP TABLE search_index;
