package library_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tintype/internal/blob/blobtest"
	"tintype/internal/library"
	. "tintype/internal/library/librarytest"
	"tintype/internal/media"
	"tintype/internal/transform"
)

var third = transform.Transformation{Steps: []transform.Step{transform.Resize{Fit: transform.Fill, Box: transform.Box{Width: transform.Px(3)}}}}

// put uploads under a name, with tags.
func put(w *World, t *testing.T, name, content string, tags ...string) *media.Asset {
	t.Helper()
	up, err := w.Library.Upload(context.Background(), library.Upload{
		Account: Account, Name: name, Overwrite: true, Staged: w.Stage(content), Tags: tags, Filename: "My file.x",
	})
	if err != nil {
		t.Fatal(err)
	}
	return up.Asset
}

// packed writes an archive and reads it back, by name.
func packed(t *testing.T, w *World, a library.Archive) (map[string]string, *library.Packing) {
	t.Helper()
	a.Account = Account
	p, err := w.Library.Pack(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var b bytes.Buffer
	if err := p.Write(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	files := unzip(t, b.Bytes())
	if a.Format == library.ArchiveTGZ {
		files = untar(t, b.Bytes())
	}
	if len(files) != p.Files {
		t.Errorf("%d files, said were %d", len(files), p.Files)
	}
	total := int64(0)
	for _, content := range files {
		total += int64(len(content))
	}
	if total != p.Bytes {
		t.Errorf("%d bytes, said were %d", total, p.Bytes)
	}
	return files, p
}

func unzip(t *testing.T, b []byte) map[string]string {
	t.Helper()
	if b == nil {
		return nil
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(content)
	}
	return files
}

func untar(t *testing.T, b []byte) map[string]string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = string(content)
	}
}

func names(files map[string]string) []string { return slices.Sorted(maps.Keys(files)) }

func TestArchiveSelects(t *testing.T) {
	t.Parallel()
	w := New(t)
	one, two := Picture("png", 4, 4, "one"), Picture("jpeg", 4, 4, "two")
	put(w, t, "f/one", one, "red")
	put(w, t, "f/two", two, "red", "blue")
	put(w, t, "notes.txt", "some notes", "red")
	put(w, t, "film", Film("x"), "blue")
	up, err := w.Library.Upload(context.Background(), library.Upload{Account: Account, Name: "secret", Access: media.Private, Staged: w.Stage(one), Tags: []string{"red"}})
	if err != nil {
		t.Fatal(err)
	}
	named := func(name string) media.Ref { return media.Ref{Kind: media.KindImage, Access: media.Public, Name: name} }
	for _, c := range []struct {
		s    library.Selection
		want []string
	}{
		{library.Selection{Refs: []media.Ref{named("f/one")}}, []string{"f/one.png"}},
		{library.Selection{Tags: []string{"red"}, Kind: media.KindImage, Access: media.Public}, []string{"f/one.png", "f/two.jpg"}},
		{library.Selection{Tags: []string{"red"}, Access: media.Public}, []string{"f/one.png", "f/two.jpg", "notes.txt"}},
		{library.Selection{Tags: []string{"red"}}, []string{"f/one.png", "f/two.jpg", "notes.txt", "secret.png"}},
		{library.Selection{Tags: []string{"red", "blue"}, Refs: []media.Ref{named("f/two")}, Access: media.Public}, []string{"f/one.png", "f/two.jpg", "film.mp4", "notes.txt"}},
		{library.Selection{Prefixes: []string{"f/", "no"}}, []string{"f/one.png", "f/two.jpg", "notes.txt"}},
		{library.Selection{Refs: []media.Ref{{Access: media.Public, Name: "film"}, {ID: up.Asset.ID}}}, []string{"film.mp4", "secret.png"}},
	} {
		files, p := packed(t, w, library.Archive{Selection: c.s})
		if got := names(files); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.s, got, c.want)
		}
		if p.Assets != len(c.want) {
			t.Errorf("%+v: %d assets", c.s, p.Assets)
		}
	}
	files, _ := packed(t, w, library.Archive{Format: library.ArchiveTGZ, Selection: library.Selection{Prefixes: []string{"f/", "n"}}})
	if files["f/one.png"] != one || files["f/two.jpg"] != two || files["notes.txt"] != "some notes" {
		t.Errorf("contents: %q", files)
	}
}

