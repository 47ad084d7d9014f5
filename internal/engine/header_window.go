package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

var (
	// errShort: the file ends before what its header speaks of.
	errShort = errors.New("file ends early")
	// errBusy: the file makes its reader do more than any honest one would.
	errBusy = errors.New("header takes too much work")
)

const (
	jumpLen   = 4 << 10   // read at once after a jump
	streamLen = 64 << 10  // read at once when going on
	maxRead   = 256 << 20 // bytes read of one file
	maxSteps  = 4 << 20   // accesses to one file
)

// window is random access to a file through one small buffer, with a budget
// of bytes read and of accesses, so that no file can make its reader loop.
type window struct {
	r     io.ReaderAt
	size  int64
	buf   []byte // what lies at off
	off   int64
	read  int64
	steps int
}

func newWindow(r io.ReaderAt, size int64) *window {
	return &window{r: r, size: max(size, 0)}
}

// bytes returns the n bytes at off, valid until the next call. n must not be
// over streamLen.
func (w *window) bytes(off int64, n int) ([]byte, error) {
	if w.steps++; w.steps > maxSteps {
		return nil, errBusy
	}
	if i := off - w.off; i >= 0 && i+int64(n) <= int64(len(w.buf)) {
		return w.buf[i : i+int64(n)], nil
	}
	if off < 0 || n > streamLen || off > w.size-int64(n) {
		return nil, errShort
	}
	want := max(n, jumpLen)
	if end := w.off + int64(len(w.buf)); off >= w.off && off <= end && len(w.buf) > 0 {
		want = streamLen
	}
	want = int(min(int64(want), w.size-off))
	if w.read += int64(want); w.read > maxRead {
		return nil, errBusy
	}
	if cap(w.buf) < want {
		w.buf = make([]byte, want)
	}
	w.buf, w.off = w.buf[:want], off
	got, err := w.r.ReadAt(w.buf, off)
	w.buf = w.buf[:got]
	if got >= n {
		return w.buf[:n], nil
	}
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errShort
	}
	return nil, fmt.Errorf("read header: %w", err)
}

// upTo is bytes, with fewer where the file ends.
func (w *window) upTo(off int64, n int) ([]byte, error) {
	if off < 0 || off >= w.size {
		return nil, nil
	}
	b, err := w.bytes(off, int(min(int64(n), w.size-off)))
	if errors.Is(err, errShort) { // the file is shorter than was said
		if w.off == off {
			return w.buf, nil
		}
		return nil, nil
	}
	return b, err
}

// num reads an unsigned number of n bytes, 1 to 8.
func (w *window) num(off int64, n int, order binary.ByteOrder) (uint64, error) {
	b, err := w.bytes(off, n)
	if err != nil {
		return 0, err
	}
	var full [8]byte
	if order == binary.BigEndian {
		copy(full[8-n:], b)
		return binary.BigEndian.Uint64(full[:]), nil
	}
	copy(full[:], b)
	return binary.LittleEndian.Uint64(full[:]), nil
}
