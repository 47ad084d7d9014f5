package everyday

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"
)

// Files above the SDK's chunk size go up in parts, each signed on its own.
func TestChunkedUpload(t *testing.T) {
	c := client(t)
	c.Upload.Config.API.ChunkSize = 5 << 20
	noise := make([]byte, 12<<20+345)
	rand.Read(noise)
	path := filepath.Join(t.TempDir(), "noise.bin")
	if err := os.WriteFile(path, noise, 0o600); err != nil {
		t.Fatal(err)
	}
	sum := md5.Sum(noise)
	for name, file := range map[string]any{
		"go/large.bin":   path,
		"go/section.bin": io.NewSectionReader(bytes.NewReader(noise), 0, int64(len(noise))),
	} {
		up := upload(t, c, file, uploader.UploadParams{PublicID: name, ResourceType: "raw"})
		if up.PublicID != name || up.Bytes != len(noise) || up.Etag != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: %+v", name, up)
		}
		if status, _, body := get(t, up.URL); status != 200 || !bytes.Equal(body, noise) {
			t.Errorf("%s is delivered as %d with %d bytes", name, status, len(body))
		}
	}
}

// What the SDK says of parts that are too small.
func TestChunksThatAreTooSmall(t *testing.T) {
	c := client(t)
	c.Upload.Config.API.ChunkSize = 1 << 20
	r, err := c.Upload.Upload(context.Background(), io.NewSectionReader(bytes.NewReader(make([]byte, 3<<20)), 0, 3<<20), uploader.UploadParams{ResourceType: "raw"})
	if err != nil || r.Error.Message == "" {
		t.Errorf("answered %+v, %v", r, err)
	}
}