func TestArchiveRefuses(t *testing.T) {
	t.Parallel()
	w := New(t, func(c *library.Config) { c.MaxArchive = 100 })
	put(w, t, "a", Picture("png", 4, 4, ""), "red")
	put(w, t, "b", Picture("png", 4, 4, strings.Repeat("b", 80)), "big")
	var many []media.Ref
	for i := range 1001 {
		many = append(many, media.Ref{Kind: media.KindImage, Access: media.Public, Name: fmt.Sprint(i)})
	}
	absent := media.Ref{Kind: media.KindImage, Access: media.Public, Name: "absent"}
	for _, c := range []struct {
		a    library.Archive
		code media.Code
		says string
	}{
		{library.Archive{}, media.Invalid, "No resources to archive"},
		{library.Archive{Selection: library.Selection{Tags: []string{"none"}}}, media.Invalid, "No resources to archive"},
		{library.Archive{Selection: library.Selection{Refs: []media.Ref{absent}, Tags: []string{"red"}}}, media.NotFound, "Resource not found - absent"},
		{library.Archive{AllowMissing: true, Selection: library.Selection{Refs: []media.Ref{absent}}}, media.Invalid, "No resources to archive"},
		{library.Archive{Selection: library.Selection{Refs: many}}, media.Invalid, "More than 1000 assets are selected"},
		{library.Archive{Selection: library.Selection{Prefixes: []string{"a", "b"}}}, media.TooLarge, "The files of the archive have more than 100 bytes together"},
	} {
		c.a.Account = Account
		_, err := w.Library.Pack(context.Background(), c.a)
		if media.CodeOf(err) != c.code || media.MessageOf(err) != c.says {
			t.Errorf("%+v: %v", c.a.Selection.Tags, err)
		}
	}
	files, p := packed(t, w, library.Archive{AllowMissing: true, Selection: library.Selection{Refs: []media.Ref{absent}, Tags: []string{"red", "none"}, Prefixes: []string{"q"}}})
	if !slices.Equal(names(files), []string{"a.png"}) || !slices.Equal(p.Missing, []string{"absent"}) || !slices.Equal(p.EmptyTags, []string{"none"}) || !slices.Equal(p.EmptyPrefixes, []string{"q"}) {
		t.Errorf("%q %+v", names(files), p)
	}
}

func TestArchivesAtOnce(t *testing.T) {
	t.Parallel()
	w := New(t)
	put(w, t, "a", Picture("png", 4, 4, ""), "red")
	a := library.Archive{Account: Account, Selection: library.Selection{Tags: []string{"red"}}}
	var open []*library.Packing
	for {
		p, err := w.Library.Pack(context.Background(), a)
		if err != nil {
			if media.CodeOf(err) != media.Limited {
				t.Fatal(err)
			}
			break
		}
		open = append(open, p)
	}
	if len(open) != 4 {
		t.Errorf("%d archives of one account at once", len(open))
	}
	open[0].Close()
	open[0].Close()
	p, err := w.Library.Pack(context.Background(), a)
	if err != nil {
		t.Fatal("after one was closed:", err)
	}
	if _, err := w.Library.Pack(context.Background(), a); media.CodeOf(err) != media.Limited {
		t.Error("closing twice makes room twice:", err)
	}
	p.Close()
}

