// Package everyday drives a running Tintype with the official Go SDK.
// CLOUDINARY_URL points at it; PHOTO and BADGE are files to upload.
package everyday

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/cloudinary/cloudinary-go/v2"
	"github.com/cloudinary/cloudinary-go/v2/api"
	"github.com/cloudinary/cloudinary-go/v2/api/admin"
	"github.com/cloudinary/cloudinary-go/v2/api/uploader"
)

func client(t *testing.T) *cloudinary.Cloudinary {
	t.Helper()
	c, err := cloudinary.New()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func get(t *testing.T, url string) (int, http.Header, []byte) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, r.Header, body
}

func upload(t *testing.T, c *cloudinary.Cloudinary, file any, p uploader.UploadParams) *uploader.UploadResult {
	t.Helper()
	r, err := c.Upload.Upload(context.Background(), file, p)
	if err != nil {
		t.Fatal(err)
	}
	if r.Error.Message != "" {
		t.Fatalf("upload: %s", r.Error.Message)
	}
	return r
}

func TestUploadAndTransform(t *testing.T) {
	c := client(t)
	photo, err := os.ReadFile(os.Getenv("PHOTO"))
	if err != nil {
		t.Fatal(err)
	}
	source, _, err := image.DecodeConfig(bytes.NewReader(photo))
	if err != nil {
		t.Fatal(err)
	}
	up := upload(t, c, os.Getenv("PHOTO"), uploader.UploadParams{PublicID: "go/photo", Tags: api.CldAPIArray{"x", "y"},
		Eager: "c_fill,h_50,w_60", Context: api.CldAPIMap{"alt": "mountains"}})
	sum := md5.Sum(photo)
	if up.Etag != hex.EncodeToString(sum[:]) || up.Bytes != len(photo) || up.Width != source.Width || up.Format != "jpg" || up.ResourceType != "image" {
		t.Errorf("upload answered %+v", up)
	}
	if len(up.Eager) != 1 || up.Eager[0].Width != 60 || up.Eager[0].Height != 50 {
		t.Errorf("eager: %+v", up.Eager)
	}
	for text, want := range map[string]image.Point{
		"c_fill,h_300,w_400":                 {400, 300},
		"c_fit,h_150,w_150":                  {150, 150 * source.Height / source.Width},
		"c_crop,h_90,w_80,x_10,y_20/a_90":    {90, 80},
		"c_pad,h_77,w_99,b_green/e_sepia:50": {99, 77},
	} {
		im, err := c.Image("go/photo.png")
		if err != nil {
			t.Fatal(err)
		}
		im.Transformation = text
		url, err := im.String()
		if err != nil {
			t.Fatal(err)
		}
		status, header, body := get(t, url)
		config, format, err := image.DecodeConfig(bytes.NewReader(body))
		if err != nil || status != 200 {
			t.Errorf("%s: status %d, %s, %v", url, status, header.Get("X-Cld-Error"), err)
			continue
		}
		if format != "png" || config.Width != want.X || config.Height != want.Y {
			t.Errorf("%s: %s of %dx%d, want png of %v", text, format, config.Width, config.Height, want)
		}
	}
}

func TestFilesOfEveryKindOfSource(t *testing.T) {
	c := client(t)
	badge, err := os.ReadFile(os.Getenv("BADGE"))
	if err != nil {
		t.Fatal(err)
	}
	up := upload(t, c, bytes.NewReader(badge), uploader.UploadParams{PublicID: "go/reader"})
	if up.Format != "png" || up.Bytes != len(badge) {
		t.Errorf("a reader: %+v", up)
	}
	note := upload(t, c, strings.NewReader("plain words"), uploader.UploadParams{PublicID: "go/note.txt", ResourceType: "raw"})
	if note.ResourceType != "raw" || note.PublicID != "go/note.txt" {
		t.Errorf("raw: %+v", note)
	}
	status, _, body := get(t, note.URL)
	if status != 200 || string(body) != "plain words" {
		t.Errorf("raw delivery: %d %q", status, body)
	}
}

func TestRenameExplicitDestroy(t *testing.T) {
	c, ctx := client(t), context.Background()
	upload(t, c, os.Getenv("BADGE"), uploader.UploadParams{PublicID: "go/before"})
	renamed, err := c.Upload.Rename(ctx, uploader.RenameParams{FromPublicID: "go/before", ToPublicID: "go/after"})
	if err != nil || renamed.PublicID != "go/after" {
		t.Fatalf("rename: %+v, %v", renamed, err)
	}
	explicit, err := c.Upload.Explicit(ctx, uploader.ExplicitParams{PublicID: "go/after", Type: "upload", Tags: api.CldAPIArray{"new"}})
	if err != nil || fmt.Sprint(explicit.Tags) != "[new]" {
		t.Fatalf("explicit: %+v, %v", explicit, err)
	}
	for _, want := range []string{"ok", "not found"} {
		gone, err := c.Upload.Destroy(ctx, uploader.DestroyParams{PublicID: "go/after"})
		if err != nil || gone.Result != want {
			t.Fatalf("destroy: %+v, %v, want %s", gone, err, want)
		}
	}
}

func TestAdmin(t *testing.T) {
	c, ctx := client(t), context.Background()
	ping, err := c.Admin.Ping(ctx)
	if err != nil || ping.Status != "ok" {
		t.Fatalf("ping: %+v, %v", ping, err)
	}
	for i := range 3 {
		upload(t, c, os.Getenv("BADGE"), uploader.UploadParams{PublicID: fmt.Sprintf("go/list/%d", i)})
	}
	page, err := c.Admin.Assets(ctx, admin.AssetsParams{AssetType: api.Image, DeliveryType: string(api.Upload), Prefix: "go/list/", MaxResults: 2})
	if err != nil || len(page.Assets) != 2 || page.NextCursor == "" {
		t.Fatalf("assets: %+v, %v", page, err)
	}
	one, err := c.Admin.Asset(ctx, admin.AssetParams{PublicID: "go/list/1"})
	if err != nil || one.PublicID != "go/list/1" || one.Format != "png" {
		t.Fatalf("asset: %+v, %v", one, err)
	}
	gone, err := c.Admin.DeleteAssets(ctx, admin.DeleteAssetsParams{PublicIDs: api.CldAPIArray{"go/list/0", "go/list/9"}})
	if err != nil || gone.Deleted["go/list/0"] != "deleted" || gone.Deleted["go/list/9"] != "not_found" {
		t.Fatalf("delete: %+v, %v", gone, err)
	}
	missing, err := c.Admin.Asset(ctx, admin.AssetParams{PublicID: "go/list/0"})
	if err != nil || !strings.HasPrefix(missing.Error.Message, "Resource not found - go/list/0") {
		t.Fatalf("a missing asset: %+v, %v", missing, err)
	}
}

func TestWrongSecretIsRefused(t *testing.T) {
	c := client(t)
	c.Config.Cloud.APISecret = "wrong"
	c.Upload.Config.Cloud.APISecret = "wrong"
	r, err := c.Upload.Upload(context.Background(), os.Getenv("BADGE"), uploader.UploadParams{PublicID: "go/never"})
	if err != nil || !strings.HasPrefix(r.Error.Message, "Invalid Signature") {
		t.Errorf("answered %+v, %v", r, err)
	}
}
