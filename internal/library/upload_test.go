package library_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tintype/internal/engine"
	"tintype/internal/fetch"
	"tintype/internal/library"
	. "tintype/internal/library/librarytest"
	"tintype/internal/media"
	"tintype/internal/transform"
)

func ref(name string) media.Ref {
	return media.Ref{Kind: media.KindImage, Access: media.Public, Name: name}
}

// clean fails the test if anything is left of an upload that was refused.
func clean(t *testing.T, w *World) {
	t.Helper()
	if left := w.Leftovers(); len(left) > 0 {
		t.Errorf("staged files are left: %v", left)
	}
	if keys := w.Originals(); len(keys) > 0 {
		t.Errorf("originals are left: %v", keys)
	}
	if events := w.Events(); len(events) > 0 {
		t.Errorf("events are left: %v", events)
	}
}

func TestUploadRecordsWhatItIs(t *testing.T) {
	t.Parallel()
	w := New(t)
	content := Picture("png", 40, 30, "one")
	up, err := w.Library.Upload(context.Background(), library.Upload{
		Account: Account, Kind: media.KindImage, Name: "boot", Folder: "shoes/red", Filename: `C:\pics\Red Boot.final.PNG`,
		Staged: w.Stage(content), Tags: []string{" a ", "", "b", "a"}, Context: map[string]string{"alt": "A boot"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if up.Existing || up.Overwritten {
		t.Errorf("a first upload is neither existing nor overwritten: %+v", up)
	}
	a, err := w.Library.Find(context.Background(), Account, ref("shoes/red/boot"))
	if err != nil {
		t.Fatal(err)
	}
	if a.Folder != "shoes/red" || a.OriginalName != "Red Boot.final" || !slices.Equal(a.Tags, []string{"a", "b"}) || a.Context["alt"] != "A boot" {
		t.Errorf("recorded: %+v", a)
	}
	v := a.Version
	if v.Info.Format != "png" || v.Info.Width != 40 || v.Info.Height != 30 || v.Info.Bytes != int64(len(content)) {
		t.Errorf("info: %+v", v.Info)
	}
	if got, ok := w.Read(v.Blob); !ok || got != content {
		t.Errorf("blob %s holds %q, %v", v.Blob, got, ok)
	}
	if want := library.OriginalKey(Account, v.SHA256); v.Blob != want {
		t.Errorf("blob is %s, want %s", v.Blob, want)
	}
	if len(v.MD5) != 32 || len(v.ID) != 32 || len(a.ID) != 32 {
		t.Errorf("ids: %+v", a)
	}
	if got := w.Events(); !slices.Equal(got, []media.EventType{media.EventUploaded}) {
		t.Errorf("events: %v", got)
	}
	if left := w.Leftovers(); len(left) > 0 {
		t.Errorf("staged files are left: %v", left)
	}
}

func TestUploadRefuses(t *testing.T) {
	t.Parallel()
	png := Picture("png", 4, 3, "")
	for name, c := range map[string]struct {
		upload  library.Upload
		content string
		code    media.Code
		says    string
	}{
		"empty":              {library.Upload{}, "", media.Invalid, "Empty file"},
		"no image":           {library.Upload{Kind: media.KindImage}, "hello", media.Invalid, "no image"},
		"an image as video":  {library.Upload{Kind: media.KindVideo}, png, media.Invalid, "no video"},
		"image too large":    {library.Upload{}, Picture("png", 4, 3, strings.Repeat("x", 1000)), media.TooLarge, "maximum is 100 bytes"},
		"raw too large":      {library.Upload{Kind: media.KindRaw}, strings.Repeat("x", 301), media.TooLarge, "maximum is 300 bytes"},
		"format not allowed": {library.Upload{Formats: []string{"jpeg", "webp"}}, png, media.Invalid, "Image file format png not allowed"},
		"unknown format":     {library.Upload{Format: "docx"}, png, media.Invalid, "docx"},
		"video conversion":   {library.Upload{Format: "png"}, Film(""), media.Unsupported, "video"},
		"raw conversion":     {library.Upload{Kind: media.KindRaw, Format: "png"}, png, media.Unsupported, "raw"},
		"dot segment":        {library.Upload{Name: "a/../b"}, png, media.Invalid, `".."`},
		"empty segment":      {library.Upload{Name: "a//b"}, png, media.Invalid, "empty part"},
		"bad folder":         {library.Upload{Folder: "a/./b"}, png, media.Invalid, `"."`},
		"control":            {library.Upload{Name: "a\nb"}, png, media.Invalid, "control"},
		"not UTF-8":          {library.Upload{Name: "a\xffb"}, png, media.Invalid, "UTF-8"},
		"too long":           {library.Upload{Name: strings.Repeat("ä", 256)}, png, media.Invalid, "255"},
		"trailing space":     {library.Upload{Name: "a "}, png, media.Invalid, "space"},
		"trailing slash":     {library.Upload{Name: "a/"}, png, media.Invalid, "empty part"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := New(t, func(cfg *library.Config) { cfg.MaxBytes = library.MaxBytes{Image: 100, Raw: 300, Video: 5000} })
			c.upload.Account, c.upload.Staged, c.upload.Overwrite = Account, w.Stage(c.content), true
			_, err := w.Library.Upload(context.Background(), c.upload)
			if media.CodeOf(err) != c.code || err == nil || !strings.Contains(media.MessageOf(err), c.says) {
				t.Errorf("got %v %q, want %v and %q", media.CodeOf(err), media.MessageOf(err), c.code, c.says)
			}
			clean(t, w)
		})
	}
}

func TestStageStopsAtTheByte(t *testing.T) {
	t.Parallel()
	w := New(t)
	r := strings.NewReader(strings.Repeat("x", 1000))
	_, err := w.Library.Stage(context.Background(), r, 100)
	var limit *media.LimitError
	if media.CodeOf(err) != media.TooLarge || !errors.As(err, &limit) || limit.Max != 100 || limit.Got != 101 {
		t.Errorf("got %v", err)
	}
	if left := r.Len(); left != 899 {
		t.Errorf("%d bytes are left unread, want 899", left)
	}
	clean(t, w)
	s, err := w.Library.Stage(context.Background(), strings.NewReader(strings.Repeat("x", 100)), 100)
	if err != nil || s.Size != 100 {
		t.Fatalf("exactly the limit: %v %+v", err, s)
	}
	s.Discard()
	s.Discard()
	clean(t, w)
}

func TestStageLeavesNothingOfABrokenReader(t *testing.T) {
	t.Parallel()
	w := New(t)
	broken := errors.New("line is dead")
	_, err := w.Library.Stage(context.Background(), io.MultiReader(strings.NewReader("abc"), errReader{broken}), 100)
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := w.Library.Stage(ctx, strings.NewReader("abc"), 100); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	clean(t, w)
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

func TestKindIsDetected(t *testing.T) {
	t.Parallel()
	w := New(t)
	for _, c := range []struct {
		content, filename string
		kind              media.Kind
		name              string
	}{
		{Picture("gif", 2, 2, ""), "a.txt", media.KindImage, `^[a-z0-9]{20}$`},
		{Film(""), "clip.mp4", media.KindVideo, `^[a-z0-9]{20}$`},
		{"plain text", "Report.DOCX", media.KindRaw, `^[a-z0-9]{20}\.docx$`},
		{"plain text", "noext", media.KindRaw, `^[a-z0-9]{20}$`},
		{"plain text", "", media.KindRaw, `^[a-z0-9]{20}$`},
	} {
		up, err := w.Library.Upload(context.Background(), library.Upload{Account: Account, Staged: w.Stage(c.content), Filename: c.filename})
		if err != nil {
			t.Fatal(err)
		}
		if up.Asset.Kind != c.kind || !regexp.MustCompile(c.name).MatchString(up.Asset.Name) {
			t.Errorf("%s: %s %q, want %s %s", c.filename, up.Asset.Kind, up.Asset.Name, c.kind, c.name)
		}
		if c.kind == media.KindRaw && up.Asset.Version.Info.Format != strings.TrimPrefix(strings.ToLower(filepathExt(c.filename)), ".") {
			t.Errorf("%s: format is %q", c.filename, up.Asset.Version.Info.Format)
		}
	}
}

func filepathExt(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[i:]
	}
	return ""
}

func TestNamesFromFiles(t *testing.T) {
	t.Parallel()
	w := New(t)
	png := Picture("png", 1, 1, "")
	for _, c := range []struct {
		u    library.Upload
		name string
	}{
		{library.Upload{Filename: "logo.png", UseFilename: true}, `^logo$`},
		{library.Upload{Filename: "logo.png", UseFilename: true, Unique: true}, `^logo_[a-zA-Z0-9]{6}$`},
		{library.Upload{Filename: "My pic (1)+%&.png", UseFilename: true}, `^My_pic_1$`},
		{library.Upload{Filename: "Été à Łódź.png", UseFilename: true}, `^Été_à_Łódź$`},
		{library.Upload{Filename: "a/b/c.tar.gz", UseFilename: true, Kind: media.KindRaw}, `^c\.tar\.gz$`},
		{library.Upload{Filename: "x.PDF", UseFilename: true, Unique: true, Kind: media.KindRaw}, `^x_[a-zA-Z0-9]{6}\.pdf$`},
		{library.Upload{Filename: "...", UseFilename: true}, `^[a-z0-9]{20}$`},
		{library.Upload{Filename: "x.png", Folder: "/f/g/"}, `^f/g/[a-z0-9]{20}$`},
		{library.Upload{Filename: "x.png", Name: "fixed", UseFilename: true}, `^fixed$`},
	} {
		c.u.Account, c.u.Staged, c.u.Overwrite = Account, w.Stage(png), true
		up, err := w.Library.Upload(context.Background(), c.u)
		if err != nil {
			t.Errorf("%s: %v", c.u.Filename, err)
			continue
		}
		if !regexp.MustCompile(c.name).MatchString(up.Asset.Name) {
			t.Errorf("%s: name is %q, want %s", c.u.Filename, up.Asset.Name, c.name)
		}
	}
}

func TestOverwrite(t *testing.T) {
	t.Parallel()
	w := New(t)
	first := w.Upload("x", Picture("png", 1, 1, "first"))
	if _, err := w.Renditions.Get(context.Background(), first, half); err != nil {
		t.Fatal(err)
	}
	up, err := w.Library.Upload(context.Background(), library.Upload{
		Account: Account, Name: "x", Overwrite: true, Staged: w.Stage(Picture("jpeg", 2, 2, "second")), Filename: "other.jpg",
	})
	if err != nil {
		t.Fatal(err)
	}
	second := up.Asset
	if !up.Overwritten || up.Existing || second.ID != first.ID || !second.CreatedAt.Equal(first.CreatedAt) {
		t.Errorf("overwritten: %+v of %+v", up, first)
	}
	if second.Version.ID == first.Version.ID || !second.Version.CreatedAt.After(first.Version.CreatedAt) {
		t.Errorf("version %+v after %+v, in the same second", second.Version, first.Version)
	}
	if len(second.Tags) != 0 || second.OriginalName != "other" {
		t.Errorf("record: %+v", second)
	}
	if rs, _, err := w.Library.Renditions(context.Background(), Account, first.ID, "", 10); err != nil || len(rs) != 0 {
		t.Errorf("renditions of the old version are left: %v %v", rs, err)
	}
	found, err := w.Library.Find(context.Background(), Account, ref("x"))
	if err != nil || found.Version.Info.Format != "jpeg" {
		t.Errorf("found %+v, %v", found, err)
	}
	// Bytes stay for readers under way until the job runs.
	if _, ok := w.Read(first.Version.Blob); !ok {
		t.Error("the old bytes went at once")
	}
}

func TestOverwriteWithTheSameBytes(t *testing.T) {
	t.Parallel()
	w := New(t)
	content := Picture("png", 1, 1, "same")
	first := w.Upload("x", content)
	second := w.Upload("x", content)
	if second.Version.ID == first.Version.ID || second.Version.Blob != first.Version.Blob {
		t.Errorf("%+v after %+v", second.Version, first.Version)
	}
	if keys := w.Originals(); len(keys) != 1 {
		t.Errorf("originals: %v", keys)
	}
}

func TestWithoutOverwriteNothingChanges(t *testing.T) {
	t.Parallel()
	w := New(t)
	first := w.Upload("x", Picture("png", 1, 1, "first"))
	up, err := w.Library.Upload(context.Background(), library.Upload{
		Account: Account, Name: "x", Staged: w.Stage(Picture("png", 9, 9, "other")), Tags: []string{"new"}, Ahead: library.Ahead{Eager: []transform.Transformation{half}},
	})
	if err != nil || !up.Existing || up.Overwritten || up.Asset.Version.ID != first.Version.ID || len(up.Asset.Tags) > 0 {
		t.Errorf("got %+v, %v", up, err)
	}
	if keys := w.Originals(); !slices.Equal(keys, []string{first.Version.Blob}) {
		t.Errorf("originals: %v", keys)
	}
	if left := w.Leftovers(); len(left) > 0 {
		t.Errorf("staged files are left: %v", left)
	}
	if n := len(w.Events()); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

// half is a transformation that the fake engine carries out.
var half = transform.Transformation{Steps: []transform.Step{transform.Resize{Fit: transform.Fill, Box: transform.Box{Width: transform.Frac(.5)}}}}

func TestConversionAtUpload(t *testing.T) {
	t.Parallel()
	w := New(t)
	up, err := w.Library.Upload(context.Background(), library.Upload{
		Account: Account, Name: "x", Format: "webp", Formats: []string{"webp"}, Staged: w.Stage(Picture("png", 6, 4, "")),
	})
	if err != nil {
		t.Fatal(err)
	}
	v := up.Asset.Version
	content, _ := w.Read(v.Blob)
	if v.Info.Format != "webp" || v.Info.Width != 6 || v.Info.Height != 4 || v.Info.Bytes != int64(len(content)) || !strings.HasPrefix(content, "image webp 6 4") {
		t.Errorf("%+v holds %q", v.Info, content)
	}
	if left := w.Leftovers(); len(left) > 0 {
		t.Errorf("staged files are left: %v", left)
	}
	if keys := w.Originals(); len(keys) != 1 {
		t.Errorf("originals: %v", keys)
	}
}

func TestConversionThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	w := New(t)
	w.Engine.OnRender = func(engine.Output) error { return media.Errorf(media.Unsupported, "No encoder for webp") }
	_, err := w.Library.Upload(context.Background(), library.Upload{Account: Account, Format: "webp", Staged: w.Stage(Picture("png", 6, 4, ""))})
	if media.CodeOf(err) != media.Unsupported {
		t.Errorf("got %v", err)
	}
	clean(t, w)
}

// What was uploaded is here already: to wait for a worker costs less than to
// upload it again.
func TestUploadIsPatient(t *testing.T) {
	t.Parallel()
	small := transform.Transformation{Steps: []transform.Step{transform.Resize{Fit: transform.Fill, Box: transform.Box{Width: transform.Px(4)}}}}
	for name, u := range map[string]library.Upload{
		"probe": {}, "conversion": {Format: "webp"}, "eager": {Ahead: library.Ahead{Eager: []transform.Transformation{small}}},
	} {
		w := New(t)
		u.Account, u.Staged = Account, w.Stage(Picture("png", 6, 4, name))
		_, err := w.Library.Upload(context.Background(), u)
		if got := time.Duration(w.Engine.Patience.Load()); err != nil || got != 10*time.Second {
			t.Errorf("%s waits %v, %v", name, got, err)
		}
	}
}

func TestEagerAnswersInOrder(t *testing.T) {
	t.Parallel()
	w := New(t)
	w.Engine.OnRender = func(o engine.Output) error {
		if o.Plan.Width == 7 {
			return media.Errorf(media.Invalid, "Seven is too much")
		}
		return nil
	}
	chain := func(width float64) transform.Transformation {
		return transform.Transformation{Steps: []transform.Step{transform.Resize{Fit: transform.Fill, Box: transform.Box{Width: transform.Px(width)}}}}
	}
	up, err := w.Library.Upload(context.Background(), library.Upload{
		Account: Account, Name: "x", Staged: w.Stage(Picture("png", 20, 10, "")),
		Ahead: library.Ahead{Eager: []transform.Transformation{chain(9), chain(7), {}, {Output: transform.Output{Format: transform.Auto}}, chain(5)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range up.Eager {
		if e.Err != nil {
			got = append(got, media.MessageOf(e.Err))
			continue
		}
		got = append(got, fmt.Sprintf("%s %d", e.Result.Info.Format, e.Result.Info.Width))
	}
	if want := []string{"png 9", "Seven is too much", "png 20", "png 20", "png 5"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	rs, _, err := w.Library.Renditions(context.Background(), Account, up.Asset.ID, "", 10)
	if err != nil || len(rs) != 2 {
		t.Errorf("%d renditions are kept, want 2 (%v)", len(rs), err)
	}
}

func TestUploadByURL(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/pics/Red%20Boot.png", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, Picture("png", 3, 2, "far")) })
	mux.HandleFunc("/large", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, strings.Repeat("x", 2000)) })
	mux.HandleFunc("/cut", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, "only this")
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	u, _ := url.Parse(server.URL)
	port, _ := strconv.Atoi(u.Port())
	client, err := fetch.New(fetch.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AllowPorts: []uint16{uint16(port)}})
	if err != nil {
		t.Fatal(err)
	}
	w := New(t, func(cfg *library.Config) {
		cfg.Fetch = client
		cfg.MaxBytes = library.MaxBytes{Image: 1000, Raw: 1000, Video: 1000}
	})
	upload := func(url string) (*library.Uploaded, error) {
		return w.Library.Upload(context.Background(), library.Upload{Account: Account, URL: url, UseFilename: true})
	}
	for path, want := range map[string]struct {
		code   media.Code
		reason string
	}{
		"/none":  {media.Invalid, "404 Not Found"},
		"/cut":   {media.Invalid, "broke off"},
		"/large": {media.TooLarge, ""},
	} {
		_, err := upload(server.URL + path)
		var source *library.SourceError
		if media.CodeOf(err) != want.code {
			t.Errorf("%s: %v", path, err)
		}
		if want.reason != "" && (!errors.As(err, &source) || !strings.Contains(source.Reason, want.reason) || source.URL != server.URL+path) {
			t.Errorf("%s: %v, %+v", path, err, source)
		}
	}
	// What no one opened a way to stays shut.
	if _, err := upload("http://169.254.169.254/latest/meta-data"); media.CodeOf(err) != media.Invalid || !errors.Is(err, fetch.ErrBlocked) {
		t.Errorf("metadata address: %v", err)
	}
	clean(t, w)
	up, err := upload(server.URL + "/pics/Red%20Boot.png?x=1")
	if err != nil {
		t.Fatal(err)
	}
	if up.Asset.Name != "Red_Boot" || up.Asset.OriginalName != "Red Boot" || up.Asset.Version.Info.Width != 3 {
		t.Errorf("got %+v", up.Asset)
	}
}

func TestUploadOfData(t *testing.T) {
	t.Parallel()
	w := New(t)
	up, err := w.Library.Upload(context.Background(), library.Upload{Account: Account, Data: []byte(Picture("png", 1, 2, "")), Filename: "n.png", NoOriginalName: true})
	if err != nil || up.Asset.OriginalName != "" || up.Asset.Version.Info.Height != 2 {
		t.Errorf("got %+v, %v", up, err)
	}
	if _, err := w.Library.Upload(context.Background(), library.Upload{Account: Account}); err == nil {
		t.Error("an upload without a source succeeded")
	}
}

func TestVersionsNeverGoBack(t *testing.T) {
	t.Parallel()
	w := New(t)
	last := w.Upload("x", Picture("png", 1, 1, "0")).Version.CreatedAt
	for i, d := range []time.Duration{0, -24 * time.Hour, time.Millisecond, 48 * time.Hour, -time.Hour} {
		w.Clock.Add(d)
		at := w.Upload("x", Picture("png", 1, 1, strconv.Itoa(i+1))).Version.CreatedAt
		if !at.After(last) || at.Nanosecond() != 0 {
			t.Errorf("after a step of %v: %v does not follow %v", d, at, last)
		}
		last = at
	}
}

// To whom any kind is welcome, a picture that the engine cannot open is a raw file.
func TestUnopenedPictureIsRaw(t *testing.T) {
	t.Parallel()
	w := New(t)
	w.Engine.OnProbe = func(string) error {
		return media.Errorf(media.Unsupported, "SVG files cannot be processed by this server")
	}
	up := library.Upload{Account: Account, Name: "drawing.svg", Filename: "drawing.svg", Data: []byte("<svg/>"), Overwrite: true}
	got, err := w.Library.Upload(t.Context(), up)
	if err != nil || got.Asset.Kind != media.KindRaw || got.Asset.Version.Info.Format != "svg" || got.Asset.Version.Info.Bytes != 6 {
		t.Fatalf("%+v, %v", got, err)
	}
	for name, change := range map[string]func(*library.Upload){
		"an image is asked for": func(u *library.Upload) { u.Kind = media.KindImage },
		"to be converted":       func(u *library.Upload) { u.Format = "png" },
	} {
		u := up
		change(&u)
		if _, err := w.Library.Upload(t.Context(), u); media.CodeOf(err) != media.Unsupported {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.Engine.OnProbe = func(string) error { return media.Errorf(media.Invalid, "broken") }
	if _, err := w.Library.Upload(t.Context(), up); media.CodeOf(err) != media.Invalid || err == nil {
		t.Errorf("a broken file: %v", err)
	}
}
