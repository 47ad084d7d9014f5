package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"tintype/internal/engine/sandbox"
	"tintype/internal/engine/vips"
	"tintype/internal/media"
)

// socketFD is where a worker finds its socket.
const socketFD = 3

// idleTrim is after how much idleness a worker hands memory back.
const idleTrim = time.Second

// IsWorker reports whether this process was started as a worker: whether
// descriptor 3 is a socket.
func IsWorker() bool {
	_, err := syscall.GetsockoptInt(socketFD, syscall.SOL_SOCKET, syscall.SO_TYPE)
	return err == nil
}

// Serve is a worker's whole life: it shuts itself in and carries out jobs
// from the pool at descriptor 3, one at a time, until the pool hangs up. A
// program calls it as the first thing when it was started by Config.Command.
func Serve() error {
	f := os.NewFile(socketFD, "pool")
	if f == nil {
		return errors.New("descriptor 3 is not open: this command is started by the server, not by people")
	}
	c, err := net.FileConn(f)
	f.Close()
	if err != nil {
		return fmt.Errorf("descriptor 3 is no socket of the server's: %w", err)
	}
	conn, ok := c.(*net.UnixConn)
	if !ok {
		return errors.New("descriptor 3 is no socket of the server's")
	}
	defer conn.Close()
	w := &worker{conn: conn, buf: make([]byte, 4*packetMax), faults: faultsWanted(nil)}
	return w.serve()
}

type worker struct {
	conn   *net.UnixConn
	buf    []byte
	limits Limits
	faults bool
	fonts  shelf
	jobs   int // so far, with the one that is being done
}

func (w *worker) serve() error {
	n, err := receivePacket(w.conn, w.buf)
	if err != nil {
		return fmt.Errorf("hear from server: %w", err)
	}
	var h hello
	if err := json.Unmarshal(w.buf[:n], &h); err != nil {
		return fmt.Errorf("server's greeting: %w", err)
	}
	w.limits = h.Limits
	r, err := prepare(h)
	if err != nil {
		r.Error = err.Error()
	}
	if err := w.answer(r); err != nil || r.Error != "" {
		return errors.Join(err, errors.New(r.Error))
	}
	for {
		if err := w.next(); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
				return nil
			}
			return err
		}
	}
}

// prepare starts libvips and then shuts the process in.
func prepare(h hello) (ready, error) {
	if err := vips.Init(); err != nil {
		return ready{}, err
	}
	openFormats()
	level, err := sandbox.Enter(sandbox.Config{
		Read:     append(sandbox.DefaultPaths(), fontPaths()...),
		Memory:   int64(h.Memory),
		FileSize: int64(h.Memory),
	})
	if err != nil {
		return ready{}, fmt.Errorf("shut the worker in: %w", err)
	}
	return ready{Sandbox: level.String(), Walled: level.Full(), Library: vips.Version(), SIMD: vips.SIMD()}, nil
}

// fontPaths are where the environment says that fonts' configuration lies.
func fontPaths() []string {
	var paths []string
	if p := os.Getenv("FONTCONFIG_PATH"); p != "" {
		paths = append(paths, p)
	}
	if p := os.Getenv("FONTCONFIG_FILE"); p != "" {
		paths = append(paths, filepath.Dir(p))
	}
	return paths
}

// next waits for one job, does it and answers.
func (w *worker) next() error {
	w.conn.SetReadDeadline(time.Now().Add(idleTrim))
	n, files, err := receiveFiles(w.conn, w.buf)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		vips.Trim()
		debug.FreeOSMemory()
		w.conn.SetReadDeadline(time.Time{})
		n, files, err = receiveFiles(w.conn, w.buf)
	}
	var rep reply
	if err == nil {
		rep, err = w.handle(w.buf[:n], files)
	}
	// Before the answer, after which the pool may hand out the next job.
	for _, f := range files {
		f.Close()
	}
	if err != nil {
		return err
	}
	return w.answer(rep)
}

// handle carries out one request. An error is about the request's form and
// ends the worker; what goes wrong with the job is in the reply.
func (w *worker) handle(packet []byte, files []*os.File) (reply, error) {
	var req request
	if err := json.Unmarshal(packet, &req); err != nil {
		return reply{}, fmt.Errorf("server's request: %w", err)
	}
	if req.Large {
		var err error
		if req, err = largeRequest(files); err != nil {
			return reply{}, err
		}
		files = files[1:]
	}
	rep, err := w.do(req, files)
	if err != nil {
		rep = reply{Error: onWire(err), Worn: rep.Worn}
	}
	return rep, nil
}

