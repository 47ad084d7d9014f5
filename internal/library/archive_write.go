package library

import (
	"archive/tar"
	"archive/zip"
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"tintype/internal/media"
)

// packer writes the files of an archive one after the other.
type packer interface {
	// begin starts a file of a size; what is written then is its content.
	begin(e *entry) (io.Writer, error)
	Close() error
}

// Write writes the archive, file by file, with little memory whatever its
// size. After an error what was written is no archive: its end is missing.
func (p *Packing) Write(ctx context.Context, w io.Writer) error {
	pack := newPacker(p.Format, w)
	for i := range p.entries {
		e := &p.entries[i]
		to, err := pack.begin(e)
		if err == nil {
			err = p.library.pour(ctx, e, to)
		}
		if err != nil {
			return fmt.Errorf("write %s into the archive: %w", e.name, err)
		}
	}
	if err := pack.Close(); err != nil {
		return fmt.Errorf("end the archive: %w", err)
	}
	return nil
}

func newPacker(format ArchiveFormat, w io.Writer) packer {
	if format == ArchiveTGZ {
		// The level is known to be one.
		z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
		return &tarPacker{tar: tar.NewWriter(z), gzip: z}
	}
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	return zipPacker{z}
}

type zipPacker struct{ *zip.Writer }

func (z zipPacker) begin(e *entry) (io.Writer, error) {
	h := &zip.FileHeader{Name: e.name, Method: zip.Store, Modified: e.made()}
	if loose[e.Info.Format] || e.asset.Kind == media.KindRaw && !dense[e.Info.Format] {
		h.Method = zip.Deflate
	}
	return z.CreateHeader(h)
}

// loose are the formats of pictures and sound that have air in them; dense
// those of other files that have none.
var (
	loose = map[string]bool{"bmp": true, "svg": true, "tiff": true, "wav": true, "aiff": true, "ico": true, "pdf": true}
	dense = map[string]bool{
		"zip": true, "gz": true, "tgz": true, "bz2": true, "xz": true, "7z": true, "rar": true, "zst": true, "woff": true, "woff2": true,
		"docx": true, "xlsx": true, "pptx": true, "epub": true, "jar": true, "apk": true, "jpg": true, "png": true, "mp4": true, "webp": true,
	}
)

type tarPacker struct {
	tar  *tar.Writer
	gzip *gzip.Writer
}

func (t *tarPacker) begin(e *entry) (io.Writer, error) {
	return t.tar, t.tar.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: e.name, Size: e.Info.Bytes, Mode: 0o644, ModTime: e.made(),
	})
}

// Close ends the archive. A writer of tar refuses to end inside a file.
func (t *tarPacker) Close() error {
	if err := t.tar.Close(); err != nil {
		return err
	}
	return t.gzip.Close()
}

// made is when the file's content came into being, to the second.
func (e *entry) made() time.Time {
	if e.original {
		return e.asset.Version.CreatedAt
	}
	return e.CreatedAt.Truncate(time.Second)
}

// pour copies the bytes of one file, of which size and digest must be what
// was recorded.
func (l *Library) pour(ctx context.Context, e *entry, to io.Writer) error {
	if !e.Stored {
		return l.pourAgain(ctx, e, to)
	}
	r, info, err := l.cfg.Blobs.Open(ctx, e.Blob, 0, -1)
	if err != nil {
		return err
	}
	defer r.Close()
	if info.Size != e.Info.Bytes {
		return fmt.Errorf("blob has %d bytes, not %d", info.Size, e.Info.Bytes)
	}
	return copyChecked(to, ctxReader{ctx, r}, e.Info.Bytes, e.MD5)
}

// pourAgain makes a rendition another time that the store had no room for.
func (l *Library) pourAgain(ctx context.Context, e *entry, to io.Writer) error {
	made := l.eager(ctx, e.asset, e.chain)
	if made.Err != nil {
		return made.Err
	}
	if made.Result.MD5 != e.MD5 || made.Result.Body == nil {
		return fmt.Errorf("rendition came out otherwise")
	}
	_, err := to.Write(made.Result.Body)
	return err
}

func copyChecked(to io.Writer, from io.Reader, size int64, digest string) error {
	h := md5.New()
	n, err := io.Copy(io.MultiWriter(to, h), from)
	switch {
	case err != nil:
		return err
	case n != size:
		return fmt.Errorf("blob gave %d bytes, not %d", n, size)
	case hex.EncodeToString(h.Sum(nil)) != digest:
		return fmt.Errorf("blob has another digest")
	}
	return nil
}
