package delivery

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"tintype/internal/blob"
)

// content is the open body of an answer: bytes in memory, or a file.
type content struct {
	bytes []byte
	file  io.ReadSeekCloser // nil when the bytes are in memory
}

func (c content) Close() {
	if c.file != nil {
		c.file.Close()
	}
}

// open makes the body ready, so that what is missing shows before any header
// is written. whole says that it will be read from its beginning.
func (a *answer) open(ctx context.Context, store blob.Store, whole bool) (content, error) {
	if a.body != nil {
		return content{bytes: a.body}, nil
	}
	if files, ok := blob.As[blob.Filer](store); ok {
		f, info, err := files.File(ctx, a.blob)
		if err == nil && info.Size != a.size {
			f.Close()
			err = fmt.Errorf("blob has %d bytes, not %d", info.Size, a.size)
		}
		if err != nil {
			return content{}, unreadable(ctx, err)
		}
		return content{file: f}, nil // bare, so that the kernel can send it
	}
	s := &stream{ctx: ctx, store: store, key: a.blob, size: a.size}
	if err := s.begin(whole); err != nil {
		return content{}, unreadable(ctx, err)
	}
	return content{file: s}, nil
}

// wantsWhole reports whether a request will have the body from its beginning.
func wantsWhole(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Header["Range"] == nil && r.Header["If-None-Match"] == nil && r.Header["If-Modified-Since"] == nil
}

// write answers the request, except one for a range that does not exist:
// that is an error, and nothing was written. now matters only to answers that end.
func (a *answer) write(w http.ResponseWriter, r *http.Request, c content, now time.Time) error {
	h := w.Header()
	for _, f := range a.fields {
		h[f.name] = f.value
	}
	if !a.until.IsZero() {
		h["Cache-Control"] = []string{a.cacheControl(min(maxAge, a.until.Sub(now)))}
	}
	if c.file == nil && unconditional(r.Header) {
		if r.Method != http.MethodHead {
			w.Write(c.bytes)
		}
		return nil
	}
	delete(h, "Content-Length") // ServeContent decides what is sent
	var from io.ReadSeeker = c.file
	if c.file == nil {
		from = bytes.NewReader(c.bytes)
	}
	r = withRange(r, a.size)
	if r.Header["Range"] == nil {
		http.ServeContent(w, r, "", a.modified, from)
	} else {
		rw := &rangeWriter{ResponseWriter: w}
		http.ServeContent(rw, r, "", a.modified, from)
		if rw.unsatisfied {
			for _, f := range a.fields {
				delete(h, f.name)
			}
			delete(h, "Cache-Control")
			delete(h, "Content-Range")
			return outside(a.size)
		}
	}
	if s, ok := c.file.(*stream); ok && s.err != nil {
		// Too late for an answer: the client must not take it for complete.
		panic(http.ErrAbortHandler)
	}
	return nil
}

// unconditional reports whether nothing in a request's header asks for less
// than everything.
func unconditional(h http.Header) bool {
	return h["If-None-Match"] == nil && h["Range"] == nil && h["If-Modified-Since"] == nil &&
		h["If-Match"] == nil && h["If-Unmodified-Since"] == nil
}

// stream reads a blob of a store without files, as http.ServeContent wants
// it: a seek only notes the place, and the next read opens the blob there.
type stream struct {
	ctx   context.Context
	store blob.Store
	key   string
	size  int64

	off int64         // of the next read
	r   io.ReadCloser // open at pos, or nil
	pos int64
	err error // the first failure of a read
}

// begin checks that the blob is there in its full size. whole opens it at once.
func (s *stream) begin(whole bool) error {
	var info blob.Info
	var err error
	if whole {
		s.r, info, err = s.store.Open(s.ctx, s.key, 0, -1)
	} else {
		info, err = s.store.Stat(s.ctx, s.key)
	}
	if err != nil {
		return err
	}
	if info.Size != s.size {
		s.Close()
		return fmt.Errorf("blob has %d bytes, not %d", info.Size, s.size)
	}
	return nil
}

func (s *stream) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.off
	case io.SeekEnd:
		offset += s.size
	}
	if offset < 0 {
		return 0, fmt.Errorf("seek to %d", offset)
	}
	s.off = offset
	return offset, nil
}

func (s *stream) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.off >= s.size {
		return 0, io.EOF
	}
	if s.r != nil && s.pos != s.off {
		s.Close()
	}
	if s.r == nil {
		r, _, err := s.store.Open(s.ctx, s.key, s.off, -1)
		if err != nil {
			s.err = err
			return 0, err
		}
		s.r, s.pos = r, s.off
	}
	n, err := s.r.Read(p)
	s.off += int64(n)
	s.pos = s.off
	if err == io.EOF && s.off < s.size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func (s *stream) Close() error {
	if s.r == nil {
		return nil
	}
	err := s.r.Close()
	s.r = nil
	return err
}
