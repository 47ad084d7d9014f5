package library

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNamesInArchives(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("日", 100)
	for _, c := range []struct{ in, want []string }{
		{[]string{"a.jpg", "a.jpg", "a.jpg"}, []string{"a.jpg", "a_1.jpg", "a_2.jpg"}},
		{[]string{"a.jpg", "A.JPG"}, []string{"a.jpg", "A_1.JPG"}},
		{[]string{"../../etc/passwd"}, []string{"_/_/etc/passwd"}},
		{[]string{"/etc/passwd"}, []string{"etc/passwd"}},
		{[]string{`..\..\boot.ini`, `C:\x.exe`}, []string{`.._.._boot.ini`, `C__x.exe`}},
		{[]string{"a//b/./c"}, []string{"a/b/_/c"}},
		{[]string{"con.jpg", "NUL", "com1.tar.gz", "console.jpg"}, []string{"_con.jpg", "_NUL", "_com1.tar.gz", "console.jpg"}},
		{[]string{"a\x00b\nc.jpg", "e\u202egpj.exe"}, []string{"abc.jpg", "egpj.exe"}},
		{[]string{"end. ", "dots...", " begin"}, []string{"end", "dots", "begin"}},
		{[]string{"a", "a/b", "a/c"}, []string{"a", "a_1/b", "a_1/c"}},
		{[]string{"a/b", "a", "A"}, []string{"a/b", "a_1", "A_2"}},
		{[]string{"..", ".", ""}, []string{"_", "._1", "_1"}},
		{[]string{"\xff\xfe.jpg"}, []string{"_.jpg"}},
		{[]string{long + ".jpg", long + ".jpg"}, []string{strings.Repeat("日", 83) + ".jpg", strings.Repeat("日", 83) + "_1.jpg"}},
		{[]string{"https://x.test/a?b=c.png"}, []string{"https_/x.test/a_b=c.png"}},
	} {
		n := newNames()
		var got []string
		for _, in := range c.in {
			ext := ""
			if strings.HasSuffix(in, ".jpg") || strings.HasSuffix(in, ".JPG") {
				in, ext = in[:len(in)-4], in[len(in)-4:]
			}
			got = append(got, n.unique(in, ext))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q\n got %q\nwant %q", c.in, got, c.want)
		}
	}
}

func FuzzNamesInArchives(f *testing.F) {
	f.Add("a/b", "../x", "con")
	f.Add("a", "a/b", "A")
	f.Add("", "\x00", "..")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		n := newNames()
		seen := map[string]bool{}
		folders := map[string]bool{}
		for _, in := range []string{a, b, c, a} {
			name := n.unique(in, ".x")
			if name == "" || name[0] == '/' || !utf8.ValidString(name) || strings.ContainsAny(name, "\\:\x00\n") {
				t.Fatalf("%q became %q", in, name)
			}
			parts := strings.Split(name, "/")
			for i, part := range parts {
				if part == "" || part == "." || part == ".." || len(part) > maxPart+8 {
					t.Fatalf("%q became %q", in, name)
				}
				if i > 0 {
					folders[fold(strings.Join(parts[:i], "/"))] = true
				}
			}
			if seen[fold(name)] {
				t.Fatalf("%q became %q, which is taken", in, name)
			}
			seen[fold(name)] = true
		}
		for name := range seen {
			if folders[name] {
				t.Fatalf("%q is file and folder, of %q %q %q", name, a, b, c)
			}
		}
	})
}
