package native

import (
	"time"

	"tintype/internal/media"
)

// asset is an asset as this API shows it.
type asset struct {
	ID      media.AssetID     `json:"id"`
	Version media.VersionID   `json:"version"`
	Kind    media.Kind        `json:"kind"`
	Access  media.Access      `json:"access"`
	Name    string            `json:"name"`
	Folder  string            `json:"folder"`
	Tags    []string          `json:"tags"`
	Context map[string]string `json:"context"`
	// Filename is the client's name of the file, without its extension.
	Filename string `json:"filename,omitempty"`
	Format   string `json:"format,omitempty"`
	Bytes    int64  `json:"bytes"`
	Width    int    `json:"width,omitempty"`
	Height   int    `json:"height,omitempty"`
	Pages    int    `json:"pages,omitempty"`
	// Seconds is how long it plays.
	Seconds   float64   `json:"seconds,omitempty"`
	SHA256    string    `json:"sha256"`
	MD5       string    `json:"md5"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func present(a *media.Asset) asset {
	i := a.Version.Info
	p := asset{
		ID: a.ID, Version: a.Version.ID, Kind: a.Kind, Access: a.Access, Name: a.Name, Folder: a.Folder,
		Tags: a.Tags, Context: a.Context, Filename: a.OriginalName,
		Format: i.Format, Bytes: i.Bytes, Width: i.Width, Height: i.Height, Pages: i.Pages, Seconds: i.Duration.Seconds(),
		SHA256: a.Version.SHA256, MD5: a.Version.MD5, CreatedAt: a.CreatedAt.UTC(), UpdatedAt: a.UpdatedAt.UTC(),
	}
	if p.Tags == nil {
		p.Tags = []string{}
	}
	if p.Context == nil {
		p.Context = map[string]string{}
	}
	return p
}

// upload is an upload as this API shows it.
type upload struct {
	ID     media.SessionID `json:"id"`
	Offset int64           `json:"offset"`
	// Length is absent while it is not known.
	Length    *int64    `json:"length,omitempty"`
	ExpiresAt time.Time `json:"expires_at"`
	Done      bool      `json:"done"`
	// Existing: an asset of the name was there and was left as it is.
	Existing bool   `json:"existing,omitempty"`
	Asset    *asset `json:"asset,omitempty"`
}

func presentUpload(s *media.Session, a *media.Asset) upload {
	u := upload{ID: s.ID, Offset: s.Received, ExpiresAt: s.ExpiresAt.UTC(), Done: a != nil, Existing: s.Existing}
	if s.Total >= 0 {
		u.Length = &s.Total
	}
	if a != nil {
		p := present(a)
		u.Asset = &p
	}
	return u
}
