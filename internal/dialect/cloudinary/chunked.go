package cloudinary

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
)

// minChunk is the least size of every part of a file but the last.
const minChunk = 5 << 20

// maxUploadID bounds the name that a client gives to an upload in parts.
const maxUploadID = 255

// chunk is the part of a file that a call brings, by its headers.
type chunk struct {
	first, last int64
	total       int64 // media.UnknownTotal while the client does not know it
}

func (k *chunk) size() int64 { return k.last - k.first + 1 }

// final reports whether the part is the end of the file.
func (k *chunk) final() bool { return k.last+1 == k.total }

// whole reports whether the part is all of the file.
func (k *chunk) whole() bool { return k.first == 0 && k.final() }

// parseContentRange reads "bytes FIRST-LAST/TOTAL", where a TOTAL of -1 or *
// is not known yet. Nothing at all is no part, and an empty file is
// "bytes 0--1/0".
func parseContentRange(text string) (*chunk, error) {
	if text == "" {
		return nil, nil
	}
	span, total, ok := strings.Cut(strings.TrimPrefix(text, "bytes "), "/")
	first, last, ok2 := strings.Cut(span, "-")
	k := &chunk{total: media.UnknownTotal}
	numbers := []struct {
		text string
		to   *int64
	}{{first, &k.first}, {last, &k.last}, {total, &k.total}}
	if total == "*" {
		numbers = numbers[:2]
	}
	ok = ok && ok2 && strings.HasPrefix(text, "bytes ")
	for _, n := range numbers {
		v, err := strconv.ParseInt(n.text, 10, 64)
		ok = ok && err == nil && n.text[0] != '+'
		*n.to = v
	}
	empty := k.first == 0 && k.last == -1 && k.total == 0
	if !ok || !empty && (k.first < 0 || k.last < k.first || k.total < media.UnknownTotal || k.total >= 0 && k.last >= k.total || k.last == 1<<63-1) {
		return nil, media.Errorf(media.Invalid, "Invalid Content-Range %s", dialect.Quotable(text))
	}
	return k, nil
}

// readChunk refuses a part by its headers alone, before its bytes are received.
// A range that is the whole file is no part: the call has no chunk then.
func (d *Dialect) readChunk(c *call) error {
	k, err := parseContentRange(c.r.Header.Get("Content-Range"))
	if err != nil || k == nil {
		return err
	}
	c.span = k
	if err := k.within(d.cfg.Library.MaxBytes(c.kind)); err != nil {
		return err
	}
	if k.whole() {
		return nil
	}
	if !k.final() && k.size() < minChunk {
		return media.Errorf(media.Invalid, "All parts except EOF-chunk must be larger than 5mb")
	}
	if id := c.r.Header.Get("X-Unique-Upload-Id"); len(id) > maxUploadID {
		return media.Errorf(media.Invalid, "X-Unique-Upload-Id is longer than %d characters", maxUploadID)
	}
	c.chunk = k
	return nil
}

// within refuses a part of a file that is larger than it may be.
func (k *chunk) within(limit int64) error {
	size := max(k.last+1, k.total)
	if size <= limit {
		return nil
	}
	return &media.Error{Code: media.TooLarge, Message: "File size too large", Err: &media.LimitError{What: "bytes", Max: limit, Got: size}}
}

// stageChunk receives the bytes of a part, no more than its headers say.
func (d *Dialect) stageChunk(ctx context.Context, k *chunk, r io.Reader) (*library.Staged, error) {
	staged, err := d.cfg.Library.Stage(ctx, r, k.size())
	switch {
	case media.CodeOf(err) == media.TooLarge:
		return nil, media.Errorf(media.Invalid, "The part has more than the %d bytes of its Content-Range", k.size())
	case err == nil && staged.Size != k.size():
		staged.Discard()
		return nil, media.Errorf(media.Invalid, "The part has %d bytes, its Content-Range says %d", staged.Size, k.size())
	}
	return staged, err
}

// partResult answers a part after which others are still missing.
type partResult struct {
	Done         bool   `json:"done"`
	Bytes        int64  `json:"bytes"`
	Kind         string `json:"kind"`
	PublicID     string `json:"public_id,omitempty"`
	ResourceType string `json:"resource_type,omitempty"`
}

// chunkNote is what the first part fixes for those that follow.
type chunkNote struct {
	PublicID string `json:"public_id,omitempty"`
}

// uploadChunk adds a part to its upload. The part that completes the file
// makes the asset of it; one that ends the file while others are missing is
// refused, but kept.
func (d *Dialect) uploadChunk(c *call, u library.Upload) (*library.Uploaded, *partResult, error) {
	if u.Staged == nil {
		return nil, nil, media.Errorf(media.Invalid, "Missing required parameter - file")
	}
	defer u.Staged.Discard()
	if err := c.chunk.within(d.cfg.Library.MaxBytes(u.Kind)); err != nil {
		return nil, nil, err
	}
	s, note, err := d.beginChunked(c, u)
	if err != nil {
		return nil, nil, err
	}
	s, err = d.cfg.Library.Append(c.ctx, c.acc.ID, s.ID, library.Part{Offset: c.chunk.first, Total: c.chunk.total, Staged: u.Staged})
	if err != nil {
		return nil, nil, err
	}
	if s.Received != s.Total && !c.chunk.final() {
		return nil, &partResult{Bytes: s.Received, Kind: "upload", PublicID: note.PublicID, ResourceType: string(u.Kind)}, nil
	}
	u.Staged = nil
	if note.PublicID != "" {
		u.Name, u.Folder = note.PublicID, ""
	}
	up, err := d.cfg.Library.Finish(c.ctx, c.acc.ID, s.ID, u)
	return up, nil, err
}

// beginChunked finds or begins the upload that a part belongs to: by its
// unique id, or else by its public id.
func (d *Dialect) beginChunked(c *call, u library.Upload) (*media.Session, chunkNote, error) {
	name, err := d.cfg.Library.NameOf(u)
	if err != nil {
		return nil, chunkNote{}, err
	}
	note := chunkNote{PublicID: name}
	by := "id\x00" + c.r.Header.Get("X-Unique-Upload-Id")
	if c.r.Header.Get("X-Unique-Upload-Id") == "" {
		if name == "" || u.Name == "" && c.chunk.first > 0 {
			return nil, note, media.Errorf(media.Invalid, "Missing required parameter - public_id")
		}
		by = fmt.Sprintf("name\x00%s\x00%s\x00%s", u.Kind, u.Access, name)
	}
	// Who uploads without a key, or with another one, adds nothing to this.
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%t\x00%s", c.key.ID, c.unsigned, by))
	text, err := json.Marshal(note)
	if err != nil {
		return nil, note, err
	}
	id := hex.EncodeToString(sum[:16])
	if c.unsigned {
		id = media.GuestSession + id
	}
	s, err := d.cfg.Library.Begin(c.ctx, media.Session{Account: c.acc.ID, ID: media.SessionID(id), Total: c.chunk.total, Note: text})
	if err != nil {
		return nil, note, err
	}
	note = chunkNote{}
	if err := json.Unmarshal(s.Note, &note); err != nil {
		return nil, note, fmt.Errorf("read note of upload: %w", err)
	}
	return s, note, nil
}
