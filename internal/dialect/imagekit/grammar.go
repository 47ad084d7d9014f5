package imagekit

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"tintype/internal/dialect"
	"tintype/internal/media"
)

const (
	// maxText bounds the text of a transformation, in bytes.
	maxText = 8 << 10
	// maxTokens bounds its parameters.
	maxTokens = 500
	// maxNesting bounds layers in layers; conditions count too.
	maxNesting = 3
)

// chain is a transformation taken apart: steps between colons.
type chain []step

// step is one step: parameters between commas.
type step []token

// token is one parameter, or a block. Values are as they were written, still
// percent-encoded.
type token struct {
	// key is what stands before the first "-"; of an effect the name belongs
	// to it ("e-sharpen").
	key, value string
	layer      *layerBlock
	cond       *condBlock
}

// layerBlock is what stands between "l-<kind>" and "l-end".
type layerBlock struct {
	kind string
	body chain
}

// condBlock is what stands between "if-<cond>" and "if-end".
type condBlock struct {
	cond    string
	then    chain
	other   chain
	hasElse bool
}

var layerKinds = words("image text video subtitles subtitle")

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// parseChain takes the raw text of a transformation apart. Errors are Invalid.
func parseChain(text string) (chain, error) {
	if len(text) > maxText {
		return nil, &media.Error{
			Code: media.Invalid, Message: "The transformation is too long",
			Err: &media.LimitError{What: "transformation", Max: maxText, Got: int64(len(text))},
		}
	}
	p := splitter{rest: strings.TrimPrefix(text, "tr:"), more: true}
	c, end, err := p.chain("", 0)
	if err == nil && end != "" {
		err = invalid(end)
	}
	return c, err
}

// splitter goes through the tokens of a text.
type splitter struct {
	rest   string
	more   bool // a token follows, be it empty
	sep    byte // that stood before it
	tokens int
}

func (p *splitter) next() string {
	i := strings.IndexAny(p.rest, ",:")
	tok := p.rest
	if p.more = i >= 0; p.more {
		tok, p.sep, p.rest = p.rest[:i], p.rest[i], p.rest[i+1:]
	}
	return tok
}

// chain reads up to a token that ends the block that opened with the given
// one, and returns that.
func (p *splitter) chain(opened string, depth int) (c chain, end string, err error) {
	var cur step
	flush := func() {
		if len(cur) > 0 {
			c, cur = append(c, cur), nil
		}
	}
	p.sep = ','
	for p.more {
		sep := p.sep
		tok := p.next()
		if sep == ':' {
			flush()
		}
		if p.tokens++; p.tokens > maxTokens {
			return nil, "", tooMany("parameters", maxTokens, p.tokens)
		}
		switch {
		case tok == "", tok[0] == '-': // no key
		case tok == "l-end" || tok == "if-else" || tok == "if-end":
			if (tok == "l-end") != strings.HasPrefix(opened, "l-") || opened == "" {
				return nil, "", invalid(tok)
			}
			flush()
			return c, tok, nil
		case strings.HasPrefix(tok, "l-") && layerKinds[tok[2:]], strings.HasPrefix(tok, "if-"):
			t, err := p.block(tok, depth)
			if err != nil {
				return nil, "", err
			}
			cur = append(cur, t)
		default:
			cur = append(cur, splitToken(tok))
		}
	}
	if opened != "" {
		return nil, "", media.Errorf(media.Invalid, "Invalid transformation: %s is not closed", dialect.Quotable(opened))
	}
	flush()
	return c, "", nil
}

// block reads a layer or a condition up to its end.
func (p *splitter) block(opened string, depth int) (token, error) {
	if depth >= maxNesting {
		return token{}, tooMany("nested blocks", maxNesting, depth+1)
	}
	body, end, err := p.inner(opened, depth)
	if err != nil {
		return token{}, err
	}
	if kind, ok := strings.CutPrefix(opened, "l-"); ok {
		return token{layer: &layerBlock{kind, body}}, nil
	}
	b := &condBlock{cond: opened[len("if-"):], then: body, hasElse: end == "if-else"}
	if b.hasElse {
		if b.other, end, err = p.inner(opened, depth); err != nil {
			return token{}, err
		}
	}
	if end != "if-end" {
		return token{}, invalid(end)
	}
	return token{cond: b}, nil
}

// inner reads a block's own chain and leaves the separator after its end as
// the one before what follows.
func (p *splitter) inner(opened string, depth int) (chain, string, error) {
	return p.chain(opened, depth+1)
}

func splitToken(tok string) token {
	key, value, _ := strings.Cut(tok, "-")
	if key == "e" {
		name, rest, _ := strings.Cut(value, "-")
		return token{key: "e-" + name, value: rest}
	}
	return token{key: key, value: value}
}

// String writes a chain as parseChain reads it.
func (c chain) String() string {
	var b strings.Builder
	for i, s := range c {
		if i > 0 {
			b.WriteByte(':')
		}
		for j, t := range s {
			if j > 0 {
				b.WriteByte(',')
			}
			b.WriteString(t.String())
		}
	}
	return b.String()
}

// String writes one parameter or block.
func (t token) String() string {
	switch {
	case t.layer != nil:
		return join("l-"+t.layer.kind, t.layer.body.String(), "l-end")
	case t.cond != nil && t.cond.hasElse:
		return join("if-"+t.cond.cond, t.cond.then.String(), "if-else", t.cond.other.String(), "if-end")
	case t.cond != nil:
		return join("if-"+t.cond.cond, t.cond.then.String(), "if-end")
	case t.value == "":
		return t.key
	}
	return t.key + "-" + t.value
}

// join leaves empty parts out.
func join(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		if p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(p)
	}
	return b.String()
}

// decoded undoes the percent-encoding of a value.
func (t token) decoded() (string, error) {
	v, err := url.PathUnescape(t.value)
	if err != nil || !utf8.ValidString(v) || strings.IndexByte(v, 0) >= 0 {
		return "", invalid(t.String())
	}
	return v, nil
}

// slashes reads "@@" as "/", as paths in values are written.
func slashes(v string) string { return strings.ReplaceAll(v, "@@", "/") }

func invalid(component string) error {
	return media.Errorf(media.Invalid, "Invalid transformation: %s", dialect.Quotable(component))
}

func unsupported(component string) error {
	return media.Errorf(media.Unsupported, "Unsupported transformation: %s", dialect.Quotable(component))
}

func tooMany(what string, most, got int) error {
	e := media.Errorf(media.Invalid, "The transformation has more than %d %s", most, what)
	e.Err = &media.LimitError{What: what, Max: int64(most), Got: int64(got)}
	return e
}
