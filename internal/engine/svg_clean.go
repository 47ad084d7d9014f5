package engine

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"tintype/internal/media"
)

// What a drawing may hold.
const (
	svgBytes    = 10 << 20
	svgElements = 100_000 // also when everything that is used is counted where it is used
	svgDepth    = 256
)

// svgDropped are elements that are left out with all that is in them: they
// run, embed or fetch something, or move.
var svgDropped = []string{
	"script", "foreignObject", "iframe", "object", "embed", "audio", "video", "canvas", "include", "handler", "listener",
	"animate", "animateColor", "animateMotion", "animateTransform", "set", "discard", "mpath",
}

// svgNode is what is kept of an element to count what using it costs.
type svgNode struct {
	refs     []string // the fragments that it draws
	children []*svgNode
	state    int // 1 being counted, 2 counted
	cost     int
}

type svgCleaner struct {
	out      bytes.Buffer
	stack    []string
	nodes    []*svgNode
	ids      map[string]*svgNode
	elements int
	pixels   int64 // of embedded pictures, together
	dropping int   // depth below the element that is being left out
	style    bool  // the text is a style sheet
}

// cleanSVG is a drawing without what could run, reach out or blow up: no
// document type, instructions, scripts or handlers, and no reference but to
// its own parts and to embedded pictures. It is written anew, so that nothing
// gets through that was not understood. A drawing over the limits, with
// entities of its own or that is no well-formed XML is an Invalid error.
func cleanSVG(b []byte) ([]byte, error) {
	if len(b) > svgBytes {
		return nil, tooLarge("bytes", svgBytes, int64(len(b)), "SVG is too large: %d bytes, the maximum is %d", len(b), svgBytes)
	}
	c := &svgCleaner{ids: map[string]*svgNode{}}
	d := xml.NewDecoder(bytes.NewReader(decodeText(b)))
	d.CharsetReader = svgCharset
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = c.token(t)
		}
		if err != nil {
			return nil, svgError(err)
		}
	}
	if len(c.stack) > 0 || c.elements == 0 {
		return nil, malformed("svg", "it ends early")
	}
	return c.out.Bytes(), c.count()
}

func svgError(err error) error {
	var known *media.Error
	if errors.As(err, &known) {
		return err
	}
	return &media.Error{Code: media.Invalid, Op: "svg", Message: "Image is not a valid svg file: it is not well-formed", Err: err}
}

// svgCharset reads what is not UTF-8. UTF-16 was converted before.
func svgCharset(name string, r io.Reader) (io.Reader, error) {
	switch strings.ToLower(name) {
	case "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii":
		return r, nil
	case "iso-8859-1", "latin1", "windows-1252":
		b, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		text := make([]rune, len(b))
		for i, v := range b {
			text[i] = rune(v)
		}
		return strings.NewReader(string(text)), nil
	}
	return nil, media.Errorf(media.Invalid, "SVG is written in the unknown encoding %.40q", name)
}

func (c *svgCleaner) token(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		return c.start(t)
	case xml.EndElement:
		return c.end(t)
	case xml.CharData:
		if c.dropping > 0 || len(c.stack) == 0 {
			return nil
		}
		text := string(t)
		if c.style {
			text = svgStyle(text)
		}
		return xml.EscapeText(&c.out, []byte(text))
	case xml.Directive:
		if bytes.Contains(bytes.ToUpper(t), []byte("ENTITY")) {
			return malformed("svg", "it defines entities")
		}
	}
	return nil
}

