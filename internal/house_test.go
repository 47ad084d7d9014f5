// Package internal_test holds the rules of the house that a machine can hold:
// which package may import which, where vendors may be named, and how long a
// file may grow.
package internal_test

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows lists what each package under internal/ may import of its
// neighbours. Everything may import media; a package's own sub-packages and
// their parent may import each other as the compiler allows.
var arrows = map[string][]string{
	"media":     {},
	"transform": {},
	"search":    {},
	"schema":    {},
	"blob":      {},
	"fetch":     {},
	"cluster":   {},
	"console":   {},
	"engine":    {"transform"},
	"catalog":   {"search"},
	"script":    {"engine"},
	"account":   {"transform", "schema", "catalog", "cluster"},
	"jobs":      {"catalog", "cluster"},
	"webhook":   {"fetch", "catalog", "account"},
	"rendition": {"transform", "blob", "fetch", "cluster", "engine", "catalog", "account"},
	"library":   {"transform", "search", "schema", "blob", "fetch", "cluster", "engine", "catalog", "account", "rendition"},
	"delivery":  {"transform", "blob", "cluster", "catalog", "account", "rendition"},
	"dialect":   {"transform", "cluster", "account", "library", "delivery"},
	"server":    {"account", "delivery", "dialect"},
}

// dialectArrows is what a package below dialect/ may import.
var dialectArrows = []string{"dialect", "script", "transform", "search", "schema", "cluster", "catalog", "rendition", "account", "library", "delivery"}

// doors names the one package that may import a third-party module in its
// product code. Tests may use what they like.
var doors = map[string]string{
	"github.com/mattn/go-sqlite3":          "catalog",
	"github.com/jackc/pgx":                 "catalog",
	"github.com/uptrace/bun":               "catalog",
	"github.com/pressly/goose":             "catalog",
	"github.com/riverqueue/river":          "catalog jobs",
	"gocloud.dev":                          "blob/s3",
	"github.com/aws/":                      "blob/s3",
	"github.com/landlock-lsm/go-landlock":  "engine/sandbox",
	"github.com/minio/md5-simd":            "library",
	"github.com/esimov/pigo":               "engine",
	"github.com/bep/imagemeta":             "engine",
	"github.com/corona10/goimagehash":      "engine",
	"github.com/dop251/goja":               "script",
	"github.com/maypok86/otter":            "delivery",
	"code.dny.dev/ssrf":                    "fetch",
	"golang.org/x/time":                    "cluster",
	"github.com/tus/tusd":                  "dialect/native",
	"golang.org/x/exp":                     "dialect/native",
	"github.com/spf13/":                    "none, only cmd",
	"github.com/cloudinary/":               "none, only test/conformance",
	"github.com/johannesboyne/gofakes3":    "none, only tests",
	"github.com/prometheus/client_golang/": "server",
}

type goFile struct {
	path    string // below internal/, slash-separated
	pkg     string // directory below internal/
	test    bool
	imports []string
	content []byte
}

func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	err := fs.WalkDir(os.DirFS("."), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") || path.Dir(p) == "." {
			if d != nil && d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata") {
				return fs.SkipDir
			}
			return err
		}
		content, err := os.ReadFile(filepath.FromSlash(p))
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), p, content, parser.ImportsOnly)
		if err != nil {
			return err
		}
		f := goFile{path: p, pkg: path.Dir(p), test: strings.HasSuffix(p, "_test.go"), content: content}
		for _, im := range parsed.Imports {
			name, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, name)
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("only %d Go files found: the walk is wrong", len(files))
	}
	return files
}

func TestArrowsPointDown(t *testing.T) {
	for _, f := range goFiles(t) {
		own, sub, _ := strings.Cut(f.pkg, "/")
		allowed, known := arrows[own]
		if !known {
			t.Errorf("%s: package %s is not in the plan of the house", f.path, own)
			continue
		}
		if own == "dialect" && sub != "" {
			allowed = dialectArrows
		}
		for _, im := range f.imports {
			target, inside := strings.CutPrefix(im, "tintype/")
			if !inside {
				continue
			}
			target, inside = strings.CutPrefix(target, "internal/")
			if !inside {
				t.Errorf("%s imports %s: nothing under internal/ may import what stands above it", f.path, im)
				continue
			}
			top, targetSub, _ := strings.Cut(target, "/")
			if own == "dialect" && top == "dialect" && targetSub != "" && targetSub != sub {
				t.Errorf("%s imports %s: a dialect never imports another", f.path, im)
			}
			if top == own || top == "media" || f.test {
				continue
			}
			if !slices.Contains(allowed, top) {
				t.Errorf("%s imports %s: %s may import only %v", f.path, im, own, allowed)
			}
		}
	}
}

// A test may build a whole service of what lies below its package, but an
// arrow that points up is wrong there too.
func TestTestsImportNothingAbove(t *testing.T) {
	floor := map[string]int{"media": 1, "cluster": 1, "console": 1, "transform": 2, "search": 2, "schema": 2, "blob": 2, "fetch": 2,
		"engine": 3, "catalog": 3, "account": 4, "script": 4, "jobs": 4, "webhook": 5, "rendition": 5, "library": 6, "delivery": 6, "dialect": 7, "server": 9}
	for _, f := range goFiles(t) {
		if !f.test {
			continue
		}
		own, sub, _ := strings.Cut(f.pkg, "/")
		height := floor[own]
		if own == "dialect" && sub != "" {
			height = 8
		}
		for _, im := range f.imports {
			target, inside := strings.CutPrefix(im, "tintype/internal/")
			if !inside {
				continue
			}
			if top, _, _ := strings.Cut(target, "/"); floor[top] > height {
				t.Errorf("%s imports %s, which stands on a higher floor", f.path, im)
			}
		}
	}
}

func TestOneDoorPerDependency(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		for _, im := range f.imports {
			for module, door := range doors {
				if !strings.HasPrefix(im, module) {
					continue
				}
				if !slices.ContainsFunc(strings.Fields(door), func(d string) bool { return f.pkg == d || strings.HasPrefix(f.pkg, d+"/") }) {
					t.Errorf("%s imports %s, whose only door is %s", f.path, im, door)
				}
			}
			if im == "C" && f.pkg != "engine/vips" && f.pkg != "engine/pango" {
				t.Errorf("%s uses cgo, which only engine/vips and engine/pango may", f.path)
			}
		}
	}
}

func TestVendorsAreNamedInDialectsOnly(t *testing.T) {
	vendor := regexp.MustCompile(`(?i)cloudinary|uploadcare|imagekit`)
	for _, f := range goFiles(t) {
		if strings.HasPrefix(f.pkg, "dialect/") {
			continue
		}
		for i, line := range bytes.Split(f.content, []byte("\n")) {
			if m := vendor.Find(line); m != nil {
				t.Errorf("%s:%d names %s; only dialects know vendors", f.path, i+1, m)
			}
		}
	}
}

func TestFilesStayShort(t *testing.T) {
	generated := regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)
	for _, f := range goFiles(t) {
		if strings.HasSuffix(f.path, "_table.go") || generated.Match(f.content) {
			continue
		}
		if n := bytes.Count(f.content, []byte("\n")); n > 800 {
			t.Errorf("%s has %d lines; 800 is the wall", f.path, n)
		}
	}
}
