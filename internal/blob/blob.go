// Package blob keeps bytes under keys, durably.
package blob

import (
	"context"
	"io"
	"iter"
	"os"
	"time"
)

// Store is a place for blobs. Keys are slash-separated paths of lower-case
// letters, digits, '-', '_' and '.', without empty or "." segments and without
// "..", at most 512 bytes long, each segment at most 255 (see ValidKey). Whoever names
// blobs sees to it that no key is a folder of another, as "a" of "a/b": a
// store may refuse that with Conflict. Safe for concurrent use.
//
// Errors are *media.Error: NotFound for a missing key, NoSpace when the store
// is full, Invalid for a bad key or range; everything else is an outage.
type Store interface {
	// Put stores all of r under key, replacing what was there. It is all or
	// nothing, also for readers at the same moment, and returns when the
	// bytes would survive a power cut. An error of r fails the Put.
	Put(ctx context.Context, key string, r io.Reader) (Info, error)
	// Open reads n bytes from off; n < 0 reads to the end. off at the end
	// gives no bytes; off past it is Invalid. A blob that was replaced or
	// deleted meanwhile is read on as it was, or fails; never mixed. A short
	// read is an error, not an early end. ctx governs the reading too. The
	// Info is of the whole blob.
	Open(ctx context.Context, key string, off, n int64) (io.ReadCloser, Info, error)
	// Stat describes a blob.
	Stat(ctx context.Context, key string) (Info, error)
	// Delete removes a blob; a missing key is no error.
	Delete(ctx context.Context, key string) error
	// List gives all blobs whose key begins with prefix, in key order. It
	// stops at the first error. Blobs that come or go meanwhile may be missed.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]
	// Close releases what the store holds open.
	Close() error
}

// Info describes a blob.
type Info struct {
	Key     string
	Size    int64
	ModTime time.Time
}

// Linker is the ability to make a URL that reads a blob for a while without
// further credentials. Find it with As.
type Linker interface {
	Link(ctx context.Context, key string, ttl time.Duration) (string, error)
}

// Filer is the ability to hand out a blob as an open local file, to be closed
// by the caller. Find it with As.
type Filer interface {
	File(ctx context.Context, key string) (*os.File, Info, error)
}

// Stager is the ability to take in a file without copying it a second time:
// Stage gives an empty file where the store can keep it, Adopt puts what was
// written to it under a key, as durably as Put, and consumes the file, also
// when it fails. Use the functions Stage and Adopt, which work with every
// store.
type Stager interface {
	Stage(ctx context.Context) (*os.File, error)
	Adopt(ctx context.Context, f *os.File, key string) (Info, error)
}
