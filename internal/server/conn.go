package server

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	// sendGrace and sendRate bound how long an answer may wait for its
	// reader: each piece has the grace, and a second per sendRate bytes.
	sendGrace = 60 * time.Second
	sendRate  = 1 << 10
	// sendPiece is how much of a file is handed to the kernel at once.
	sendPiece = 4 << 20
)

// listener gives its connections what net/http does not: an end to readers
// that do not read, and the header as it was sent.
type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, ahead: -1}, nil
}

// conn keeps what was read since the last request ended, as much as a header
// can have.
type conn struct {
	net.Conn
	head []byte
	// ahead is the one byte that net/http reads while a request is answered,
	// to see the client leave; -1 when the last read was another. It belongs
	// to the next request.
	ahead int
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.ahead = -1
	if n == 1 && len(p) == 1 {
		c.ahead = int(p[0])
	}
	if room := maxHeader + 4096 - len(c.head); room > 0 {
		c.head = append(c.head, p[:min(n, room)]...)
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	c.patience(len(p))
	return c.Conn.Write(p)
}

// ReadFrom lets the kernel send files.
func (c *conn) ReadFrom(r io.Reader) (total int64, err error) {
	from, ok := c.Conn.(io.ReaderFrom)
	if !ok {
		return io.Copy(struct{ io.Writer }{c}, r)
	}
	whole, ok := r.(*io.LimitedReader)
	if !ok {
		whole = &io.LimitedReader{R: r, N: 1<<63 - 1}
	}
	for whole.N > 0 {
		// Only a file directly inside one LimitedReader can be sent.
		piece := &io.LimitedReader{R: whole.R, N: min(whole.N, sendPiece)}
		asked := piece.N
		c.patience(int(asked))
		n, err := from.ReadFrom(piece)
		total += n
		whole.N -= n
		if err != nil || n < asked {
			return total, err
		}
	}
	return total, nil
}

func (c *conn) patience(n int) {
	c.Conn.SetWriteDeadline(time.Now().Add(sendGrace + time.Duration(n/sendRate)*time.Second))
}

// ended forgets the header of a request that was answered.
func (c *conn) ended() {
	if cap(c.head) > 4096 {
		c.head = nil
	}
	c.head = c.head[:0]
	if c.ahead >= 0 {
		c.head = append(c.head, byte(c.ahead))
	}
}

// watch is for http.Server.ConnState.
func watch(nc net.Conn, state http.ConnState) {
	if c, ok := nc.(*conn); ok && state == http.StateIdle {
		c.ended()
	}
}

type connKey struct{}

// remember is for http.Server.ConnContext.
func remember(ctx context.Context, nc net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, nc)
}

// lengths says what is known of how a chunked request's body was announced.
type lengths int

const (
	oneLength  lengths = iota
	twoLengths         // by Content-Length too: an attempt to make a proxy and us disagree
	unknown            // the header cannot be told from what was pipelined before it
)

// lengthsOf looks at the header as it was sent, because net/http drops a
// Content-Length beside a Transfer-Encoding without a word. It may be called
// until the body is read.
func lengthsOf(r *http.Request) lengths {
	c, ok := r.Context().Value(connKey{}).(*conn)
	if !ok {
		return unknown
	}
	first, rest, ok := bytes.Cut(c.head, []byte("\n"))
	if !ok || !bytes.HasPrefix(first, []byte(r.Method+" "+r.RequestURI+" ")) {
		return unknown
	}
	const name = "content-length"
	for {
		var line []byte
		line, rest, ok = bytes.Cut(rest, []byte("\n"))
		switch {
		case !ok:
			return unknown // longer than what is kept
		case len(bytes.TrimRight(line, "\r")) == 0:
			return oneLength
		case len(line) > len(name) && bytes.EqualFold(line[:len(name)], []byte(name)):
			return twoLengths
		}
	}
}