func TestArchiveVariants(t *testing.T) {
	t.Parallel()
	w := New(t)
	a := put(w, t, "f/one", Picture("png", 6, 6, "one"), "red")
	put(w, t, "f/two", Picture("jpeg", 6, 6, "two"), "red")
	put(w, t, "notes.txt", "some notes", "red")
	kept, err := w.Renditions.Get(context.Background(), a, half)
	if err != nil {
		t.Fatal(err)
	}
	webp := third
	webp.Output.Format = "webp"
	s := library.Selection{Tags: []string{"red"}}
	both := []library.Variant{{Chain: half, Label: "half"}, {Chain: webp, Label: "c_scale,w_3/e_x"}}
	for _, c := range []struct {
		a    library.Archive
		want []string
	}{
		{library.Archive{Variants: both}, []string{"c_scale,w_3,e_x/f/one.webp", "c_scale,w_3,e_x/f/two.webp", "half/f/one.png", "half/f/two.jpg", "notes.txt"}},
		{library.Archive{Variants: both, FlattenVariants: true}, []string{"f/one-c_scale,w_3,e_x.webp", "f/one-half.png", "f/two-c_scale,w_3,e_x.webp", "f/two-half.jpg", "notes.txt"}},
		{library.Archive{Variants: both, Unlabelled: true, FlattenFolders: true}, []string{"notes.txt", "one.png", "one.webp", "two.jpg", "two.webp"}},
		{library.Archive{Variants: both[:1]}, []string{"f/one-half.png", "f/two-half.jpg", "notes.txt"}},
		{library.Archive{FlattenFolders: true, OriginalNames: true}, []string{"My file.jpg", "My file.png", "My file.txt"}},
	} {
		c.a.Selection = s
		files, _ := packed(t, w, c.a)
		if got := names(files); !slices.Equal(got, c.want) {
			t.Errorf("%q\nwant %q", got, c.want)
		}
	}
	// What was there before the archive stays, what was made for it goes.
	rs, _, err := w.Library.Renditions(context.Background(), Account, a.ID, "", 100)
	if err != nil || len(rs) != 1 || rs[0].Key != kept.Key {
		t.Errorf("left are %v, %v", rs, err)
	}
	packed(t, w, library.Archive{Selection: s, Variants: both, KeepDerived: true})
	if rs, _, err = w.Library.Renditions(context.Background(), Account, a.ID, "", 100); err != nil || len(rs) != 2 {
		t.Errorf("kept are %v, %v", rs, err)
	}
}

func TestArchiveFailsToMake(t *testing.T) {
	t.Parallel()
	w := New(t)
	put(w, t, "film", Film("x"), "red")
	_, err := w.Library.Pack(context.Background(), library.Archive{
		Account: Account, Selection: library.Selection{Tags: []string{"red"}}, Variants: []library.Variant{{Chain: half}},
	})
	if media.CodeOf(err) != media.Unsupported {
		t.Errorf("a film cut in half: %v", err)
	}
}

// A file that is cut or changed on disk ends the writing, and the archive
// does not look whole.
func TestArchiveOfDamage(t *testing.T) {
	t.Parallel()
	for _, format := range []library.ArchiveFormat{library.ArchiveZip, library.ArchiveTGZ} {
		w := New(t)
		put(w, t, "a", Picture("png", 4, 4, "good"), "red")
		bad := put(w, t, "b", Picture("png", 4, 4, strings.Repeat("bad", 10_000)), "red")
		p, err := w.Library.Pack(context.Background(), library.Archive{Account: Account, Format: format, Selection: library.Selection{Tags: []string{"red"}}})
		if err != nil {
			t.Fatal(err)
		}
		content, _ := w.Read(bad.Version.Blob)
		if _, err := w.Disk.Put(context.Background(), bad.Version.Blob, strings.NewReader(strings.ToUpper(content))); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := p.Write(context.Background(), &b); err == nil {
			t.Errorf("%s: changed bytes were archived", format)
		}
		if files := unzip(t, b.Bytes()); files != nil {
			t.Errorf("half an archive reads as %q", names(files))
		}
		p.Close()
	}
}

