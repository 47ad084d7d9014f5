package cloudinary

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"tintype/internal/delivery"
	"tintype/internal/media"
)

var updateURLs = flag.Bool("update-urls", false, "rewrite testdata/urls from what the parser says; look at the difference")

// testKeys are the keys of the account that the URLs of testdata are read for.
var testKeys = []media.Key{
	{ID: "1", Secret: "a", Name: "another"},
	{ID: "2", Secret: "b", Name: "the one of the vendor's test vectors"},
	{ID: "3", Secret: "gone", Disabled: true},
}

// describe writes what a URL says the way testdata holds it.
func describe(path string, keys []media.Key) string {
	u, err := readURL(path, keys, hints{})
	if err != nil {
		return strings.TrimSpace(fmt.Sprintf("error %s: %s", media.CodeOf(err), media.MessageOf(err)))
	}
	var b strings.Builder
	text := u.chain.String()
	if u.chain.Empty() {
		text = "original"
	}
	fmt.Fprintln(&b, text)
	for _, id := range u.IDs {
		fmt.Fprintf(&b, "%s %s %q", u.Kind, u.Access, id.PublicID)
		if id.Ext != "" {
			fmt.Fprintf(&b, " .%s", id.Ext)
		}
		if id.Suffix != "" {
			fmt.Fprintf(&b, " suffix %q", id.Suffix)
		}
		fmt.Fprintln(&b)
	}
	if len(u.chain.Steps) > 0 && len(u.chain.Normalize().Steps) == 0 {
		fmt.Fprintln(&b, "a new file all the same")
	}
	if u.Version != 0 {
		fmt.Fprintln(&b, "version", u.Version)
	}
	if u.signed {
		fmt.Fprintln(&b, "signed")
	}
	if u.chain.Hints&^delivery.HintSaveData != 0 {
		fmt.Fprintln(&b, "by hints")
	}
	if u.chain.Default != "" {
		fmt.Fprintf(&b, "default %q\n", u.chain.Default)
	}
	if u.chain.Restricted {
		fmt.Fprintln(&b, "needs a signature")
	}
	if u.chain.Attachment {
		fmt.Fprintf(&b, "attachment %q\n", u.chain.Filename)
	}
	if u.chain.Immutable {
		fmt.Fprintln(&b, "immutable")
	}
	return strings.TrimSpace(b.String())
}

const rule = "\n----\n"

