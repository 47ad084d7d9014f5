package library

import (
	"context"
	"encoding/json"
	"fmt"

	"tintype/internal/catalog"
	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/transform"
)

// findings are an analysis with the answers that it was made of.
type findings struct {
	media.Analysis
	parts   int
	answers map[transform.Question]transform.Answer
}

// measure finds out parts of what is to be known of a file.
func (l *Library) measure(ctx context.Context, src engine.Source, kind media.Kind, info media.Info, parts []rendition.Part) (findings, error) {
	f := findings{answers: map[transform.Question]transform.Answer{}, parts: len(parts)}
	var err error
	f.Analysis, err = rendition.Analyse(kind, info, parts, func(q transform.Question) (transform.Answer, error) {
		ans, err := l.cfg.Engine.Measure(ctx, src, q)
		if err != nil {
			return ans, fmt.Errorf("analyse upload: %w", err)
		}
		f.answers[q] = ans
		return ans, nil
	})
	return f, err
}

// lookInto finds out what the upload asks for, about the file as it is stored.
func (l *Library) lookInto(ctx context.Context, u *Upload, s *Staged, kind media.Kind, info media.Info) (findings, error) {
	if len(u.Analyse) == 0 {
		return findings{}, nil
	}
	src, err := s.source()
	if err != nil {
		return findings{}, err
	}
	return l.measure(ctx, src, kind, info, u.Analyse)
}

// about ties the analysis to a version; nil where none was asked for.
func (f findings) about(v media.VersionID) *media.Analysis {
	if f.parts == 0 {
		return nil
	}
	a := f.Analysis
	a.Version = v
	return &a
}

// record remembers the answers as those of a's version.
func (f findings) record(tx *catalog.Tx, a *media.Asset) error {
	for q, ans := range f.answers {
		text, err := json.Marshal(ans)
		if err != nil {
			return err
		}
		if err := tx.PutMeasured(a.Account, a.Version.ID, string(q), text); err != nil {
			return err
		}
	}
	return nil
}

// Analyse finds out parts of what is to be known of an asset's content, each
// once in a version's life, and keeps them with the asset. It answers all
// that is known, and puts it into a.Detail.
func (l *Library) Analyse(ctx context.Context, a *media.Asset, parts []rendition.Part) (media.Analysis, error) {
	known := media.Analysis{Version: a.Version.ID}
	if d := a.Detail.Analysis; d != nil && d.Version == a.Version.ID {
		known = *d
	}
	var missing []rendition.Part
	for _, p := range parts {
		if rendition.HasPart(a.Kind, p) && !has(known, p) {
			missing = append(missing, p)
		}
	}
	if len(missing) == 0 {
		return known, nil
	}
	found, err := l.cfg.Renditions.Analyse(ctx, a, missing)
	if err != nil {
		return known, err
	}
	known.Join(found)
	err = l.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) error {
		now, err := tx.Asset(a.Account, media.Ref{ID: a.ID})
		if media.CodeOf(err) == media.NotFound || err == nil && now.Version.ID != a.Version.ID {
			return nil // gone or replaced meanwhile: nobody asks any more
		}
		if err != nil {
			return err
		}
		if d := now.Detail.Analysis; d != nil && d.Version == now.Version.ID {
			all := *d
			all.Join(known)
			known = all
		}
		now.Detail.Analysis = &known
		return tx.PutAsset(now)
	})
	if err != nil {
		return known, fmt.Errorf("keep analysis: %w", err)
	}
	a.Detail.Analysis = &known
	return known, nil
}

// has reports whether a part is known.
func has(a media.Analysis, p rendition.Part) bool {
	switch p {
	case transform.WhatColors:
		return a.Colors != nil
	case transform.WhatFaces:
		return a.Faces != nil
	case transform.WhatHash:
		return a.Hash != ""
	case transform.WhatQuality:
		return a.Quality != nil
	case transform.WhatColorVision:
		return a.ColorVision != nil
	case transform.WhatCinemagraph:
		return a.Cinemagraph != nil
	case transform.WhatMetadata:
		return a.Metadata != nil
	case transform.WhatLook:
		return a.Look != nil
	}
	return false
}
