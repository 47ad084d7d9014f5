package cloudinary

import (
	"encoding/json"
	"strconv"
	"strings"
)

// optionNames are the options' names where they are not those of params with
// "_" for " ".
var optionNames = map[string]string{
	"f": "fetch_format", "fl": "flags", "if": "if", "t": "transformation", "p": "prefix", "fn": "custom_function",
}

// optionValue is what an option holds: a number where it reads as one.
func optionValue(text string) any {
	if n, err := strconv.ParseFloat(text, 64); err == nil && n == n && json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return text
}

// explain takes a transformation apart into its components, each in the words
// of client libraries' options, in the order in which it says them.
func explain(text string) []settings {
	components := strings.Split(text, "/")
	out := []settings{}
	for i, component := range components {
		last := i == len(components)-1 && i > 0
		if last && !strings.ContainsAny(component, "_$") {
			format := component
			if format == "" {
				format = "none"
			}
			out[len(out)-1] = append(out[len(out)-1], setting{"extension", optionValue(format)})
			break
		}
		form := settings{}
		for part := range strings.SplitSeq(component, ",") {
			prefix, value, ok := strings.Cut(part, "_")
			switch p, known := params[prefix]; {
			case !ok:
				form = append(form, setting{"raw_transformation", optionValue(part)})
			case optionNames[prefix] != "":
				form = append(form, setting{optionNames[prefix], optionValue(value)})
			case known:
				form = append(form, setting{strings.ReplaceAll(p.name, " ", "_"), optionValue(value)})
			default: // a variable
				form = append(form, setting{prefix, optionValue(value)})
			}
		}
		out = append(out, form)
	}
	return out
}
