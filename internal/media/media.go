// Package media holds the nouns that every other package shares: accounts,
// assets, their immutable versions, the renditions made from them, events,
// and the one error type. It uses the standard library only and does no I/O.
//
// An asset is a name; a version is its immutable bytes; a rendition is made
// from a version.
package media

import (
	"encoding/json"
	"time"
)

// AccountID names an account. It is the public name that stands in URLs:
// lower-case letters, digits, '-' and '_' (see ValidAccount).
type AccountID string

// AssetID identifies an asset for its whole life, through renames and
// overwrites. 32 lower-case hexadecimal digits.
type AssetID string

// VersionID identifies one immutable content of an asset. 32 lower-case
// hexadecimal digits.
type VersionID string

// Kind says how an asset is treated.
type Kind string

// The kinds. Audio is KindVideo; whatever is neither image nor video is KindRaw.
const (
	KindImage Kind = "image"
	KindVideo Kind = "video"
	KindRaw   Kind = "raw"
)

// Access says who may read an asset.
type Access string

const (
	// Public: anybody may read original and renditions.
	Public Access = "public"
	// Private: anybody may read renditions; the original takes a signature.
	Private Access = "private"
	// Authenticated: original and every rendition take a signature.
	Authenticated Access = "authenticated"
	// Remote: read from the URL that is its name (RemoteRef); open to anybody.
	Remote Access = "remote"
	// Drawn: a picture of a text, in a style that others may use; open to anybody.
	Drawn Access = "text"
	// Sequence and Sheet: made of other pictures (Detail.Members), which play
	// one after the other, or lie side by side; open to anybody.
	Sequence Access = "sequence"
	Sheet    Access = "sheet"
)

// Open reports that anybody may read original and renditions.
func (a Access) Open() bool {
	switch a {
	case Public, Remote, Drawn, Sequence, Sheet:
		return true
	}
	return false
}

// Composed reports that assets of this access have no picture of their own
// but that of their members.
func (a Access) Composed() bool { return a == Sequence || a == Sheet }

// Ref refers to an asset by name (Kind, Access, Name), by ID, or to something
// remote by URL. Exactly one of Name, ID and URL is set.
type Ref struct {
	Kind   Kind    `json:"kind,omitempty"`
	Access Access  `json:"access,omitempty"`
	Name   string  `json:"name,omitempty"`
	ID     AssetID `json:"id,omitempty"`
	URL    string  `json:"url,omitempty"`
}

// Asset is one named thing of an account, with the version it shows now.
// Its Ref holds Kind, Access, Name and ID; URL is empty.
type Asset struct {
	Account AccountID
	Ref
	Version Version
	// Folder is where the asset lies; "" is the root. It has no leading or trailing slash.
	Folder string
	Tags   []string // in the order given, without duplicates
	// Context holds free key-value pairs of the user.
	Context map[string]string
	// Metadata holds the values of the account's structured fields, by the
	// field's id: a JSON string, number or array of strings each.
	Metadata map[string]json.RawMessage
	// DisplayName is what people call it; "" where they have not said.
	DisplayName string
	Detail      Detail
	// Deleted: the content is gone and the record stays, for what can be
	// restored. Nothing finds such an asset without asking for it.
	Deleted bool
	// OriginalName is the file name at upload, without directories and extension; "" if unknown.
	OriginalName string
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Version is one immutable content of an asset.
type Version struct {
	ID VersionID
	// Blob is the key of the bytes in the blob store.
	Blob string
	// SHA256 and MD5 are lower-case hexadecimal digests of the bytes.
	SHA256, MD5 string
	Info        Info
	// CreatedAt has a resolution of one second and never goes back from one
	// version of an asset to the next; its Unix time is what URLs carry.
	CreatedAt time.Time
}

// Info says what a file is, as found by looking at its bytes.
type Info struct {
	// Format is a lower-case name from this package's format table ("jpeg",
	// "png", …), or for raw files the extension without dot, or "".
	Format string `json:"format"`
	Bytes  int64  `json:"bytes"`
	// Width and Height are in pixels as displayed: after the Exif
	// orientation, and of one page. 0 where there is no picture.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Orientation is the Exif orientation, 1 to 8; 0 means none stated.
	Orientation int `json:"orientation,omitempty"`
	// Pages counts frames of an animation or pages of a document; 1 for a still.
	Pages int `json:"pages,omitempty"`
	// Animated: the pages are frames that play.
	Animated bool `json:"animated,omitempty"`
	Alpha    bool `json:"alpha,omitempty"`
	// Space is the colour space of the stored pixels: "srgb", "b-w", "cmyk", "rgb16", "grey16", …, in libvips' words.
	Space string `json:"space,omitempty"`
	// ICC: the file carries a colour profile.
	ICC bool `json:"icc,omitempty"`
	// Duration of video and audio.
	Duration time.Duration `json:"duration,omitempty"`
	// The rest is for video and audio; empty otherwise.
	FrameRate  float64 `json:"frame_rate,omitempty"`
	BitRate    int64   `json:"bit_rate,omitempty"` // bits per second
	VideoCodec string  `json:"video_codec,omitempty"`
	AudioCodec string  `json:"audio_codec,omitempty"`
	PixelFmt   string  `json:"pixel_format,omitempty"`
	SampleRate int     `json:"sample_rate,omitempty"` // Hz
	Channels   int     `json:"channels,omitempty"`
	Rotation   int     `json:"rotation,omitempty"` // degrees clockwise, 0, 90, 180 or 270
	// Profile and Level are the picture stream's, in the words and numbers
	// of ffprobe; "" and 0 where its codec has none.
	Profile string `json:"profile,omitempty"`
	Level   int    `json:"level,omitempty"`
	// TimeBase is the unit of the picture stream's time stamps in seconds, "1/30000".
	TimeBase string `json:"time_base,omitempty"`
	// The streams' own bits per second; 0 where the container does not tell.
	VideoBitRate int64 `json:"video_bit_rate,omitempty"`
	AudioBitRate int64 `json:"audio_bit_rate,omitempty"`
}

// Rendition is a stored result of applying a transformation to a version.
type Rendition struct {
	// Key identifies the rendition: a hash of everything that its bytes
	// depend on (see package rendition). Its blob lies under Blob.
	Key     string
	Account AccountID
	Asset   AssetID
	Version VersionID
	// Transformation is the canonical text that it was first asked for by;
	// others may mean the same.
	Transformation string
	Blob           string
	// MD5 is the lower-case hexadecimal digest of the bytes.
	MD5       string
	Info      Info
	CreatedAt time.Time
}

// Spelling is a transformation in the words of whoever asked for it.
type Spelling struct{ Dialect, Text string }

// Account is a tenant: a namespace of assets with its keys and limits.
type Account struct {
	ID        AccountID
	Keys      []Key
	CreatedAt time.Time
}

// Key is a pair of credentials of an account. The secret is kept as it is
// because signatures are computed with it; it must never be logged.
type Key struct {
	ID       string // public
	Secret   string
	Name     string
	Disabled bool
}

// ValidAccount reports whether s can be an account's name: 1 to 64 characters
// of a-z, 0-9, '-' and '_', beginning with a letter or digit.
func ValidAccount(s string) bool {
	if len(s) == 0 || len(s) > 64 || s[0] == '-' || s[0] == '_' {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}
