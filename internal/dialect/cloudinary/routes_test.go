package cloudinary

import (
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	const id = "0123456789abcdef0123456789abcdef"
	for line, want := range map[string]string{
		"ping ping":                                  "||",
		"ping pong":                                  "no",
		"ping ping/x":                                "no",
		"{rt}/upload auto/upload":                    "||",
		"{kind}/explicit auto/explicit":              "no",
		"{kind}/explicit image/explicit":             "image||",
		"a/{type} a/private":                         "|private|",
		"a/{type} a/secret":                          "no",
		"r/{asset} r/" + id:                          "||" + id,
		"r/{asset} r/x":                              "no",
		"f/{name} f/a%2Fb":                           "||a/b",
		"f/{name} f/a/b":                             "no",
		"f/{name}/x f/a/x":                           "||a",
		"f/{id...} f/a%2Fb/c%20d":                    "||a/b/c d",
		"f/{id...} f":                                "no",
		"f/{id...} f/%zz":                            "no",
		"f/{id...} f/a/%00":                          "no",
		"f/{id...} f/%ff":                            "no",
		"f/{name} f/%00":                             "no",
		"r/{kind}/{type}/{id...} r/raw/upload/a.txt": "raw|public|a.txt",
	} {
		pattern, path, _ := strings.Cut(line, " ")
		n, ok := match(pattern, strings.Split(path, "/"))
		got := "no"
		if ok {
			got = string(n.kind) + "|" + string(n.access) + "|" + n.id
		}
		if got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}
