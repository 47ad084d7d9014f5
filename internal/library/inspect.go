package library

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"tintype/internal/fetch"
	"tintype/internal/media"
)

// receive stages the bytes of whichever source u has.
func (l *Library) receive(ctx context.Context, u *Upload) (*Staged, error) {
	limit := l.MaxBytes(u.Kind)
	switch {
	case u.Staged != nil:
		return u.Staged, nil
	case u.Data != nil:
		return l.Stage(ctx, bytes.NewReader(u.Data), limit)
	case l.cfg.Fetch == nil:
		return nil, media.Errorf(media.Unsupported, "Uploads by URL are switched off here")
	}
	res, err := l.cfg.Fetch.Get(ctx, u.URL, limit)
	if err != nil {
		return nil, sourceError(u.URL, err)
	}
	defer res.Body.Close()
	staged, err := l.Stage(ctx, res.Body, limit)
	if err != nil {
		return nil, sourceError(u.URL, err)
	}
	return staged, nil
}

// SourceError is the cause, in an Error of code Invalid, when the URL of an
// upload could not be read.
type SourceError struct {
	URL string
	// Reason is the status that was answered ("404 Not Found"), or a
	// sentence that holds nothing of what was found there.
	Reason string
	Err    error
}

func (e *SourceError) Error() string { return "load URL: " + e.Reason + ": " + e.Err.Error() }
func (e *SourceError) Unwrap() error { return e.Err }

func sourceError(url string, err error) error {
	if media.CodeOf(err) != media.Invalid {
		return fmt.Errorf("load upload: %w", err)
	}
	reason := media.MessageOf(err)
	var status *fetch.StatusError
	if errors.As(err, &status) {
		reason = strings.TrimSpace(fmt.Sprintf("%d %s", status.Status, status.Text))
	}
	return &SourceError{URL: url, Reason: reason, Err: err}
}

// inspect finds out what the file is and whether it may be taken.
func (l *Library) inspect(ctx context.Context, u *Upload, s *Staged) (media.Kind, media.Info, error) {
	kind, info := media.KindRaw, media.Info{}
	if u.Kind != media.KindRaw {
		src, err := s.source()
		if err != nil {
			return "", info, err
		}
		kind, info, err = l.cfg.Engine.Probe(ctx, src, u.Kind)
		switch {
		case err == nil:
		case u.Kind == "" && kind != media.KindVideo && media.CodeOf(err) == media.Unsupported:
			// A picture that this server cannot open is a file like any other
			// to somebody who did not ask for a picture.
			kind = media.KindRaw
		default:
			return "", info, contentError(u.Kind, err)
		}
		if u.Kind != "" && kind != u.Kind {
			return "", info, contentError(u.Kind, media.Errorf(media.Invalid, "The file is not of kind %s", u.Kind))
		}
	}
	if kind == media.KindRaw {
		info = media.Info{Format: strings.TrimPrefix(extension(firstNonEmpty(u.Name, u.Filename)), ".")}
	}
	info.Bytes = s.Size
	if limit := orDefault(u.largest, l.MaxBytes(kind)); s.Size > limit {
		return "", info, tooLarge(limit, s.Size)
	}
	return kind, info, nil
}

// ContentError is the cause, in an Error of code Invalid, when a file is not
// what it has to be: of Kind, whole and decodable. A file that is, but passes
// a limit, has a *media.LimitError as its cause instead.
type ContentError struct {
	Kind media.Kind // "" where any kind was welcome
	Err  error
}

func (e *ContentError) Error() string { return "probe upload: " + e.Err.Error() }
func (e *ContentError) Unwrap() error { return e.Err }

func contentError(kind media.Kind, err error) error {
	var limit *media.LimitError
	if media.CodeOf(err) != media.Invalid || errors.As(err, &limit) {
		return fmt.Errorf("probe upload: %w", err)
	}
	return &ContentError{Kind: kind, Err: err}
}

func firstNonEmpty(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func title(kind media.Kind) string {
	return strings.ToUpper(string(kind[:1])) + string(kind[1:])
}
