package cloudinary

import (
	"strings"

	"tintype/internal/transform"
)

// page is the stage of pg_: "3", "2-5;7;10-", "name:a;b".
func (p *chainParser) page(c component, _ *qualifiers) error {
	value, ok := c.values["pg"]
	if !ok {
		return nil
	}
	value, err := p.text("pg", value)
	if err != nil {
		return err
	}
	if names, ok := strings.CutPrefix(value, "name:"); ok {
		step := transform.Page{}
		for _, name := range strings.FieldsFunc(names, func(r rune) bool { return r == ';' || r == ':' }) {
			if !printable(name) || len(name) > 255 || len(step.Names) == 100 {
				return invalidParam("pg", value)
			}
			step.Names = append(step.Names, name)
		}
		if len(step.Names) == 0 {
			return invalidParam("pg", value)
		}
		p.push(step)
		return nil
	}
	if strings.HasPrefix(value, "embedded:") {
		return unsupportedParam("pg_" + value)
	}
	step := transform.Page{}
	for _, part := range strings.Split(value, ";") {
		r, ok := pageRange(part)
		if !ok || len(step.Ranges) == 100 {
			return invalidParam("pg", value)
		}
		step.Ranges = append(step.Ranges, r)
	}
	p.push(step)
	return nil
}

func pageRange(text string) (r transform.PageRange, ok bool) {
	first, last, isRange := strings.Cut(text, "-")
	n, err := parseInt("pg", first)
	if err != nil || n < 1 {
		return r, false
	}
	r = transform.PageRange{First: n, Last: n}
	if !isRange {
		return r, true
	}
	if last == "" {
		r.Last = 0
		return r, true
	}
	m, err := parseInt("pg", last)
	r.Last = m
	return r, err == nil && m >= n
}
