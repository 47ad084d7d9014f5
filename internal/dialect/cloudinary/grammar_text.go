package cloudinary

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"tintype/internal/dialect"
	"tintype/internal/media"
	"tintype/internal/transform"
)

var (
	styleText = regexp.MustCompile(`^(.+?)_([0-9]+)((?:_.*)?)$`)
	// inText finds variables in text as it came, where parentheses that
	// belong to the text are encoded.
	inText = regexp.MustCompile(`(?:\$|%24)\(([^()]*)\)`)
)

var weights = map[string]int{
	"thin": 100, "extralight": 200, "light": 300, "normal": 0, "regular": 0, "medium": 500, "semibold": 600, "demibold": 600,
	"bold": 700, "extrabold": 800, "ultrabold": 800, "black": 900, "heavy": 900,
	"100": 100, "200": 200, "300": 300, "400": 0, "500": 500, "600": 600, "700": 700, "800": 800, "900": 900,
}

var aligns = map[string]transform.Align{
	"left": transform.AlignLeft, "center": transform.AlignCenter, "right": transform.AlignRight,
	"justify": transform.AlignJustify, "start": transform.AlignStart, "end": transform.AlignEnd,
}

var (
	antialiases = map[string]transform.Antialias{
		"none": transform.AntialiasNone, "gray": transform.AntialiasGray, "subpixel": "", "fast": "", "good": "", "best": "",
	}
	hintings = map[string]transform.Hinting{
		"none": transform.HintingNone, "slight": transform.HintingSlight, "medium": transform.HintingMedium, "full": transform.HintingFull,
	}
)

// textLayer reads "text:<style>:<text>" as it came, with the parameters of
// its component that are about the text: colours, outline, and the box in
// which it is wrapped.
func (p *chainParser) textLayer(l *layer, raw string, c component, q *qualifiers) ([]string, error) {
	_, rest, _ := cutColon(raw)
	style, content, ok := cutColon(rest)
	if !ok || style == "" || content == "" {
		return nil, invalidLayer(c)
	}
	t := &transform.Text{Color: transform.Black, Loose: q.flags["text_no_trim"]}
	style, err := p.text("l", decodeOnce(style))
	if err != nil {
		return nil, err
	}
	outlined, err := p.style(t, style)
	if err != nil {
		return nil, err
	}
	if err := p.content(t, content, &l.values); err != nil {
		return nil, err
	}
	if q.color != nil {
		t.Color = *q.color
	}
	used := []string{"co"}
	if q.background != nil {
		t.Background = *q.background
		used = append(used, "b")
		for i := range t.Padding {
			t.Padding[i] = transform.Px(textPadding(t.Size))
		}
		q.background = nil
	}
	if v, ok := c.values["bo"]; ok && outlined {
		width, color, err := p.border(v)
		if err != nil {
			return nil, err
		}
		t.Stroke, t.StrokeColor = l.values.number("stroke", width.clamp(0, 200)), color
		used = append(used, "bo")
	}
	if c.values["c"] == "fit" {
		if err := p.wrap(t, c, &l.values); err != nil {
			return nil, err
		}
		used = append(used, "c", "w", "h", "ar")
	}
	l.composite.Strict = q.flags["text_disallow_overflow"]
	l.composite.Layer.Text = t
	return used, nil
}

func invalidLayer(c component) error {
	if v, ok := c.values["u"]; ok {
		return invalidParam("u", v)
	}
	return invalidParam("l", c.values["l"])
}

// cutColon cuts at the first colon, which may be encoded.
func cutColon(raw string) (before, after string, ok bool) {
	before, after, ok = strings.Cut(raw, ":")
	if i := strings.Index(strings.ToUpper(before), "%3A"); i >= 0 {
		return raw[:i], raw[i+3:], true
	}
	return before, after, ok
}

// wrap reads the box in which lines break.
func (p *chainParser) wrap(t *transform.Text, c component, values *bindings) error {
	for _, side := range []struct {
		prefix, field string
		to            *transform.Length
	}{{"w", "wrap", &t.Wrap}, {"h", "height", &t.Height}} {
		v, ok := c.values[side.prefix]
		if !ok {
			continue
		}
		n, err := p.number(side.prefix, v)
		if err != nil {
			return err
		}
		if n.expr == nil && n.value <= 0 {
			return invalidParam(side.prefix, v)
		}
		*side.to = values.length(side.field, n)
	}
	return nil
}

// style reads "<font>_<size>" and the words after it; outlined is the word "stroke".
func (p *chainParser) style(t *transform.Text, style string) (outlined bool, err error) {
	m := styleText.FindStringSubmatch(style)
	if m == nil {
		return false, storedStyle(t, style)
	}
	refused := media.Errorf(media.Invalid, "Invalid text style in transformation: %s", dialect.Quotable(style))
	size, err := strconv.Atoi(m[2])
	font := decodeLoosely(m[1])
	if err != nil || size < 1 || size > maxFontSize {
		return false, media.Errorf(media.Invalid, "Invalid text style in transformation: %s: the size is not from 1 to %d", dialect.Quotable(style), maxFontSize)
	}
	t.Size = float64(size)
	if namedFont(t, font) != nil {
		return false, refused
	}
	list := strings.Split(strings.TrimPrefix(m[3], "_"), "_")
	if m[3] == "" {
		list = nil
	}
	for len(list) > 0 {
		n, ok := styleWord(t, list)
		if !ok {
			return false, refused
		}
		outlined = outlined || list[0] == "stroke"
		list = list[n:]
	}
	return outlined, nil
}

