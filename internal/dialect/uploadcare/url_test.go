package uploadcare

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"tintype/internal/media"
	"tintype/internal/transform"
)

var testLimits = limits{3000, 5000}

// describe writes what a URL says the way testdata holds it.
func describe(path string) string {
	u, err := splitURL(path)
	var p parsed
	if err == nil {
		p, err = parseOperations(u.Operations, testLimits)
	}
	if err == nil {
		err = p.Validate()
	}
	if err != nil {
		return fmt.Sprintf("error %s: %s", media.CodeOf(err), media.MessageOf(err))
	}
	var b strings.Builder
	text := p.String()
	if p.Empty() {
		text = "original"
	}
	fmt.Fprintf(&b, "%s\n%s", text, u.ID)
	switch {
	case u.Group == "":
	case u.Nth == wholeGroup:
		fmt.Fprintf(&b, "group {u} of %d", u.Size)
	default:
		fmt.Fprintf(&b, "number %d of %d of group {u}", u.Nth, u.Size)
	}
	if u.Filename != "" {
		fmt.Fprintf(&b, " %q", u.Filename)
	}
	if p.Attachment {
		b.WriteString(" attachment")
	}
	if p.Asked.op != "" {
		fmt.Fprintf(&b, " asks %s", p.Asked.op)
	}
	if p.Asked.colors > 0 {
		fmt.Fprintf(&b, " for %d", p.Asked.colors)
	}
	if p.Matte.A > 0 {
		b.WriteString(" on " + p.Matte.String())
	}
	return b.String()
}

// fileUUID stands for U at the beginning of a path in testdata.
const fileUUID = "52da3bfc-7cd8-4861-8b05-126fef7a6994"

const rule = "\n----\n"

// TestURLs reads every URL of testdata/urls. A file holds cases, separated by
// blank lines: the path after the account, a line of dashes, what it means.
// The ids stand as U and u in both.
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
		for _, c := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
			path, want, _ := strings.Cut(c+"\n", rule)
			if path = strings.TrimSpace(path); strings.HasPrefix(path, "#") {
				continue
			}
			total++
			got := shortIDs(describe(longIDs(path)))
			if want = strings.TrimSpace(want); got != want {
				t.Errorf("%s: %s\n got: %s\nwant: %s", filepath.Base(file), path, got, want)
			}
		}
	}
	if total < 150 {
		t.Errorf("only %d URLs", total)
	}
}

var fileID = strings.ReplaceAll(fileUUID, "-", "")

func longIDs(path string) string { return strings.ReplaceAll(path, "{U}", fileUUID) }

func shortIDs(text string) string {
	text = strings.ReplaceAll(text, fileID, "{u}")
	return strings.ReplaceAll(text, fileUUID, "{U}")
}

