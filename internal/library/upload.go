package library

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tintype/internal/engine"
	"tintype/internal/media"
)

// patience is how long the work on an upload waits for a worker: its bytes are
// here already.
const patience = 10 * time.Second

// Upload takes a file in. When it returns without error the bytes, the record
// and the event would survive a power cut; after an error no record exists
// and no staged file is left.
//
// Two uploads to one name end in one asset, with the content of whichever
// commits last. A replaced asset keeps its ID and creation time and gets a
// new version, even for equal bytes.
func (l *Library) Upload(ctx context.Context, u Upload) (*Uploaded, error) {
	ctx = engine.Patient(ctx, patience)
	if u.Staged != nil {
		defer u.Staged.Discard()
	}
	if err := checkUpload(&u); err != nil {
		return nil, err
	}
	staged, err := l.receive(ctx, &u)
	if err != nil {
		return nil, err
	}
	// The variable may change below: what is discarded is what is left then.
	defer func() { staged.Discard() }()
	if staged.Size == 0 {
		return nil, media.Errorf(media.Invalid, "Empty file")
	}
	l.cfg.Fault("staged")
	kind, info, err := l.inspect(ctx, &u, staged)
	if err != nil {
		return nil, err
	}
	if err := l.amend(ctx, &u, staged, kind, info); err != nil {
		return nil, err
	}
	if converted, to, err := l.convert(ctx, &u, staged, kind, info); err != nil {
		return nil, err
	} else if converted != nil {
		staged.Discard()
		staged, info = converted, to
	}
	found, err := l.lookInto(ctx, &u, staged, kind, info)
	if err != nil {
		return nil, err
	}
	l.cfg.Fault("probed")
	c := &candidate{upload: &u, naming: l.naming(&u, kind), staged: staged, kind: kind, info: info, found: found}
	out, err := l.commit(ctx, c)
	if err != nil {
		return nil, err
	}
	if out.Overwritten {
		l.drop(ctx, out.Asset.Account, out.Asset.ID)
		l.cfg.Fault("dropped")
	}
	if out.Existing {
		if _, err := l.Analyse(ctx, out.Asset, u.Analyse); err != nil {
			return nil, err
		}
		return out, l.leftAlone(ctx, &u, out.Asset)
	}
	out.Eager = l.Eager(ctx, out.Asset, u.now(), u.EagerLabels)
	return out, nil
}

// checkUpload refuses what is wrong without looking at the file, and fills in
// defaults.
func checkUpload(u *Upload) error {
	sources := 0
	for _, given := range []bool{u.Staged != nil, u.URL != "", u.Data != nil} {
		if given {
			sources++
		}
	}
	if sources != 1 {
		return fmt.Errorf("library: an upload needs one source, not %d", sources)
	}
	if !media.ValidAccount(string(u.Account)) {
		return fmt.Errorf("library: upload without an account")
	}
	if u.Access == "" {
		u.Access = media.Public
	}
	if u.Filename == "" && u.URL != "" {
		u.Filename = urlFilename(u.URL)
	}
	u.Filename = strings.ToValidUTF8(u.Filename, "_")
	u.Folder = strings.Trim(u.Folder, "/")
	if (u.Name != "" || u.Folder != "") && u.Access != media.Remote {
		placeholder := u.Name
		if placeholder == "" {
			placeholder = "x"
		}
		if err := CheckName(join(u.Folder, placeholder)); err != nil {
			return err
		}
	}
	if u.Format != "" {
		f, ok := media.FormatByName(u.Format)
		if !ok || f.Kind != media.KindImage {
			return media.Errorf(media.Invalid, "Cannot convert to format %s", u.Format)
		}
	}
	u.Tags = cleanTags(u.Tags)
	return errors.Join(u.Marks.check(), u.Placing.check())
}

// cleanTags trims, drops blanks and later duplicates, and keeps the order.
func cleanTags(tags []string) []string {
	var out []string
	for _, t := range tags {
		if t = strings.TrimSpace(t); t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}