// namedFont sets the font of a text: a family, or a font file of the account.
func namedFont(t *transform.Text, name string) error {
	if !printable(name) || len(name) > 200 {
		return media.Errorf(media.Invalid, "Invalid font %s", dialect.Quotable(name))
	}
	name, _, _ = strings.Cut(name, "@")
	if ext := name[strings.LastIndexByte(name, '.')+1:]; ext != "ttf" && ext != "otf" && ext != "woff2" {
		t.Family = name
		return nil
	}
	t.Family = ""
	t.Font = media.Ref{Kind: media.KindRaw, Access: media.Authenticated, Name: name}
	return validID(name)
}

// maxFontSize is the largest size of a text.
const maxFontSize = 2000

// textPadding is the room around a text of a size that has a background.
func textPadding(size float64) float64 { return math.Round(max(size, 1) / 4) }

// storedStyle names the stored text whose style a text has. In ids, colons
// stand for the slashes that a layer's value cannot hold.
func storedStyle(t *transform.Text, style string) error {
	id := strings.ReplaceAll(decodeLoosely(style), ":", "/")
	if !printable(id) || validID(id) != nil {
		return media.Errorf(media.Invalid, "Invalid text style in transformation: %s", dialect.Quotable(style))
	}
	t.Style = media.Ref{Kind: media.KindImage, Access: media.Drawn, Name: id}
	t.Color = transform.Transparent
	return nil
}

// styleWord reads the word that a list begins with, and returns how many
// items of the list it took.
func styleWord(t *transform.Text, list []string) (int, bool) {
	word := list[0]
	if weight, ok := weights[word]; ok {
		if word != "normal" || t.Weight == 0 {
			t.Weight = weight
		}
		return 1, true
	}
	if align, ok := aligns[word]; ok {
		t.Align = align
		return 1, true
	}
	switch word {
	case "italic":
		t.Italic = true
	case "underline":
		t.Underline = true
	case "strikethrough":
		t.Strike = true
	case "stroke", "none":
	default:
		return styleSetting(t, list)
	}
	return 1, true
}

// styleSetting reads a word with a value.
func styleSetting(t *transform.Text, list []string) (int, bool) {
	at := func(i int) string {
		if i < len(list) {
			return list[i]
		}
		return ""
	}
	switch {
	case at(0) == "antialias":
		v, ok := antialiases[at(1)]
		t.Antialias = v
		return 2, ok
	case at(0) == "hinting":
		v, ok := hintings[at(1)]
		t.Hinting = v
		return 2, ok
	case at(1) != "spacing":
		return 0, false
	}
	n, err := parseNumber("w", at(2))
	if err != nil || math.Abs(n.value) > 1000 {
		return 0, false
	}
	switch at(0) {
	case "letter":
		t.LetterSpacing = n.value
	case "line":
		t.LineSpacing = n.value
	default:
		return 0, false
	}
	return 3, true
}

// content reads the text: encoded twice, with variables in "$(name)".
func (p *chainParser) content(t *transform.Text, raw string, values *bindings) error {
	var parts []transform.Expr
	var b strings.Builder
	last := 0
	known := true
	for _, m := range inText.FindAllStringSubmatchIndex(raw, -1) {
		b.WriteString(decodeLoosely(decodeLoosely(raw[last:m[0]])))
		last = m[1]
		name := raw[m[2]:m[3]]
		if _, ok := variableName("$" + name); !ok {
			b.WriteString(decodeLoosely(decodeLoosely(raw[m[0]:m[1]])))
			continue
		}
		v, err := p.lookup(name)
		if err != nil {
			return err
		}
		if v.known {
			b.WriteString(v.literal)
			continue
		}
		known = false
		parts = append(parts, transform.Str(b.String()), transform.Var(name))
		b.Reset()
	}
	b.WriteString(decodeLoosely(decodeLoosely(raw[last:])))
	whole := b.String()
	for _, s := range append(parts, transform.Str(whole)) {
		if s.Op == transform.ExprString && !legible(s.Text) {
			return media.Errorf(media.Invalid, "Invalid text in transformation: %s", dialect.Quotable(s.Text))
		}
	}
	if known {
		t.Content = whole
		return nil
	}
	parts = append(parts, transform.Str(whole))
	*values = append(*values, transform.Binding{Field: "content", Expr: transform.Calc(transform.ExprJoin, parts...)})
	return nil
}

// legible accepts UTF-8 without control characters but line feeds and tabs.
func legible(s string) bool {
	return utf8.ValidString(s) && len(s) <= 10_000 && strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t'
	}) < 0
}
