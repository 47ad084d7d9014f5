package blob_test

import (
	"crypto/md5"
	"encoding/hex"
	"strings"
	"testing"

	"tintype/internal/blob"
	"tintype/internal/blob/disk"
	"tintype/internal/media"
)

func TestReadAll(t *testing.T) {
	t.Parallel()
	s, err := disk.Open(t.TempDir(), disk.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Put(t.Context(), "a/b", strings.NewReader("hello")); err != nil {
		t.Fatal(err)
	}
	sum := md5.Sum([]byte("hello"))
	digest := hex.EncodeToString(sum[:])
	if body, err := blob.ReadAll(t.Context(), s, "a/b", 5, digest); err != nil || string(body) != "hello" {
		t.Errorf("got %q, %v", body, err)
	}
	if _, err := blob.ReadAll(t.Context(), s, "a/b", 4, digest); err == nil {
		t.Error("another size is no error")
	}
	if _, err := blob.ReadAll(t.Context(), s, "a/b", 5, strings.Repeat("0", 32)); err == nil {
		t.Error("another digest is no error")
	}
	if _, err := blob.ReadAll(t.Context(), s, "a/c", 5, digest); media.CodeOf(err) != media.NotFound {
		t.Errorf("a missing blob: %v", err)
	}
}
