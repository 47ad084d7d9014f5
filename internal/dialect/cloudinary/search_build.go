package cloudinary

import (
	"strconv"
	"strings"
	"time"

	"tintype/internal/search"
)

// buildExpression writes an expression that parseExpression understands as
// the same. It is the inverse for trees that the parser makes.
func buildExpression(e search.Expr, v vocabulary) string {
	b := builder{v: v, wires: map[string]string{}}
	for wire, name := range v.names {
		if old, ok := b.wires[name]; !ok || wire < old {
			b.wires[name] = wire
		}
	}
	return b.expr(e)
}

type builder struct {
	v     vocabulary
	wires map[string]string
}

func (b builder) expr(e search.Expr) string {
	switch e := e.(type) {
	case search.And:
		return b.list(e, " AND ")
	case search.Or:
		return b.list(e, " OR ")
	case search.Not:
		return "NOT (" + b.expr(e.Of) + ")"
	case search.Contains:
		if e.Field == "" {
			return quote(e.Text, e.Prefix)
		}
		return b.field(e.Field) + ":" + quote(b.value(e.Field, e.Text), e.Prefix)
	case search.Equals:
		return b.field(e.Field) + "=" + quote(b.value(e.Field, e.Text), e.Prefix)
	case search.Present:
		return b.field(e.Field) + ":*"
	case search.Range:
		return b.between(e)
	}
	return "*"
}

func (b builder) list(of []search.Expr, word string) string {
	parts := make([]string, len(of))
	for i, e := range of {
		parts[i] = "(" + b.expr(e) + ")"
	}
	return strings.Join(parts, word)
}

func (b builder) field(name string) string {
	wire, ok := b.wires[name]
	if family, key, dotted := strings.Cut(name, "."); !ok && dotted {
		for w, f := range b.v.families {
			if f == family {
				wire = w + "." + key
			}
		}
	}
	var out strings.Builder
	for _, r := range wire {
		if strings.ContainsRune(reserved+"*|-+", r) || r <= ' ' || r > '~' {
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
	return out.String()
}

// value gives a value the vendor's word.
func (b builder) value(field, text string) string {
	if field == "access" {
		for wire, access := range accesses {
			if string(access) == text {
				return wire
			}
		}
	}
	return text
}

func quote(text string, star bool) string {
	end := `"`
	if star {
		end = `*"`
	}
	return `"` + strings.NewReplacer(`"`, `\"`, `*`, `\*`, `\`, `\\`).Replace(text) + end
}

func (b builder) between(r search.Range) string {
	kind, _ := search.TypeOf(r.Field)
	show := func(bound *search.Bound) string {
		if bound == nil {
			return "*"
		}
		if kind == search.Time {
			return `"` + time.UnixMicro(int64(bound.Value)).UTC().Format("2006-01-02T15:04:05.000000Z07:00") + `"`
		}
		return strconv.FormatFloat(bound.Value, 'f', -1, 64)
	}
	from, to := "[", "]"
	if r.Min != nil && r.Min.Open {
		from = "{"
	}
	if r.Max != nil && r.Max.Open {
		to = "}"
	}
	return b.field(r.Field) + ":" + from + show(r.Min) + " TO " + show(r.Max) + to
}
