package library

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"sync"
	"syscall"

	"tintype/internal/blob"
	"tintype/internal/media"
)

// Staged is a file that was received whole and belongs to no asset yet.
type Staged struct {
	Size        int64
	SHA256, MD5 string // lower-case hexadecimal

	mu   sync.Mutex
	file *os.File // nil once adopted or discarded
}

// Discard removes the file unless it was adopted. It may be called more than once.
func (s *Staged) Discard() {
	if f := s.take(); f != nil {
		blob.Discard(f)
	}
}

// take hands the file over to the caller; nil when it has gone already.
func (s *Staged) take() *os.File {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.file
	s.file = nil
	return f
}

// source is the file as the engine wants it, good until it is adopted or discarded.
func (s *Staged) source() (engineSource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return engineSource{}, errStagedGone
	}
	return engineSource{s.file, s.Size}, nil
}

var errStagedGone = errors.New("library: the staged file was used already")

type engineSource struct {
	file *os.File
	size int64
}

func (s engineSource) ReadAt(p []byte, off int64) (int, error) { return s.file.ReadAt(p, off) }
func (s engineSource) Size() int64                             { return s.size }
func (s engineSource) File() *os.File                          { return s.file }

// Stage receives all of r into a file of the blob store, hashing and counting
// on the way. At the byte that passes limit it stops with TooLarge and a
// *media.LimitError. The caller uploads or discards what it gets; after an
// error nothing is left. An error of r that is no *media.Error is an outage.
func (l *Library) Stage(ctx context.Context, r io.Reader, limit int64) (*Staged, error) {
	w, err := l.newStager(ctx)
	if err != nil {
		return nil, err
	}
	n, err := w.copy(io.LimitReader(ctxReader{ctx, r}, limit+1))
	if err == nil && n > limit {
		err = tooLarge(limit, n)
	}
	if err != nil {
		w.discard()
		return nil, fmt.Errorf("stage: %w", err)
	}
	return w.finish(), nil
}

func tooLarge(limit, got int64) error {
	return &media.Error{
		Code:    media.TooLarge,
		Op:      "stage",
		Message: fmt.Sprintf("File size too large, the maximum is %d bytes", limit),
		Err:     &media.LimitError{What: "bytes", Max: limit, Got: got},
	}
}

// ctxReader stops reading when its context has ended.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (r ctxReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// stager writes a staged file. It is an io.Writer for one goroutine.
type stager struct {
	file *os.File
	sha  hash.Hash
	md   hash.Hash
	back func() // gives md back
	size int64
}

func (l *Library) newStager(ctx context.Context) (*stager, error) {
	f, err := blob.Stage(ctx, l.cfg.Blobs)
	if err != nil {
		return nil, fmt.Errorf("stage: %w", noSpace(err))
	}
	md, back := l.digests.md5()
	return &stager{file: f, sha: sha256.New(), md: md, back: back}, nil
}

// pieces are buffers through which bytes come in that arrive in smaller ones:
// a write costs its own time however little it writes.
var pieces = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, 64<<10) }}

// copy writes all of r.
func (w *stager) copy(r io.Reader) (int64, error) {
	piece := pieces.Get().(*bufio.Writer)
	piece.Reset(w)
	defer func() {
		piece.Reset(nil)
		pieces.Put(piece)
	}()
	n, err := io.Copy(piece, r)
	if err == nil {
		err = piece.Flush()
	}
	return n, err
}

func (w *stager) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	w.size += int64(n)
	w.md.Write(p[:n])
	w.sha.Write(p[:n])
	return n, noSpace(err)
}

func (w *stager) discard() {
	w.back()
	blob.Discard(w.file)
}

func (w *stager) finish() *Staged {
	defer w.back()
	return &Staged{Size: w.size, SHA256: hex.EncodeToString(w.sha.Sum(nil)), MD5: hex.EncodeToString(w.md.Sum(nil)), file: w.file}
}

// noSpace gives the system's "disk full" the code that callers look for.
func noSpace(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return &media.Error{Code: media.NoSpace, Op: "stage", Message: "The store is full", Err: err}
	}
	return err
}
