package library

import (
	"context"
	"encoding/json"
	"fmt"

	"tintype/internal/catalog"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// JobMakeRenditions is the kind of job that MakeRenditions handles.
const JobMakeRenditions = "make-renditions"

// perBatch is how many renditions one job makes, maxLater how many one call asks for.
const (
	perBatch = 10
	maxLater = 1000
)

// renditionJob is the arguments of JobMakeRenditions.
type renditionJob struct {
	Account media.AccountID `json:"account"`
	Asset   media.AssetID   `json:"asset"`
	Version media.VersionID `json:"version"`
	Batch   string          `json:"batch"`
	Chains  []string        `json:"chains"` // in canonical text
}

// MakeLater has renditions of an asset's version made in the background, and
// answers an id for all of it. When it returns the jobs would survive a power cut.
func (l *Library) MakeLater(ctx context.Context, a *media.Asset, ts []transform.Transformation) (batch string, err error) {
	if len(ts) > maxLater {
		return "", &media.Error{
			Code: media.Invalid, Op: "make later", Message: fmt.Sprintf("More than %d renditions cannot be made at once", maxLater),
			Err: &media.LimitError{What: "renditions", Max: maxLater, Got: int64(len(ts))},
		}
	}
	if batch, err = l.newID(); err != nil {
		return "", err
	}
	err = l.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) error {
		for at := 0; at < len(ts); at += perBatch {
			job := renditionJob{Account: a.Account, Asset: a.ID, Version: a.Version.ID, Batch: batch}
			for _, t := range ts[at:min(at+perBatch, len(ts))] {
				job.Chains = append(job.Chains, t.String())
			}
			if err := tx.Enqueue(catalog.Job{Kind: JobMakeRenditions, Args: job}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("make renditions later: %w", err)
	}
	return batch, nil
}

// MakeRenditions is the handler of JobMakeRenditions. What cannot be made of
// the file is not tried again; what is there already costs nothing.
func (l *Library) MakeRenditions(ctx context.Context, args json.RawMessage) error {
	var job renditionJob
	if err := json.Unmarshal(args, &job); err != nil {
		return fmt.Errorf("read job: %w", err)
	}
	a, err := l.Find(ctx, job.Account, media.Ref{ID: job.Asset})
	if media.CodeOf(err) == media.NotFound || err == nil && a.Version.ID != job.Version {
		return nil // gone, or another one
	}
	if err != nil {
		return err
	}
	for _, text := range job.Chains {
		t, err := transform.Parse(text)
		if err != nil {
			return fmt.Errorf("read chain: %w", err)
		}
		switch made := l.eager(ctx, a, t); media.CodeOf(made.Err) {
		case media.Internal, media.Limited, media.NoSpace, media.Pending:
			if made.Err != nil {
				return fmt.Errorf("make rendition of asset %s: %w", a.ID, made.Err)
			}
		default:
			l.cfg.Logger.Warn("a rendition cannot be made", "account", a.Account, "asset", a.ID, "batch", job.Batch, "chain", text, "error", made.Err)
		}
	}
	return nil
}
