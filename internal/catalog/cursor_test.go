package catalog

import (
	"strings"
	"testing"
	"unicode/utf8"

	"tintype/internal/media"
)

func FuzzCursor(f *testing.F) {
	f.Add("", int64(0), "name", "id")
	f.Add(formatCursor(cursorCreated, position{at: 1, id: "x"}), int64(-1), "", "\u00e4")
	f.Add(formatCursor(cursorName, position{name: "<&>", id: "x"}), int64(1<<62), "\xff", "\x00")
	f.Fuzz(func(t *testing.T, junk string, at int64, name, id string) {
		for _, kind := range []cursorKind{cursorCreated, cursorName, cursorRenditions} {
			p, err := parseCursor(kind, junk)
			if err != nil && media.CodeOf(err) != media.Invalid {
				t.Fatalf("error %v, want invalid", err)
			}
			if err == nil && formatCursor(kind, p) != junk {
				t.Fatalf("%q is read as %+v, which is written %q", junk, p, formatCursor(kind, p))
			}
		}
		if checkKey("id", id) != nil || checkText("name", name) != nil {
			return
		}
		if p, err := parseCursor(cursorCreated, formatCursor(cursorCreated, position{at: at, id: id})); err != nil || p.at != at || p.id != id {
			t.Fatalf("%d, %q came back as %+v, %v", at, id, p, err)
		}
		if p, err := parseCursor(cursorName, formatCursor(cursorName, position{name: name, id: id})); err != nil || p.name != name || p.id != id {
			t.Fatalf("%q, %q came back as %+v, %v", name, id, p, err)
		}
	})
}

func FuzzSuccessor(f *testing.F) {
	f.Add("a", "ab")
	f.Add("\uD7FF", "\uE000")
	f.Add("a\U0010FFFF", "b")
	f.Fuzz(func(t *testing.T, prefix, s string) {
		if !utf8.ValidString(prefix) || !utf8.ValidString(s) || prefix == "" {
			return
		}
		end := successor(prefix)
		if !utf8.ValidString(end) {
			t.Fatalf("successor of %q is %q", prefix, end)
		}
		in := s >= prefix && (end == "" || s < end)
		if in != strings.HasPrefix(s, prefix) {
			t.Fatalf("%q in [%q, %q) is %v", s, prefix, end, in)
		}
	})
}