func largeRequest(files []*os.File) (request, error) {
	var req request
	if len(files) == 0 {
		return req, errors.New("server's request is missing")
	}
	info, err := files[0].Stat()
	if err != nil {
		return req, fmt.Errorf("server's request: %w", err)
	}
	b := make([]byte, info.Size())
	if _, err := files[0].ReadAt(b, 0); err != nil {
		return req, fmt.Errorf("server's request: %w", err)
	}
	if err := json.Unmarshal(b, &req); err != nil {
		return req, fmt.Errorf("server's request: %w", err)
	}
	return req, nil
}

func (w *worker) answer(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	if err := sendPacket(w.conn, b, nil); err != nil {
		return fmt.Errorf("answer the server: %w", err)
	}
	return nil
}

func onWire(err error) *wireError {
	e := &wireError{Code: media.CodeOf(err), Message: media.MessageOf(err), Detail: err.Error(), Spent: errors.Is(err, errStrained)}
	errors.As(err, &e.Limit)
	return e
}

func (w *worker) do(req request, files []*os.File) (reply, error) {
	w.jobs++
	if req.Kind == jobTry {
		rep := reply{Formats: tryFormats()}
		missing, err := tryFonts(&w.fonts)
		if err != nil {
			missing = []string{"any script"}
		}
		rep.Unwritten, rep.Replaced = missing, w.fonts.owned.replaced()
		return rep, nil
	}
	if req.Kind == jobCompose {
		if req.Compose == nil || len(files) != 2 || len(req.Compose.Parts) != len(req.Compose.Places) {
			return reply{}, errors.New("half a composition")
		}
		return reply{}, compose(req.Compose, files[0], files[1])
	}
	if len(files) != len(req.Formats)+len(req.Plans) || len(req.Formats) == 0 && req.Kind != jobMeasure {
		return reply{}, fmt.Errorf("%d descriptors for %d sources and %d results", len(files), len(req.Formats), len(req.Plans))
	}
	if w.faults && len(req.Formats) > 0 {
		if fault := faultOf(files[0]); fault != "" {
			return reply{Infos: []media.Info{faultInfo}}, commitFault(fault, req.Kind, w.jobs == 1)
		}
	}
	st, err := openStock(files, req.Formats, &w.fonts)
	if err != nil {
		return reply{}, err
	}
	defer st.close()
	rep, err := w.doWith(req, st, files[len(req.Formats):])
	rep.Worn = w.fonts.worn()
	return rep, err
}

func (w *worker) doWith(req request, st *stock, results []*os.File) (reply, error) {
	switch req.Kind {
	case jobProbe:
		src, err := st.own()
		if err != nil {
			return reply{}, err
		}
		info, err := probe(src, w.limits)
		return reply{Infos: []media.Info{info}}, err
	case jobMeasure:
		a, err := measure(st, req.Question)
		return reply{Answer: a}, err
	case jobRender:
		var rep reply
		for i, plan := range req.Plans {
			info, err := renderTo(results[i], st, plan)
			if err != nil {
				return reply{}, st.blame(err, plan)
			}
			rep.Infos = append(rep.Infos, info)
		}
		return rep, nil
	}
	return reply{}, fmt.Errorf("unknown job %q", req.Kind)
}

// source is a file on its way to libvips.
type source struct {
	loader
	data vips.Foreign
	file *os.File // of a font, which is not mapped; the caller's
}

// openSource maps the file. The caller closes the source when no image made
// from it is left.
func openSource(f *os.File, format string) (*source, error) {
	var l loader
	var err error
	switch format {
	case formatFont:
		return &source{loader: loader{format: formatFont}, file: f}, nil
	case formatLUT:
		l.format = formatLUT
	default:
		if l, err = loaderFor(format); err != nil {
			return nil, err
		}
	}
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	m, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_PRIVATE|mapAtOnce)
	if err != nil {
		return nil, fmt.Errorf("map source of %d bytes: %w", info.Size(), err)
	}
	src := &source{loader: l, data: m}
	if format == formatLUT {
		return src, nil
	}
	return src.prepared()
}

func (s *source) close() {
	if s.data != nil {
		syscall.Munmap(s.data)
	}
}

// damaged is the error for a file that its decoder does not get through.
func (s *source) damaged(err error) error {
	if text := err.Error(); strings.Contains(text, "nsupported codec") || strings.Contains(text, "nsupported image type") || strings.Contains(text, "No decoding plugin") {
		return &media.Error{Code: media.Unsupported, Op: "decode", Message: displayName(s.format) + " files cannot be processed by this server", Err: err}
	}
	if outOfMemory(err) {
		return exhausted(err)
	}
	return &media.Error{Code: media.Invalid, Op: "decode", Message: "The " + displayName(s.format) + " file is damaged and cannot be decoded", Err: err}
}