func qualified(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

func (c *svgCleaner) start(t xml.StartElement) error {
	if c.elements++; c.elements > svgElements {
		return tooLarge("elements", svgElements, int64(c.elements), "SVG has too many elements: the maximum is %d", svgElements)
	}
	name := qualified(t.Name)
	if len(c.stack) == 0 && (c.elements > 1 || t.Name.Local != "svg") {
		return malformed("svg", "it is another document")
	}
	c.stack = append(c.stack, name)
	if len(c.stack) > svgDepth {
		return tooLarge("depth", svgDepth, int64(len(c.stack)), "SVG is nested too deeply: the maximum is %d", svgDepth)
	}
	if c.dropping > 0 || slices.Contains(svgDropped, t.Name.Local) {
		c.dropping++
		return nil
	}
	node := &svgNode{}
	if len(c.nodes) > 0 {
		parent := c.nodes[len(c.nodes)-1]
		parent.children = append(parent.children, node)
	}
	c.nodes = append(c.nodes, node)
	c.style = t.Name.Local == "style"
	c.out.WriteString("<" + name)
	for _, a := range t.Attr {
		if v, keep := c.attribute(node, t.Name.Local, a); keep {
			c.out.WriteString(" " + qualified(a.Name) + `="`)
			if err := xml.EscapeText(&c.out, []byte(v)); err != nil {
				return err
			}
			c.out.WriteByte('"')
		}
	}
	c.out.WriteByte('>')
	return nil
}

func (c *svgCleaner) end(t xml.EndElement) error {
	name := qualified(t.Name)
	if len(c.stack) == 0 || c.stack[len(c.stack)-1] != name {
		return fmt.Errorf("element %.40q ends where it did not begin", name)
	}
	c.stack = c.stack[:len(c.stack)-1]
	if c.dropping > 0 {
		c.dropping--
		return nil
	}
	c.style = false
	root := c.nodes[0]
	c.nodes = c.nodes[:len(c.nodes)-1]
	if len(c.nodes) == 0 {
		c.ids[""] = root // no id is empty
	}
	c.out.WriteString("</" + name + ">")
	return nil
}

// attribute decides on one attribute and notes what it refers to.
func (c *svgCleaner) attribute(node *svgNode, element string, a xml.Attr) (string, bool) {
	v := strings.TrimSpace(a.Value)
	local := a.Name.Local
	switch {
	case strings.HasPrefix(strings.ToLower(local), "on"), a.Name.Space == "xml" && local == "base":
		return "", false
	case local == "id" && v != "":
		if c.ids[v] == nil {
			c.ids[v] = node
		}
	case local == "href" || local == "src":
		if strings.HasPrefix(v, "#") {
			if element != "a" {
				node.refs = append(node.refs, v[1:])
			}
			return v, true
		}
		return v, (element == "image" || element == "feImage") && c.picture(v)
	case strings.HasPrefix(a.Name.Space, "xmlns") || local == "xmlns":
		return a.Value, true
	}
	if local == "style" || strings.Contains(strings.ToLower(v), "url") || strings.ContainsRune(v, '\\') {
		v = svgStyle(a.Value)
		for _, m := range svgURL.FindAllStringSubmatch(v, -1) {
			if target := strings.Trim(m[1], " \t\r\n\"'"); strings.HasPrefix(target, "#") {
				node.refs = append(node.refs, target[1:])
			}
		}
		return v, v != ""
	}
	return a.Value, true
}

var (
	svgURL    = regexp.MustCompile(`(?i)url\s*\(([^)]*)\)?`)
	svgImport = regexp.MustCompile(`(?i)@(import|charset|namespace|font-face)[^;{]*(;|\{[^}]*\}|$)`)
)

// svgStyle is a piece of style sheet that refers to nothing but the drawing's
// own parts. One with escapes, which could spell anything, is left out.
func svgStyle(s string) string {
	if strings.ContainsRune(s, '\\') {
		return ""
	}
	for at := 0; strings.Contains(s[at:], "/*"); {
		i := at + strings.Index(s[at:], "/*")
		n := strings.Index(s[i+2:], "*/")
		if n < 0 {
			s = s[:i]
			break
		}
		s, at = s[:i]+" "+s[i+2+n+2:], i
	}
	s = svgImport.ReplaceAllString(s, "")
	return svgURL.ReplaceAllStringFunc(s, func(u string) string {
		target := strings.Trim(svgURL.FindStringSubmatch(u)[1], " \t\r\n\"'")
		if strings.HasPrefix(target, "#") {
			return u
		}
		return "none"
	})
}

// picture reports that a reference is an embedded picture within the limits.
func (c *svgCleaner) picture(ref string) bool {
	rest, ok := strings.CutPrefix(ref, "data:")
	if !ok {
		return false
	}
	kind, body, ok := strings.Cut(rest, ",")
	if !ok || !strings.HasSuffix(strings.TrimSpace(kind), ";base64") {
		return false
	}
	clean := strings.NewReplacer(" ", "", "\n", "", "\r", "", "\t", "").Replace(body)
	b, err := base64.StdEncoding.DecodeString(clean)
	if err != nil {
		if b, err = base64.RawStdEncoding.DecodeString(clean); err != nil {
			return false
		}
	}
	h, err := readHeader(bytes.NewReader(b), int64(len(b)))
	if err != nil || !slices.Contains([]string{"png", "jpeg", "gif", "webp"}, h.Format) {
		return false
	}
	lim := Limits{}.withDefaults()
	c.pixels += int64(h.Width) * int64(h.Height)
	return lim.check(h) == nil && c.pixels <= lim.Pixels
}

// count adds up what the drawing costs when everything is drawn where it is
// used, which a few nested uses can multiply beyond all bounds.
func (c *svgCleaner) count() error {
	n, err := c.cost(c.ids[""], 0)
	if err == nil && n > svgElements {
		err = tooLarge("elements", svgElements, int64(n), "SVG uses its parts too often: the maximum is %d elements", svgElements)
	}
	return err
}

func (c *svgCleaner) cost(node *svgNode, depth int) (int, error) {
	if node == nil || node.state == 2 {
		if node == nil {
			return 0, nil
		}
		return node.cost, nil
	}
	if node.state == 1 || depth > 4*svgDepth {
		return 0, malformed("svg", "a part of it uses itself")
	}
	node.state = 1
	sum := 1
	for _, child := range node.children {
		n, err := c.cost(child, depth+1)
		if err != nil {
			return 0, err
		}
		sum = min(sum+n, svgElements+1)
	}
	for _, ref := range node.refs {
		n, err := c.cost(c.ids[ref], depth+1)
		if err != nil {
			return 0, err
		}
		sum = min(sum+n, svgElements+1)
	}
	node.state, node.cost = 2, sum
	return sum, nil
}