// BenchmarkParse reads a URL of three operations.
func BenchmarkParse(b *testing.B) {
	path := "/" + fileUUID + "/-/scale_crop/440x440/center/-/blur/60/-/format/webp/"
	for b.Loop() {
		u, err := splitURL(path)
		if err == nil {
			_, err = parseOperations(u.Operations, testLimits)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func TestSplitURLLimits(t *testing.T) {
	t.Parallel()
	_, err := splitURL("/" + strings.Repeat("a", maxPath))
	var limit *media.LimitError
	if media.CodeOf(err) != media.TooLarge || !errors.As(err, &limit) || limit.Max != maxPath {
		t.Errorf("long path: %v", err)
	}
	flips := strings.Repeat("-/flip/", maxOperations)
	u, err := splitURL("/" + fileUUID + "/" + flips)
	if err != nil || len(u.Operations) != maxOperations {
		t.Errorf("%d operations, %v", len(u.Operations), err)
	}
	if _, err = splitURL("/" + fileUUID + "/" + flips + "-/flip/"); media.CodeOf(err) != media.Invalid {
		t.Errorf("one operation too many: %v", err)
	}
}

func TestResultLimits(t *testing.T) {
	t.Parallel()
	_, err := parseOperations([]operation{{"resize", []string{"3001x10"}}}, testLimits)
	var limit *media.LimitError
	if media.CodeOf(err) != media.Invalid || !errors.As(err, &limit) || limit.Max != 3000 || limit.Got != 3001 {
		t.Errorf("wide: %v", err)
	}
	if _, err = parseOperations([]operation{{"resize", []string{"3001x10"}}}, limits{4000, 4000}); err != nil {
		t.Errorf("limits are configuration: %v", err)
	}
}

func TestLooksDiffer(t *testing.T) {
	t.Parallel()
	seen := map[transform.Grade]string{}
	for name, look := range looks {
		if other, twice := seen[look]; twice {
			t.Errorf("%s looks like %s", name, other)
		}
		seen[look] = name
		chain := transform.Transformation{Steps: []transform.Step{look}}
		if err := chain.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(chain.Normalize().Steps) == 0 {
			t.Errorf("%s changes nothing", name)
		}
	}
	if len(looks) != 40 {
		t.Errorf("%d looks", len(looks))
	}
}

func TestBuildURL(t *testing.T) {
	t.Parallel()
	id := media.AssetID(fileID)
	for want, u := range map[string]deliveryURL{
		"/":                       {ID: id},
		"/photo.jpg":              {ID: id, Filename: "photo.jpg"},
		"/%2D":                    {ID: id, Filename: "-"},
		"/a%2Fb%25.jpg":           {ID: id, Filename: "a/b%.jpg"},
		"/-/preview/":             {ID: id, Operations: []operation{{Name: "preview"}}},
		"/-/crop/50%25x50p/0,0/x": {ID: id, Operations: []operation{{"crop", []string{"50%x50p", "0,0"}}}, Filename: "x"},
		"~3/":                     {Group: media.GroupID(id), Size: 3, Nth: wholeGroup},
		"~3/nth/12/":              {Group: media.GroupID(id), Size: 3, Nth: 12},
		"~3/nth/0/-/preview/x":    {Group: media.GroupID(id), Size: 3, Operations: []operation{{Name: "preview"}}, Filename: "x"},
		"/-/text/%2D//":           {ID: id, Operations: []operation{{"text", []string{"-", ""}}}},
	} {
		got := buildURL(u)
		if got != "/"+fileUUID+want {
			t.Errorf("%+v is built as %s, want %s", u, got, want)
		}
		if back, err := splitURL(got); err != nil || !reflect.DeepEqual(back, u) {
			t.Errorf("%s comes back as %+v, %v", got, back, err)
		}
	}
}

// FuzzParse: nothing panics, every error has a code of ours, whatever is read
// is valid, and what is built from it is read as the same.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/urls/*.txt")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range strings.Split(string(text), "\n\n") {
			path, _, _ := strings.Cut(c, "\n")
			f.Add(longIDs(path))
		}
	}
	f.Fuzz(func(t *testing.T, path string) {
		u, err := splitURL(path)
		if err != nil {
			if media.CodeOf(err) == media.Internal {
				t.Fatalf("%q: %v", path, err)
			}
			return
		}
		built := buildURL(u)
		if len(built) <= maxPath {
			if back, err := splitURL(built); err != nil || !reflect.DeepEqual(back, u) {
				t.Fatalf("%q is built as %q and comes back as %+v, not %+v: %v", path, built, back, u, err)
			}
		}
		p, err := parseOperations(u.Operations, testLimits)
		if err != nil {
			if code := media.CodeOf(err); code != media.Invalid && code != media.Unsupported {
				t.Fatalf("%q: %s: %v", path, code, err)
			}
			return
		}
		if err := p.Validate(); err != nil && media.CodeOf(err) != media.Invalid {
			t.Fatalf("%q: %v", path, err)
		}
	})
}
