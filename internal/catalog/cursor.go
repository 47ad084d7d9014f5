package catalog

import (
	"encoding/base64"
	"encoding/json"

	"tintype/internal/media"
)

// cursorKind is the listing that a cursor belongs to.
type cursorKind byte

const (
	cursorCreated    cursorKind = 'c'
	cursorName       cursorKind = 'n'
	cursorRenditions cursorKind = 'r'
	cursorNotices    cursorKind = 'o'
	cursorFolders    cursorKind = 'f'
	cursorRelated    cursorKind = 'l'
)

// position is the last row of a page.
type position struct {
	at   int64
	name string
	id   string
}

type cursorText struct {
	Kind string `json:"k"`
	At   int64  `json:"t,omitempty"`
	Name string `json:"n,omitempty"`
	ID   string `json:"i"`
}

func formatCursor(kind cursorKind, p position) string {
	t := cursorText{Kind: string(rune(kind)), ID: p.id}
	switch kind {
	case cursorCreated, cursorNotices:
		t.At = p.at
	case cursorName:
		t.Name = p.name
	}
	b, _ := json.Marshal(t) // of strings and a number: cannot fail
	return base64.RawURLEncoding.EncodeToString(b)
}

// parseCursor accepts what formatCursor wrote for the same kind of listing,
// and nothing else.
func parseCursor(kind cursorKind, s string) (position, error) {
	invalid := media.Errorf(media.Invalid, "Invalid value for cursor")
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return position{}, invalid
	}
	var t cursorText
	if err := json.Unmarshal(b, &t); err != nil || t.Kind != string(rune(kind)) || checkKey("id", t.ID) != nil {
		return position{}, invalid
	}
	p := position{at: t.At, name: t.Name, id: t.ID}
	if checkText("name", p.name) != nil || formatCursor(kind, p) != s {
		return position{}, invalid
	}
	return p, nil
}
