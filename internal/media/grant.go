package media

import (
	"encoding/json"
	"slices"
	"time"
)

// Grant lets some read an asset that has grants. One of them is enough, and
// nobody else may: not even where Access is open.
type Grant struct {
	// Token: whoever shows a token. Otherwise anybody, from Start until End;
	// zero is without such a bound.
	Token bool      `json:"token,omitempty"`
	Start time.Time `json:"start,omitzero"`
	End   time.Time `json:"end,omitzero"`
}

// opens reports whether anybody may read at a time.
func (g Grant) opens(at time.Time) bool {
	return !g.Token && (g.Start.IsZero() || !at.Before(g.Start)) && (g.End.IsZero() || at.Before(g.End))
}

// Equal compares times by the moment that they mean.
func (g Grant) Equal(o Grant) bool {
	return g.Token == o.Token && g.Start.Equal(o.Start) && g.End.Equal(o.End)
}

// Readable reports whether anybody may read a at a time as far as its grants
// and its moderation go; Access says the rest. until is when that changes by
// itself; zero is never.
func (a *Asset) Readable(at time.Time) (open bool, until time.Time) {
	if a.Withheld() {
		return false, time.Time{}
	}
	if len(a.Detail.Grants) == 0 {
		return true, time.Time{}
	}
	for _, g := range a.Detail.Grants {
		open = open || g.opens(at)
		for _, edge := range []time.Time{g.Start, g.End} {
			if !g.Token && edge.After(at) && (until.IsZero() || edge.Before(until)) {
				until = edge
			}
		}
	}
	return open, until
}

// Shown reports whether anybody may read a at a time, in some form, by its
// access as well as by its grants and its moderation.
func (a *Asset) Shown(at time.Time) bool {
	open, _ := a.Readable(at)
	return open && a.Access.Open()
}

// Guarded reports that a token is needed to read a at any time.
func (a *Asset) Guarded() bool {
	return len(a.Detail.Grants) > 0 && !slices.ContainsFunc(a.Detail.Grants, func(g Grant) bool { return !g.Token })
}

// Withheld reports that a moderator has rejected a. What a person says counts
// for more than what others do.
func (a *Asset) Withheld() bool {
	for _, m := range a.Detail.Moderation {
		if m.Kind == Manual && (m.Status == Approved || m.Status == Rejected) {
			return m.Status == Rejected
		}
	}
	return slices.ContainsFunc(a.Detail.Moderation, func(m Moderation) bool { return m.Status == Rejected })
}

// Moderation is what one moderator says of an asset.
type Moderation struct {
	// Kind is the moderator: Manual is a person.
	Kind      string           `json:"kind"`
	Status    ModerationStatus `json:"status"`
	UpdatedAt time.Time        `json:"updated_at"`
	// Response is a JSON value that the moderator gave; may be nil.
	Response json.RawMessage `json:"response,omitempty"`
}

// Manual is the kind of moderation by a person.
const Manual = "manual"

// ModerationStatus is where a moderation is.
type ModerationStatus string

// The states of a moderation. Queued waits for the one before it to approve;
// Aborted will not be asked, because one before it has rejected.
const (
	Queued   ModerationStatus = "queued"
	Awaited  ModerationStatus = "pending"
	Approved ModerationStatus = "approved"
	Rejected ModerationStatus = "rejected"
	Aborted  ModerationStatus = "aborted"
)

// Moderated is a list of moderations in which one has another status, and what
// follows from it for those behind. There is a new one at the end where none
// is of the kind. next is the one that is to be asked now; nil where none is.
func Moderated(list []Moderation, m Moderation) (out []Moderation, next *Moderation) {
	out = slices.Clone(list)
	i := slices.IndexFunc(out, func(o Moderation) bool { return o.Kind == m.Kind })
	if i < 0 {
		i = len(out)
		out = append(out, m)
	}
	out[i] = m
	for j := i + 1; j < len(out); j++ {
		switch {
		case m.Status == Rejected && out[j].Status == Queued:
			out[j].Status, out[j].UpdatedAt = Aborted, m.UpdatedAt
		case m.Status == Approved && next == nil && (out[j].Status == Queued || out[j].Status == Aborted):
			out[j].Status, out[j].UpdatedAt = Awaited, m.UpdatedAt
			next = &out[j]
		}
	}
	return out, next
}
