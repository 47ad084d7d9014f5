package library

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

// JobModerate is the kind of job that Moderate handles.
const JobModerate = "moderate"

// Moderator is a service that says whether an asset may be shown.
type Moderator struct {
	URL string
	// Secret signs what it is asked.
	Secret string
	// Original is where it finds the asset; "" tells no place.
	Original func(a *media.Asset) string
}

// moderation is the argument of JobModerate.
type moderation struct {
	Account media.AccountID `json:"account"`
	Asset   media.AssetID   `json:"asset"`
	Version media.VersionID `json:"version"`
	Kind    string          `json:"kind"`
}

// question is what a moderator is asked.
type question struct {
	Account    media.AccountID   `json:"account"`
	Moderation string            `json:"moderation"`
	AssetID    media.AssetID     `json:"asset_id"`
	VersionID  media.VersionID   `json:"version_id"`
	Kind       media.Kind        `json:"kind"`
	Access     media.Access      `json:"access"`
	Name       string            `json:"name"`
	Format     string            `json:"format,omitempty"`
	Bytes      int64             `json:"bytes"`
	Width      int               `json:"width,omitempty"`
	Height     int               `json:"height,omitempty"`
	SHA256     string            `json:"sha256"`
	Tags       []string          `json:"tags,omitempty"`
	Context    map[string]string `json:"context,omitempty"`
	URL        string            `json:"url,omitempty"`
}

// verdict is what a moderator answers.
type verdict struct {
	Status   media.ModerationStatus `json:"status"`
	Response json.RawMessage        `json:"response"`
}

// submit puts an asset before moderators, one after the other.
func (l *Library) submit(tx *catalog.Tx, a *media.Asset, kinds []string) error {
	a.Detail.Moderation = nil
	for i, kind := range kinds {
		m := media.Moderation{Kind: kind, Status: media.Queued, UpdatedAt: l.now()}
		if i == 0 {
			m.Status = media.Awaited
		}
		a.Detail.Moderation = append(a.Detail.Moderation, m)
	}
	if len(kinds) == 0 {
		return nil
	}
	return l.ask(tx, a, kinds[0])
}

// ask has a moderator asked after the transaction. A person is not: he looks
// at what is pending.
func (l *Library) ask(tx *catalog.Tx, a *media.Asset, kind string) error {
	if kind == media.Manual {
		return nil
	}
	return tx.Enqueue(catalog.Job{Kind: JobModerate, Queue: QueueLater, Args: moderation{a.Account, a.ID, a.Version.ID, kind}})
}

// settle notes what a moderator says, tells of it, and goes on to the next.
// The caller stores the asset.
func (l *Library) settle(tx *catalog.Tx, a *media.Asset, m media.Moderation) error {
	m.UpdatedAt = l.now()
	list, next := media.Moderated(a.Detail.Moderation, m)
	a.Detail.Moderation = list
	e := media.NewEvent(media.EventModerated, a, l.now(), media.ModerationData{Moderation: m, Asset: *a})
	e.Origin = tx.Origin().Aside()
	if err := tx.AddEvent(e); err != nil || next == nil {
		return err
	}
	return l.ask(tx, a, next.Kind)
}

// checkStatus refuses what nobody can decide.
func checkStatus(s media.ModerationStatus) error {
	switch s {
	case media.Approved, media.Rejected, media.Awaited:
		return nil
	}
	return media.Errorf(media.Invalid, "A moderation is approved, rejected or pending, not %q", string(s))
}

// Moderate is the handler of JobModerate: it asks the moderator, and records
// the answer unless the asset has other content, or another answer, by then.
// One who answers "pending" tells later by other ways. It may run any number
// of times.
func (l *Library) Moderate(ctx context.Context, args json.RawMessage) error {
	var job moderation
	if err := json.Unmarshal(args, &job); err != nil {
		return fmt.Errorf("read job: %w", err)
	}
	a, err := l.Find(ctx, job.Account, media.Ref{ID: job.Asset})
	if err != nil || !job.open(a) {
		if media.CodeOf(err) == media.NotFound {
			return nil
		}
		return err
	}
	v, err := l.consult(ctx, a, job.Kind)
	if err != nil || v.Status == media.Awaited {
		return err
	}
	gone := false
	err = l.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) error {
		if a, err = tx.Asset(job.Account, media.Ref{ID: job.Asset}); err != nil || !job.open(a) {
			gone = err == nil || media.CodeOf(err) == media.NotFound
			if gone {
				return nil
			}
			return err
		}
		if err := l.settle(tx, a, media.Moderation{Kind: job.Kind, Status: v.Status, Response: v.Response}); err != nil {
			return err
		}
		a.UpdatedAt = l.now()
		return tx.PutAsset(a)
	})
	if err == nil && !gone {
		l.cfg.Renditions.Announce(after(ctx), job.Account, job.Asset)
	}
	return err
}

// open reports whether the question of a job still stands.
func (m moderation) open(a *media.Asset) bool {
	return a != nil && a.Version.ID == m.Version && slices.ContainsFunc(a.Detail.Moderation, func(o media.Moderation) bool {
		return o.Kind == m.Kind && o.Status == media.Awaited
	})
}

// consult asks a moderator.
func (l *Library) consult(ctx context.Context, a *media.Asset, kind string) (v verdict, err error) {
	var by Moderator
	known := false
	if l.cfg.Moderator != nil {
		by, known = l.cfg.Moderator(a.Account, kind)
	}
	if !known || l.cfg.Fetch == nil {
		return v, fmt.Errorf("there is no moderator %s", kind)
	}
	info := a.Version.Info
	q := question{
		Account: a.Account, Moderation: kind, AssetID: a.ID, VersionID: a.Version.ID, Kind: a.Kind, Access: a.Access, Name: a.Name,
		Format: info.Format, Bytes: info.Bytes, Width: info.Width, Height: info.Height, SHA256: a.Version.SHA256, Tags: a.Tags, Context: a.Context,
	}
	if by.Original != nil {
		q.URL = by.Original(a)
	}
	body, err := json.Marshal(q)
	if err != nil {
		return v, err
	}
	at := strconv.FormatInt(l.now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(by.Secret))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	header := http.Header{
		"Content-Type": {"application/json"}, "Tintype-Timestamp": {at}, "Tintype-Signature": {hex.EncodeToString(mac.Sum(nil))},
	}
	answer, err := l.cfg.Fetch.Post(ctx, by.URL, header, body)
	if err != nil {
		return v, fmt.Errorf("ask moderator %s: %w", kind, err)
	}
	if answer.Status != http.StatusOK {
		return v, fmt.Errorf("ask moderator %s: it answered %d", kind, answer.Status)
	}
	if err := json.Unmarshal(answer.Body, &v); err != nil {
		return v, fmt.Errorf("ask moderator %s: %w", kind, err)
	}
	return v, checkStatus(v.Status)
}
