package media

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Detail is what is known of an asset beyond its names and its content. It is
// stored as one JSON object, so a field may come without a migration.
type Detail struct {
	// Source is the URL that the content was read from; "" for other uploads.
	Source string `json:"source,omitempty"`
	// CreatedBy and UploadedBy are the keys that made the asset and gave it
	// its present content; "" where no key did.
	CreatedBy  string `json:"created_by,omitempty"`
	UploadedBy string `json:"uploaded_by,omitempty"`
	// Coordinates and Faces are the rectangles that the user marked, in pixels
	// of the upright picture; Faces take the place of detected ones.
	Coordinates []Box `json:"coordinates,omitempty"`
	Faces       []Box `json:"faces,omitempty"`
	// Regions are named areas: two points are opposite corners of a
	// rectangle, more are those of a polygon.
	Regions map[string][]Point `json:"regions,omitempty"`
	// Drawn is, of a picture of a text, the transformation that drew it, in
	// canonical text.
	Drawn string `json:"drawn,omitempty"`
	// Members are the pictures that a composed asset is made of; nil of others.
	Members *Members `json:"members,omitempty"`
	// AutoQuality is the canonical text of a transformation that has nothing
	// but a quality, which takes the place of one that would be chosen by what
	// can be seen; "" for none.
	AutoQuality string `json:"auto_quality,omitempty"`
	// Grants, if there are any, say who may read the asset, beside Access.
	Grants []Grant `json:"grants,omitempty"`
	// Moderation is what moderators say, in the order of being asked.
	Moderation []Moderation `json:"moderation,omitempty"`
	// Analysis is what was asked for so far about the version that it names;
	// nil where nothing was. For the present content only if that is the
	// asset's version.
	Analysis *Analysis `json:"analysis,omitempty"`
}

// Members says which pictures a composed asset is made of, in which form.
type Members struct {
	// Tag: all public images that have it, by their names. Else Refs.
	Tag  string `json:"tag,omitempty"`
	Refs []Ref  `json:"refs,omitempty"`
	// Chain is what is done to each, in canonical text; "" is nothing.
	Chain string `json:"chain,omitempty"`
	// Format is how the result is written where nothing else is said; "" is
	// the usual one.
	Format string `json:"format,omitempty"`
}

// Box is a rectangle in pixels. It may reach beyond the picture.
type Box struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"w"`
	Height int `json:"h"`
}

// Point is a place in pixels, from the top left corner.
type Point struct {
	X int `json:"x"`
	Y int `json:"y"`
}

// Around is the smallest rectangle that holds all of at least one point.
func Around(points []Point) Box {
	least, most := points[0], points[0]
	for _, p := range points[1:] {
		least = Point{min(least.X, p.X), min(least.Y, p.Y)}
		most = Point{max(most.X, p.X), max(most.Y, p.Y)}
	}
	return Box{least.X, least.Y, most.X - least.X, most.Y - least.Y}
}

// Setting is a thing that an account has defined, beside its assets: a named
// transformation, an upload preset, a webhook. Kind says which, Name is
// unique within Account and Kind, and Body is a JSON object in the form that
// whoever reads the kind gives it.
type Setting struct {
	Account              AccountID
	Kind                 SettingKind
	Name                 string
	Body                 json.RawMessage
	CreatedAt, UpdatedAt time.Time
}

// SettingKind names a kind of Setting.
type SettingKind string

// maxRemoteName is the longest URL that is an asset's name as it is; an index
// of PostgreSQL holds little more.
const maxRemoteName = 1000

// RemoteRef is the name of the image that a URL's content becomes: the URL
// itself, or where that is too long, its beginning and a digest.
func RemoteRef(url string) Ref {
	name := url
	if len(name) > maxRemoteName {
		sum := sha256.Sum256([]byte(url))
		name = name[:maxRemoteName-2*len(sum)-1]
		for len(name) > 0 && name[len(name)-1]&0xC0 == 0x80 {
			name = name[:len(name)-1]
		}
		if n := len(name); n > 0 && name[n-1] >= 0xC0 {
			name = name[:n-1] // the first byte of a character that was cut
		}
		name += "#" + hex.EncodeToString(sum[:])
	}
	return Ref{Kind: KindImage, Access: Remote, Name: name}
}
