// Package engine carries out plans: it looks into files, measures them and
// renders them. All decoding happens in worker processes, which are the same
// binary run again, shut in, and killed at their deadline, so that a hostile
// file costs one request and never the server.
package engine

import (
	"context"
	"io"
	"os"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// Engine is what the rest of Tintype needs of pixels. Safe for concurrent use.
//
// Errors are *media.Error: Invalid when the file is at fault (undecodable,
// truncated, over a limit, killed at its deadline), Unsupported when this
// machine lacks the format, Limited when no worker was free in time.
type Engine interface {
	// Probe looks at a file of unknown content. want narrows what is
	// acceptable: KindImage, KindVideo, or "" for whatever it is. A file
	// that is neither image nor video gives KindRaw when want is "", and
	// Invalid otherwise.
	Probe(ctx context.Context, src Source, want media.Kind) (media.Kind, media.Info, error)
	// Measure answers a question about the upright picture.
	Measure(ctx context.Context, src Source, q transform.Question) (transform.Answer, error)
	// Render carries out each output's plan on src[0] (the further sources
	// are layers), decoding it once where the plans allow.
	Render(ctx context.Context, src []Source, outs []Output) error
}

// Source is the bytes of a file, with random access. The caller keeps it open
// until the call that it was handed to returns.
type Source interface {
	io.ReaderAt
	Size() int64
}

// Filer is a Source that is backed by an open file, whose descriptor is
// handed to the worker as it is. Other sources are copied into a memfd.
type Filer interface {
	Source
	File() *os.File
}

// Output is one result: Render writes the encoded bytes to W and, when Info
// is not nil, what they are to *Info. Nothing is written before the result is
// complete.
type Output struct {
	Plan transform.Plan
	W    io.Writer
	Info *media.Info
}
