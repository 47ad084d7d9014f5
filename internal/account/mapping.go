package account

import (
	"encoding/json"
	"strings"
)

// Mapping is the body of a setting of KindMapping, whose name is the folder:
// what is missing there is read from Template followed by the rest of the name.
type Mapping struct {
	Template string `json:"template"`
}

// Mapped returns the URL that a name is mapped to, with its extension; the
// longest folder that is mapped counts.
func (a *Account) Mapped(name string) (url string, ok bool) {
	if len(a.settings[KindMapping]) == 0 {
		return "", false
	}
	for folder := name; ; {
		i := strings.LastIndexByte(folder, '/')
		if i < 0 {
			return "", false
		}
		folder = folder[:i]
		s, ok := a.Setting(KindMapping, folder)
		if !ok {
			continue
		}
		var m Mapping
		if json.Unmarshal(s.Body, &m) != nil || m.Template == "" {
			return "", false
		}
		return m.Template + escape(name[len(folder)+1:], strings.Contains(m.Template, "?")), true
	}
}

// escape makes a name part of a URL: of its path, or of a value in its query,
// of which no name makes another.
func escape(name string, query bool) string {
	plain := "-_.~!$&'()*+,;=:@/"
	if query {
		plain = "-_.~/"
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(plain, c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}
