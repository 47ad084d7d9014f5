package cloudinary

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"time"

	"tintype/internal/media"
	"tintype/internal/search"
)

var noon = time.Date(2024, 3, 31, 12, 0, 0, 0, time.UTC)

// TestExpressions reads every row of testdata/search/expressions.txt, and
// what is built from its tree.
func TestExpressions(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/search/expressions.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, cases := bufio.NewScanner(f), 0
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		text, want, ok := strings.Cut(line, " => ")
		if !ok {
			t.Fatalf("line %d has no =>", n)
		}
		cases++
		e, err := parseExpression(text, assetFields, noon)
		if err != nil {
			got := strings.Replace(media.MessageOf(err), "Invalid expression at ", "ERROR ", 1)
			if got != want || media.CodeOf(err) != media.Invalid {
				t.Errorf("line %d: %s\n got %s\nwant %s", n, text, got, want)
			}
			continue
		}
		if got := search.String(e); got != want {
			t.Errorf("line %d: %s\n got %s\nwant %s", n, text, got, want)
			continue
		}
		roundTrip(t, e)
	}
	if cases < 100 {
		t.Errorf("only %d cases", cases)
	}
}

// roundTrip builds a text of a tree, and reads it again.
func roundTrip(t *testing.T, e search.Expr) {
	t.Helper()
	q := search.Query{Where: e}
	if err := q.Validate(); err != nil {
		t.Errorf("%s: %v", search.String(e), err)
	}
	text := buildExpression(e, assetFields)
	again, err := parseExpression(text, assetFields, noon.AddDate(1, 0, 0))
	if err != nil {
		t.Errorf("%s\nbuilt as %s\n%v", search.String(e), text, err)
		return
	}
	if got, want := search.String(again), search.String(e); got != want {
		t.Errorf("built as %s\n got %s\nwant %s", text, got, want)
	}
}

func TestFolderExpressions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"name=testFolder*":           `name="testFolder"*`,
		"base*":                      `(or name:"base"* path:"base"*)`,
		"path:a/*":                   `path:"a/"*`,
		"name:x AND created_at>1d":   `(and name:"x" created_at in (1711800000000000..*)`,
		"tags:a":                     "ERROR",
		"created_at:[2024-01-01 TO]": "ERROR",
	} {
		e, err := parseExpression(text, folderFields, noon)
		got := "ERROR"
		if err == nil {
			got = search.String(e)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func FuzzExpression(f *testing.F) {
	for _, s := range []string{"", "a AND b OR NOT -c", `tags:("a*" OR b)`, "bytes:[1k TO 2k}", `created_at>"2024-01-01T00:00:00Z"`, `a\:b=c\*`, "context.a\\ b:1", "aspect_ratio:\"16:9\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := parseExpression(s, assetFields, noon)
		if err != nil {
			if media.CodeOf(err) != media.Invalid {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		roundTrip(t, e)
	})
}
