// Package catalogtest gives tests a database of their own: a SQLite file or a
// database on a PostgreSQL server.
//
// The server is the one at TINTYPE_TEST_POSTGRES, the URL of a user who may
// create databases. Without it one is started from Debian's package, once per
// test binary, and ends with it. Where neither is to be had the test is
// skipped, or fails if CI or TINTYPE_TEST_REQUIRE_POSTGRES is set.
package catalogtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tintype/internal/catalog" // brings the driver "pgx" for database/sql with it
)

// Each runs fn as a parallel subtest for each kind of database, with the URL of
// an empty one.
func Each(t *testing.T, fn func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, Postgres(t))
	})
}

// Open opens the catalog at url until the test ends.
func Open(t testing.TB, url string, cfg catalog.Config) *catalog.DB {
	t.Helper()
	db, err := catalog.Open(context.Background(), url, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close catalog: %v", err)
		}
	})
	return db
}

// SQLite returns the URL of a database file that does not exist yet.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "catalog.db")
}

// server starts or finds the server at most once per test binary.
var server = sync.OnceValues(func() (string, error) {
	if url := os.Getenv("TINTYPE_TEST_POSTGRES"); url != "" {
		return url, nil
	}
	return startServer()
})

// Postgres returns the URL of a new, empty database, which is dropped when the
// test ends.
func Postgres(t testing.TB) string {
	t.Helper()
	base, err := server()
	if err == errNoServer && os.Getenv("CI") == "" && os.Getenv("TINTYPE_TEST_REQUIRE_POSTGRES") == "" {
		t.Skipf("PostgreSQL is not tested: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal("TINTYPE_TEST_POSTGRES is not a URL")
	}
	name := "tintype_test_" + strings.ToLower(rand.Text())
	admin(t, base, "CREATE DATABASE "+name+" ENCODING 'UTF8' TEMPLATE template0")
	t.Cleanup(func() { admin(t, base, "DROP DATABASE "+name+" WITH (FORCE)") })
	u.Path = "/" + name
	return u.String()
}

func admin(t testing.TB, url, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		t.Errorf("%s: %v", statement, err)
	}
}

// Disconnect ends every connection to the database at url, as the server's
// restart would.
func Disconnect(t testing.TB, url string) {
	t.Helper()
	admin(t, url, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
}