// TestURLs reads every URL of testdata/urls. A file holds cases, separated
// by blank lines: the path after the account, a line of dashes, what it means.
func TestURLs(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/urls/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	total := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var rewritten []string
		for _, c := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
			path, want, _ := strings.Cut(c+"\n", rule)
			path = strings.TrimSpace(path)
			if strings.HasPrefix(path, "#") {
				rewritten = append(rewritten, c)
				continue
			}
			got := describe(path, testKeys)
			rewritten = append(rewritten, path+rule+got)
			total++
			if want = strings.TrimSpace(want); got != want && !*updateURLs {
				t.Errorf("%s: %s\n got: %s\nwant: %s", filepath.Base(file), path, got, want)
			}
		}
		if *updateURLs {
			if err := os.WriteFile(file, []byte(strings.Join(rewritten, "\n\n")+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if total < 700 {
		t.Errorf("only %d URLs", total)
	}
}

func TestSplitURLLimits(t *testing.T) {
	t.Parallel()
	_, err := splitURL("/image/upload/" + strings.Repeat("a", maxPath))
	if media.CodeOf(err) != media.TooLarge {
		t.Errorf("long path: %v", err)
	}
	_, err = splitURL("/image/upload/" + strings.Repeat("a", maxPublicID+1))
	var limit *media.LimitError
	if !errors.As(err, &limit) || limit.Max != maxPublicID || limit.Got != maxPublicID+1 {
		t.Errorf("long id: %v", err)
	}
	if _, err = splitURL("/image/upload/" + strings.Repeat("%C3%A9", maxPublicID)); err != nil {
		t.Errorf("characters, not bytes, are counted: %v", err)
	}
	_, err = readURL("/image/upload/"+strings.Repeat("w_1/", maxComponents+1)+"x", nil, hints{})
	if media.CodeOf(err) != media.Invalid || !errors.As(err, &limit) {
		t.Errorf("long chain: %v", err)
	}
	_, err = readURL("/image/upload/a_"+strings.Repeat("1.", maxComponents+1)+"1/x", nil, hints{})
	if media.CodeOf(err) != media.Invalid || !errors.As(err, &limit) {
		t.Errorf("many steps in one component: %v", err)
	}
}

func TestAssetPath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ref     media.Ref
		version int64
		format  string
		want    string
	}{
		{media.Ref{Kind: media.KindImage, Access: media.Public, Name: "sample"}, 1312461204, "jpeg", "/image/upload/v1312461204/sample.jpg"},
		{media.Ref{Kind: media.KindImage, Access: media.Public, Name: "folder/a b"}, 1, "png", "/image/upload/v1/folder/a%20b.png"},
		{media.Ref{Kind: media.KindImage, Access: media.Public, Name: "a,b&c?d#e%f+g=h@i"}, 1, "tiff", "/image/upload/v1/a%2Cb%26c%3Fd%23e%25f%2Bg%3Dh%40i.tiff"},
		{media.Ref{Kind: media.KindImage, Access: media.Public, Name: "(x)!~*'_-.:y"}, 1, "webp", "/image/upload/v1/(x)!~*'_-.:y.webp"},
		{media.Ref{Kind: media.KindImage, Access: media.Public, Name: "fünf"}, 1, "gif", "/image/upload/v1/f%C3%BCnf.gif"},
		{media.Ref{Kind: media.KindRaw, Access: media.Public, Name: "docs/a.docx"}, 7, "docx", "/raw/upload/v7/docs/a.docx"},
		{media.Ref{Kind: media.KindVideo, Access: media.Public, Name: "dog"}, 7, "mp4", "/video/upload/v7/dog.mp4"},
		{media.Ref{Kind: media.KindImage, Access: media.Authenticated, Name: "image"}, 7, "jpeg", "/image/authenticated/s----SjmNDA--/v7/image.jpg"},
		{media.Ref{Kind: media.KindImage, Access: media.Private, Name: "sample"}, 7, "jpeg", "/image/private/s--v2fTPYTu--/v7/sample.jpg"},
	} {
		got := assetPath(c.ref, c.version, c.format, "b")
		if got != c.want {
			t.Errorf("assetPath(%v) = %s, want %s", c.ref, got, c.want)
		}
		u, err := readURL(got, testKeys, hints{})
		if err != nil || u.Kind != c.ref.Kind || u.Access != c.ref.Access || u.IDs[0].PublicID != c.ref.Name || u.Version != c.version {
			t.Errorf("%s is read as %+v, %v", got, u, err)
		}
		if u.signed != (c.ref.Access != media.Public) {
			t.Errorf("%s: signed is %v", got, u.signed)
		}
	}
}

func TestBuildURLGivesVersionToFolders(t *testing.T) {
	t.Parallel()
	u := deliveryURL{Kind: media.KindImage, Access: media.Public, IDs: []candidate{{PublicID: "w_100/x", Ext: "jpg"}}}
	if got, want := buildURL(u), "/image/upload/v1/w_100/x.jpg"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzParseURL(f *testing.F) {
	files, _ := filepath.Glob("testdata/urls/*.txt")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range strings.Split(string(text), "\n\n") {
			path, _, _ := strings.Cut(c, rule)
			f.Add(strings.TrimSpace(path))
		}
	}
	f.Fuzz(func(t *testing.T, path string) {
		if u, err := readURL(path, testKeys, hints{}); err == nil && len(u.IDs) == 0 {
			t.Fatal("no error and no candidate")
		}
		u, err := splitURL(path)
		if err != nil {
			checkError(t, err)
			return
		}
		if u.IDs[0].Suffix != "" {
			return // decorations are not built
		}
		built := buildURL(u)
		again, err := splitURL(built)
		if err != nil {
			t.Fatalf("%q was built as %q: %v", path, built, err)
		}
		if u.Version == 0 {
			again.Version = 0
		}
		u.IDs, again.IDs = u.IDs[:1], again.IDs[:1]
		u.IDs[0].source, again.IDs[0].source = "", "" // may be escaped in another way
		if !reflect.DeepEqual(u, again) {
			t.Fatalf("%q was built as %q:\n%+v\n%+v", path, built, u, again)
		}
	})
}

// checkError fails unless err is of a class and has a sentence for the user.
func checkError(t *testing.T, err error) {
	t.Helper()
	var e *media.Error
	if !errors.As(err, &e) || e.Code == media.Internal || e.Message == "" || !printable(e.Message) {
		t.Fatalf("not an error for users: %#v", err)
	}
}