func TestArchiveSourceBreaks(t *testing.T) {
	t.Parallel()
	var faults *blobtest.Faults
	w := New(t, func(c *library.Config) { c.Blobs, faults = blobtest.Faulty(c.Blobs) })
	put(w, t, "a", Picture("png", 4, 4, strings.Repeat("x", 200_000)), "red")
	broken := errors.New("wire cut")
	p, err := w.Library.Pack(context.Background(), library.Archive{Account: Account, Selection: library.Selection{Tags: []string{"red"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	faults.Fail("Read", 2, broken)
	if err := p.Write(context.Background(), io.Discard); !errors.Is(err, broken) {
		t.Errorf("error is %v", err)
	}
	faults.Clear()
	if _, err := w.Library.StoreArchive(context.Background(), p, library.Upload{Name: "x.zip", Overwrite: true}); err != nil {
		t.Error(err)
	}
	faults.Fail("Read", 1, broken)
	if _, err := w.Library.StoreArchive(context.Background(), p, library.Upload{Name: "y.zip"}); !errors.Is(err, broken) {
		t.Errorf("error is %v", err)
	}
	if left := w.Leftovers(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A rendition that the store has no room for is made again when its turn comes.
func TestArchiveWithoutRoom(t *testing.T) {
	t.Parallel()
	var faults *blobtest.Faults
	w := New(t, func(c *library.Config) { c.Blobs, faults = blobtest.Faulty(c.Blobs) })
	put(w, t, "a", Picture("png", 4, 4, ""), "red")
	faults.FailAll("Put", &media.Error{Code: media.NoSpace})
	files, _ := packed(t, w, library.Archive{Selection: library.Selection{Tags: []string{"red"}}, Variants: []library.Variant{{Chain: half}}})
	if len(files) != 1 {
		t.Errorf("%q", files)
	}
}

func TestStoreArchive(t *testing.T) {
	t.Parallel()
	w := New(t, func(c *library.Config) { c.MaxBytes.Raw = 10 })
	one := Picture("png", 4, 4, "one")
	put(w, t, "f/one", one, "red")
	var versions []media.VersionID
	for range 2 {
		p, err := w.Library.Pack(context.Background(), library.Archive{Account: Account, Selection: library.Selection{Tags: []string{"red"}}})
		if err != nil {
			t.Fatal(err)
		}
		a, err := w.Library.StoreArchive(context.Background(), p, library.Upload{Name: "sets/x.zip", Tags: []string{"set"}, Overwrite: true})
		p.Close()
		if err != nil {
			t.Fatal(err)
		}
		if a.Kind != media.KindRaw || a.Name != "sets/x.zip" || a.Version.Info.Format != "zip" || a.Folder != "sets" || !slices.Equal(a.Tags, []string{"set"}) {
			t.Errorf("%+v", a)
		}
		content, _ := w.Read(a.Version.Blob)
		if files := unzip(t, []byte(content)); files["f/one.png"] != one {
			t.Errorf("%q", files)
		}
		versions = append(versions, a.Version.ID)
	}
	if versions[0] == versions[1] {
		t.Error("a new archive of the same name is no new version")
	}
	if left := w.Leftovers(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// The system's own programs read what we write.
func TestSystemReadsArchives(t *testing.T) {
	t.Parallel()
	w := New(t)
	one := Picture("png", 4, 4, "one")
	put(w, t, "f/Ångström 日本", one, "red")
	put(w, t, "b.txt", strings.Repeat("text ", 10_000), "red")
	for format, args := range map[library.ArchiveFormat][]string{library.ArchiveZip: {"unzip", "-q"}, library.ArchiveTGZ: {"tar", "xzf"}} {
		program, err := exec.LookPath(args[0])
		if err != nil {
			t.Logf("no %s here", args[0])
			continue
		}
		p, err := w.Library.Pack(context.Background(), library.Archive{Account: Account, Format: format, Selection: library.Selection{Tags: []string{"red"}}})
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		file, err := os.Create(filepath.Join(dir, "x"))
		if err != nil {
			t.Fatal(err)
		}
		err = p.Write(context.Background(), file)
		p.Close()
		if err := errors.Join(err, file.Close()); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(program, append(args[1:], "x")...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v %s", args[0], err, out)
		}
		got, err := os.ReadFile(filepath.Join(dir, "f", "Ångström 日本.png"))
		if string(got) != one {
			t.Errorf("%s: %v", args[0], err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, "b.txt")); len(text) != 50_000 {
			t.Errorf("%s: %v", args[0], err)
		}
	}
}

// An archive of many bytes takes little memory.
func TestArchiveStreams(t *testing.T) {
	t.Parallel()
	w := New(t)
	var content strings.Builder
	for i := range 300_000 {
		fmt.Fprintf(&content, "%d", i*7919)
	}
	for i := range 8 {
		put(w, t, fmt.Sprint(i), content.String()+fmt.Sprint(i), "red")
	}
	p, err := w.Library.Pack(context.Background(), library.Archive{Account: Account, Selection: library.Selection{Tags: []string{"red"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	most := 0
	err = p.Write(context.Background(), writes(func(b []byte) { most = max(most, len(b)) }))
	if err != nil || most > 64<<10 || p.Bytes < 8*2_000_000 {
		t.Errorf("%d bytes in one write, of %d: %v", most, p.Bytes, err)
	}
}

type writes func([]byte)

func (w writes) Write(p []byte) (int, error) { w(p); return len(p), nil }
