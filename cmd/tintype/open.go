package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"tintype/internal/blob"
	"tintype/internal/blob/disk"
	"tintype/internal/blob/s3"
	"tintype/internal/catalog"
)

// openCatalog opens the database that a URL names.
func openCatalog(ctx context.Context, url string, log *slog.Logger) (*catalog.DB, error) {
	scheme, _, _ := strings.Cut(url, ":")
	switch scheme {
	case "sqlite", "postgres", "postgresql":
		return catalog.Open(ctx, url, catalog.Config{Logger: log, Fault: failing("catalog")})
	default:
		return nil, fmt.Errorf("a database URL begins with sqlite: or postgres:, not %s:", scheme)
	}
}

// openExisting opens the database of an installation that is there: opening
// alone would make one.
func openExisting(ctx context.Context, c config, log *slog.Logger) (*catalog.DB, error) {
	if _, err := os.Stat(filepath.Join(c.data, databaseFile)); err != nil {
		return nil, fmt.Errorf("--data %s holds no data of a server: %w", c.data, err)
	}
	db, err := openCatalog(ctx, c.database(), log)
	if err != nil {
		return nil, fmt.Errorf("the database: %w", err)
	}
	return db, nil
}

// openBlobs opens the storage that a URL names.
func openBlobs(ctx context.Context, url string) (blob.Store, error) {
	scheme, rest, _ := strings.Cut(url, ":")
	switch scheme {
	case "file":
		return disk.Open(rest, disk.Config{Fault: failing("disk")})
	case "s3":
		return s3.Open(ctx, url, s3.Config{})
	default:
		return nil, fmt.Errorf("a storage URL begins with file: or s3:, not %s:", scheme)
	}
}

// failing is fault for parts whose points may fail; nil where there is none.
func failing(part string) func(point string) error {
	if fault == nil {
		return nil
	}
	return func(point string) error {
		fault(part + ": " + point)
		return nil
	}
}
