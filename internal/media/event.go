package media

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// Event is a thing that happened to an asset, recorded in the same
// transaction as the change.
type Event struct {
	ID      int64 // assigned by the catalog, rising
	Account AccountID
	Type    EventType
	Asset   AssetID
	Ref     Ref
	At      time.Time
	// Data is a JSON object with details of this type of event, made from the
	// type that stands beside it in this package; may be nil.
	Data []byte
	// Origin is who caused it.
	Origin Origin
}

// EventType names what happened.
type EventType string

// The event types, each with the type of its Data.
const (
	EventUploaded EventType = "uploaded" // AssetData
	// EventUpdated: the record changed in any way; the more exact events of
	// the same change come besides. AssetData.
	EventUpdated EventType = "updated"
	EventRenamed EventType = "renamed" // RenameData
	EventDeleted EventType = "deleted" // AssetData
	// EventRendered: renditions that were to be made in the background are
	// made, or cannot be. AssetData.
	EventRendered       EventType = "rendered"
	EventTagsChanged    EventType = "tags-changed"    // ListChange
	EventContextChanged EventType = "context-changed" // PairsChange
	// EventMetadataChanged: values of structured fields changed. ValuesChange.
	EventMetadataChanged EventType = "metadata-changed"
	EventModerated       EventType = "moderated"      // ModerationData
	EventGrantsChanged   EventType = "grants-changed" // GrantsChange
	EventMoved           EventType = "moved"          // TextChange, of the folder
	EventNamed           EventType = "named"          // TextChange, of the display name
	EventFolderMade      EventType = "folder-made"    // FolderData
	EventFolderDeleted   EventType = "folder-deleted" // FolderData
	EventFolderMoved     EventType = "folder-moved"   // FolderData
	// EventFailed: what was to be done in the background cannot be done. FailureData.
	EventFailed EventType = "failed"
)

// Origin says who caused an event, and whom to tell of it.
type Origin struct {
	// Dialect is the language of the call; "" where it was no call.
	Dialect string `json:"dialect,omitempty"`
	// Key is the id of the key that made the call; "" where none did.
	Key string `json:"key,omitempty"`
	// Token: a token of limited rights took the place of the key.
	Token bool `json:"token,omitempty"`
	// Request is the id of the call.
	Request string `json:"request,omitempty"`
	// Batch is the name under which the caller asks for what becomes of
	// background work.
	Batch string `json:"batch,omitempty"`
	// Notify are the addresses that the caller wants told, in place of the
	// account's own subscribers.
	Notify []string `json:"notify,omitempty"`
}

// IsZero reports that nothing is known.
func (o Origin) IsZero() bool {
	return o.Dialect == "" && o.Key == "" && !o.Token && o.Request == "" && o.Batch == "" && len(o.Notify) == 0
}

// Aside is the origin for what a call causes besides what it asks for: the
// addresses that the caller named are not told of it.
func (o Origin) Aside() Origin {
	o.Notify = nil
	return o
}

type originKey struct{}

// WithOrigin returns a context whose events have an origin.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginOf returns the origin that a context carries, or none.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

// AssetData is an asset as the event left it, or as it was before it was deleted.
type AssetData struct {
	Asset Asset `json:"asset"`
	// Existing: an upload found the asset and left it as it was.
	Existing bool `json:"existing,omitempty"`
	// Overwritten: an upload replaced the content of an asset.
	Overwritten bool `json:"overwritten,omitempty"`
	// Ahead are the renditions that the call asked for.
	Ahead []Ahead `json:"ahead,omitempty"`
	// Later: the renditions are made in the background, and another event
	// tells of them.
	Later bool `json:"later,omitempty"`
}

// Ahead is a rendition that is made before anybody looks at it.
type Ahead struct {
	// Label is what the caller calls it.
	Label string `json:"label"`
	// Chain is its canonical transformation.
	Chain string `json:"chain"`
	// Info is what was made; nil before, and where it could not be made.
	Info *Info `json:"info,omitempty"`
	// Error is why not, in a sentence for the user.
	Error string `json:"error,omitempty"`
}

// RenameData tells the old name and the asset under its new one.
type RenameData struct {
	From  Ref   `json:"from"`
	Asset Asset `json:"asset"`
}

// ListChange is what came to a list and what went.
type ListChange struct {
	Asset   Asset    `json:"asset"`
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
}

// TextChange is what a text was before, and the asset that has another now.
type TextChange struct {
	Before string `json:"before"`
	Asset  Asset  `json:"asset"`
}

// ModerationData is what a moderator said, and the asset with it.
type ModerationData struct {
	Moderation Moderation `json:"moderation"`
	Asset      Asset      `json:"asset"`
}

// GrantsChange is the grants of before, and the asset that has others now.
type GrantsChange struct {
	Before []Grant `json:"before"`
	Asset  Asset   `json:"asset"`
}

// FolderData is a folder, and where it was before it was moved.
type FolderData struct {
	Path string `json:"path"`
	From string `json:"from,omitempty"`
}

// Lists compares two lists as sets.
func Lists(before, after []string) (added, removed []string) {
	for _, s := range after {
		if !slices.Contains(before, s) {
			added = append(added, s)
		}
	}
	for _, s := range before {
		if !slices.Contains(after, s) {
			removed = append(removed, s)
		}
	}
	return added, removed
}

// PairsChange is what became of key-value pairs: those that came, those that
// went with their old values, and those whose value is another one now.
type PairsChange struct {
	Asset   Asset                `json:"asset"`
	Added   map[string]string    `json:"added"`
	Removed map[string]string    `json:"removed"`
	Updated map[string][2]string `json:"updated"` // before, after
}

// Changed reports whether anything did.
func (c PairsChange) Changed() bool { return len(c.Added)+len(c.Removed)+len(c.Updated) > 0 }

// Pairs compares two sets of pairs.
func Pairs(before, after map[string]string) PairsChange {
	c := PairsChange{Added: map[string]string{}, Removed: map[string]string{}, Updated: map[string][2]string{}}
	for k, v := range after {
		switch old, ok := before[k]; {
		case !ok:
			c.Added[k] = v
		case old != v:
			c.Updated[k] = [2]string{old, v}
		}
	}
	for k, v := range before {
		if _, ok := after[k]; !ok {
			c.Removed[k] = v
		}
	}
	return c
}

// ValuesChange is what became of the values of structured fields.
type ValuesChange struct {
	Asset  Asset                      `json:"asset"`
	Before map[string]json.RawMessage `json:"before"`
	After  map[string]json.RawMessage `json:"after"`
}

// FailureData tells of work in the background that was given up.
type FailureData struct {
	Message string `json:"message"` // a sentence for the user
	Name    string `json:"name,omitempty"`
}

// NewEvent makes an event about an asset. Data is marshalled; what is defined
// in this package always can be.
func NewEvent(t EventType, a *Asset, at time.Time, data any) Event {
	e := Event{Account: a.Account, Type: t, Asset: a.ID, Ref: a.Ref, At: at}
	if data != nil {
		e.Data, _ = json.Marshal(data)
	}
	return e
}
