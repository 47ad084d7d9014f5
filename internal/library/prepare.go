package library

import (
	"context"
	"fmt"
	"slices"

	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/transform"
)

// File is an upload that is known for what it is, and not stored yet.
type File struct {
	Kind media.Kind
	Info media.Info
	// Filename is the client's name of the file.
	Filename string

	library *Library
	source  engine.Source
}

// Analyse finds out parts of what is to be known of the file as it came.
func (f *File) Analyse(ctx context.Context, parts []rendition.Part) (media.Analysis, error) {
	found, err := f.library.measure(ctx, f.source, f.Kind, f.Info, parts)
	return found.Analysis, err
}

// amend lets the caller change its mind, and refuses what does not go
// together with the file.
func (l *Library) amend(ctx context.Context, u *Upload, s *Staged, kind media.Kind, info media.Info) error {
	if u.Amend != nil {
		src, err := s.source()
		if err != nil {
			return err
		}
		changed := *u
		if err := u.Amend(ctx, &File{Kind: kind, Info: info, Filename: u.Filename, library: l, source: src}, &changed); err != nil {
			return err
		}
		changed.Account, changed.Kind, changed.Staged, changed.URL, changed.Data = u.Account, u.Kind, u.Staged, u.URL, u.Data
		changed.finishes, changed.remote, changed.drawn, changed.members = u.finishes, u.remote, u.drawn, u.members
		if err := checkUpload(&changed); err != nil {
			return err
		}
		*u = changed
	}
	if len(u.Formats) > 0 && u.Format == "" && !slices.Contains(u.Formats, info.Format) {
		return media.Errorf(media.Invalid, "%s file format %s not allowed", title(kind), media.Extension(info.Format))
	}
	if kind == media.KindImage {
		return nil
	}
	if u.Format != "" {
		return media.Errorf(media.Unsupported, "A %s file cannot be converted at upload", kind)
	}
	if !u.Incoming.Empty() {
		return media.Errorf(media.Unsupported, "A %s file cannot be transformed at upload", kind)
	}
	return nil
}

// convert carries the incoming transformation out, and brings a picture into
// the format that is asked for. It answers nil where there is nothing to do.
func (l *Library) convert(ctx context.Context, u *Upload, s *Staged, kind media.Kind, info media.Info) (*Staged, media.Info, error) {
	t := u.Incoming
	if u.Format != "" && u.Format != info.Format {
		t.Output.Format = u.Format
	}
	// There is no client to negotiate with.
	if t.Output.Format == transform.Auto {
		t.Output.Format = ""
	}
	if kind != media.KindImage || t.Empty() {
		return nil, info, nil
	}
	if t.Output.Frames == transform.FramesDefault {
		t.Output.Frames = transform.FramesAll
	}
	src, err := s.source()
	if err != nil {
		return nil, info, err
	}
	w, err := l.newStager(ctx)
	if err != nil {
		return nil, info, err
	}
	become := media.Asset{Account: u.Account, Tags: u.Tags, Context: u.Context, Version: media.Version{Info: info}}
	become.Kind = kind
	u.Marks.on(&become, true)
	to, err := l.cfg.Renditions.Apply(ctx, rendition.Loose{Source: src, Asset: become}, t, w)
	if err == nil && w.size > l.MaxBytes(kind) {
		err = tooLarge(l.MaxBytes(kind), w.size)
	}
	if err != nil {
		w.discard()
		return nil, info, fmt.Errorf("convert upload: %w", err)
	}
	out := w.finish()
	to.Bytes = out.Size
	return out, to, nil
}
