package cloudinary

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// longForm is a component in the words of client libraries' options, in the
// order in which it says them.
type longForm []setting

// optionNames are the options' names where they are not those of params with
// "_" for " ".
var optionNames = map[string]string{
	"f": "fetch_format", "fl": "flags", "if": "if", "t": "transformation", "p": "prefix", "fn": "custom_function",
}

// MarshalJSON implements json.Marshaler: numbers are numbers.
func (l longForm) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, one := range l {
		if i > 0 {
			b.WriteByte(',')
		}
		text, _ := one.value.(string)
		value, err := json.Marshal(text)
		if n, bad := strconv.ParseFloat(text, 64); bad == nil && n == n && json.Valid([]byte(text)) {
			value = []byte(text)
		}
		if err != nil {
			return nil, err
		}
		b.Write(append(strconv.AppendQuote(nil, one.name), ':'))
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// explain takes a transformation apart into its components' parameters.
func explain(text string) []longForm {
	components := strings.Split(text, "/")
	out := []longForm{}
	for i, component := range components {
		last := i == len(components)-1 && i > 0
		if last && !strings.ContainsAny(component, "_$") {
			format := component
			if format == "" {
				format = "none"
			}
			out[len(out)-1] = append(out[len(out)-1], setting{"extension", format})
			break
		}
		form := longForm{}
		for part := range strings.SplitSeq(component, ",") {
			prefix, value, ok := strings.Cut(part, "_")
			switch p, known := params[prefix]; {
			case !ok:
				form = append(form, setting{"raw_transformation", part})
			case optionNames[prefix] != "":
				form = append(form, setting{optionNames[prefix], value})
			case known:
				form = append(form, setting{strings.ReplaceAll(p.name, " ", "_"), value})
			default: // a variable
				form = append(form, setting{prefix, value})
			}
		}
		out = append(out, form)
	}
	return out
}
