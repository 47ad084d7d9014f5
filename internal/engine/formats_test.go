package engine

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// bmpOf writes a picture as a BMP file in one of many ways.
type bmpOf struct {
	bits        int
	compression uint32
	headerLen   int // 12, 40 or 124
	topDown     bool
	masks       [4]uint32
	palette     color.Palette
}

// body is the info header, the palette and the pixels; extra heights are
// added to what the header says, as icons do.
func (o bmpOf) body(im *image.NRGBA, extra int) (b []byte, pixels int) {
	w, h := im.Rect.Dx(), im.Rect.Dy()
	le := binary.LittleEndian
	if o.headerLen == 12 {
		b = le.AppendUint32(b, 12)
		for _, v := range []int{w, h + extra, 1, o.bits} {
			b = le.AppendUint16(b, uint16(v))
		}
	} else {
		said := int32(h + extra)
		if o.topDown {
			said = -said
		}
		b = le.AppendUint32(b, uint32(o.headerLen))
		b = le.AppendUint32(b, uint32(w))
		b = le.AppendUint32(b, uint32(said))
		b = le.AppendUint16(b, 1)
		b = le.AppendUint16(b, uint16(o.bits))
		b = le.AppendUint32(b, o.compression)
		b = append(b, make([]byte, 12)...)
		b = le.AppendUint32(b, uint32(len(o.palette)))
		b = le.AppendUint32(b, 0)
		if o.headerLen == 124 || o.compression != 0 && o.bits >= 16 {
			for i, m := range o.masks {
				if o.headerLen == 124 || i < 3 || o.compression == 6 {
					b = le.AppendUint32(b, m)
				}
			}
		}
		if o.headerLen == 124 {
			b = append(b, make([]byte, 124-len(b))...)
		}
	}
	for _, c := range o.palette {
		r, g, bl, _ := c.RGBA()
		b = append(b, byte(bl>>8), byte(g>>8), byte(r>>8))
		if o.headerLen != 12 {
			b = append(b, 0)
		}
	}
	pixels = len(b)
	for i := range h {
		y := h - 1 - i
		if o.topDown {
			y = i
		}
		b = append(b, o.row(im, y)...)
	}
	if o.compression == 1 || o.compression == 2 {
		b = append(b, 0, 1)
	}
	return b, pixels
}

func (o bmpOf) row(im *image.NRGBA, y int) (row []byte) {
	w := im.Rect.Dx()
	index := func(x int) byte { return byte(o.palette.Index(im.NRGBAAt(x, y))) }
	switch {
	case o.compression == 1: // a run, then pixels as they are
		row = append(row, 2, index(0), 0, byte(w-2))
		for x := 2; x < w; x++ {
			row = append(row, index(x))
		}
		if w%2 == 1 {
			row = append(row, 0)
		}
		return append(row, 0, 0)
	case o.compression == 2:
		for x := 0; x < w; x += 2 {
			row = append(row, byte(min(2, w-x)), index(x)<<4|index(min(w-1, x+1)))
		}
		return append(row, 0, 0)
	}
	acc, n := 0, 0
	for x := range w {
		c := im.NRGBAAt(x, y)
		switch o.bits {
		case 24:
			row = append(row, c.B, c.G, c.R)
		case 16, 32:
			v := uint32(0)
			for i, part := range []byte{c.R, c.G, c.B, c.A} {
				m := o.masks[i]
				if m == 0 {
					continue
				}
				low := m & -m
				v |= (uint32(part)*(m/low) + 127) / 255 * low
			}
			row = binary.LittleEndian.AppendUint32(row, v)[:len(row)+o.bits/8]
		default:
			acc, n = acc<<o.bits|int(index(x)), n+o.bits
			if n == 8 {
				row, acc, n = append(row, byte(acc)), 0, 0
			}
		}
	}
	if n > 0 {
		row = append(row, byte(acc<<(8-n)))
	}
	for len(row)%4 != 0 {
		row = append(row, 0)
	}
	return row
}

func (o bmpOf) file(im *image.NRGBA) []byte {
	body, pixels := o.body(im, 0)
	b := binary.LittleEndian.AppendUint32([]byte("BM"), uint32(14+len(body)))
	b = binary.LittleEndian.AppendUint32(append(b, 0, 0, 0, 0), uint32(14+pixels))
	return append(b, body...)
}

var fourColours = color.Palette{color.NRGBA{220, 30, 40, 255}, color.NRGBA{20, 190, 60, 255}, color.NRGBA{30, 60, 220, 255}, color.NRGBA{240, 220, 20, 255}}

const classic, fields = 40, 124

func bitmapCases() map[string]bmpOf {
	usual := [4]uint32{0xFF0000, 0xFF00, 0xFF, 0}
	return map[string]bmpOf{
		"1 bit":           {bits: 1, headerLen: classic, palette: fourColours[:2]},
		"4 bits":          {bits: 4, headerLen: classic, palette: fourColours},
		"8 bits":          {bits: 8, headerLen: classic, palette: fourColours},
		"8 bits of OS/2":  {bits: 8, headerLen: 12, palette: append(fourColours[:4:4], make(color.Palette, 0)...)},
		"8 bits in runs":  {bits: 8, compression: 1, headerLen: classic, palette: fourColours},
		"4 bits in runs":  {bits: 4, compression: 2, headerLen: classic, palette: fourColours},
		"16 bits":         {bits: 16, headerLen: classic, masks: [4]uint32{0x7C00, 0x3E0, 0x1F, 0}},
		"16 bits, fields": {bits: 16, compression: 3, headerLen: classic, masks: [4]uint32{0xF800, 0x7E0, 0x1F, 0}},
		"24 bits":         {bits: 24, headerLen: classic},
		"24 bits, down":   {bits: 24, headerLen: classic, topDown: true},
		"32 bits":         {bits: 32, headerLen: classic, masks: usual},
		"32 bits, fields": {bits: 32, compression: 3, headerLen: fields, masks: [4]uint32{0xFF, 0xFF00, 0xFF0000, 0xFF000000}},
	}
}

// stepped is a field as pixels have it.
func stepped(f field) field {
	return func(x, y float64) rgba { return f(math.Floor(x)+0.5, math.Floor(y)+0.5) }
}

func TestBitmaps(t *testing.T) {
	t.Parallel()
	const w, h = 37, 150 // more rows than a strip has, and an odd width
	for name, o := range bitmapCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, tol := quarters(w, h), tolerance{0.1, 0.5}
			if o.bits == 1 {
				want = func(x, y float64) rgba { return quarters(w, h)(x, 0) }
			}
			if o.bits >= 24 {
				want = gradient(w, h)
			}
			if o.masks[3] != 0 {
				want = disc(want, w, h)
			}
			if o.bits == 16 {
				tol = tolerance{3, 6}
			}
			if o.headerLen == 12 { // its palette is always whole
				for len(o.palette) < 256 {
					o.palette = append(o.palette, color.NRGBA{1, 2, 3, 255})
				}
			}
			im := want.image(w, h)
			if o.bits < 16 {
				im = field(func(x, y float64) rgba { return want(x, y) }).image(w, h)
			}
			b := o.file(im)
			src := mapped(t, "bmp", b)
			info, err := probe(src, Limits{})
			must(t, err)
			if info.Format != "bmp" || info.Width != w || info.Height != h || info.Alpha != (o.masks[3] != 0) {
				t.Errorf("%+v", info)
			}
			if head, err := readHeader(bytes.NewReader(b), int64(len(b))); err != nil || head.Format != "bmp" || head.Width != w || head.Height != h {
				t.Errorf("header %+v, %v", head, err)
			}
			out := rendered(t, "bmp", b, planFor(t, transform.PlanInput{Width: w, Height: h}, transform.PlanOutput{}))
			compare(t, pixels(t, "pngload_buffer", out, nil), stepped(want), tol)
			out = rendered(t, "bmp", b, planFor(t, transform.PlanInput{Width: w, Height: h}, transform.PlanOutput{}, transform.OpResize{Width: 18, Height: 30}))
			if got := pixels(t, "pngload_buffer", out, nil).Rect; got.Dx() != 18 || got.Dy() != 30 {
				t.Errorf("reduced to %v", got)
			}
		})
	}
}

// iconOf packs pictures into an icon.
func iconOf(parts ...[]byte) []byte {
	b := []byte{0, 0, 1, 0, byte(len(parts)), 0}
	off := 6 + 16*len(parts)
	for _, p := range parts {
		b = append(b, 0, 0, 0, 0, 1, 0, 32, 0)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(p)))
		b = binary.LittleEndian.AppendUint32(b, uint32(off))
		off += len(p)
	}
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// iconBitmap is a bitmap as icons hold it, with a mask that covers the right half.
func iconBitmap(o bmpOf, im *image.NRGBA) []byte {
	b, _ := o.body(im, im.Rect.Dy())
	w := im.Rect.Dx()
	for range im.Rect.Dy() {
		row := make([]byte, (w+31)/32*4)
		for x := w / 2; x < w; x++ {
			row[x/8] |= 0x80 >> (x % 8)
		}
		b = append(b, row...)
	}
	return b
}

func TestIcons(t *testing.T) {
	t.Parallel()
	const n = 40
	q, g := quarters(n, n), disc(gradient(n, n), n, n)
	halved := func(x, y float64) rgba {
		if x >= n/2 {
			return clear
		}
		return q(x, y)
	}
	small := pngOf(t, plain(red).image(16, 16))
	argb := [4]uint32{0xFF0000, 0xFF00, 0xFF, 0xFF000000}
	for name, c := range map[string]struct {
		file []byte
		want field
	}{
		"png":               {iconOf(small, pngOf(t, g.image(n, n))), g},
		"masked palette":    {iconOf(small, iconBitmap(bmpOf{bits: 4, headerLen: classic, palette: fourColours}, q.image(n, n))), halved},
		"masked 24 bits":    {iconOf(iconBitmap(bmpOf{bits: 24, headerLen: classic}, q.image(n, n)), small), halved},
		"alpha":             {iconOf(small, iconBitmap(bmpOf{bits: 32, headerLen: classic, masks: argb}, g.image(n, n))), g},
		"32 bits, no alpha": {iconOf(iconBitmap(bmpOf{bits: 32, headerLen: classic, masks: [4]uint32{0xFF0000, 0xFF00, 0xFF, 0}}, q.image(n, n))), halved},
		"more bits win":     {iconOf(iconBitmap(bmpOf{bits: 4, headerLen: classic, palette: fourColours}, q.image(n, n)), pngOf(t, g.image(n, n))), g},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(mapped(t, "ico", c.file), Limits{})
			must(t, err)
			if info.Format != "ico" || info.Width != n || info.Height != n || !info.Alpha || info.Pages != 1 {
				t.Errorf("%+v", info)
			}
			out := rendered(t, "ico", c.file, planFor(t, transform.PlanInput{Width: n, Height: n}, transform.PlanOutput{}))
			compare(t, pixels(t, "pngload_buffer", out, nil), stepped(c.want), tolerance{0.1, 0.5})
		})
	}
}

// What is torn, cut or forged is an error or a picture, never a crash.
func FuzzBitmap(f *testing.F) {
	im := quarters(9, 7).image(9, 7)
	for _, o := range bitmapCases() {
		f.Add(o.file(im))
	}
	f.Add(iconOf(iconBitmap(bmpOf{bits: 24, headerLen: classic}, im), pngOf(f, im)))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, at := range []int{0, 14} {
			d, err := readDIB(b, at)
			if err != nil || d.width <= 0 || d.height <= 0 || d.width > 300 || d.height > 300 {
				continue
			}
			d.masked = at == 0
			d.decode(make([]byte, d.width*d.height*d.bands()))
		}
		if off, n, err := largestIcon(b); err == nil && (off < 0 || n < 0 || off+n > len(b)) {
			t.Fatalf("icon at %d of %d bytes", off, n)
		}
	})
}

func TestDrawings(t *testing.T) {
	t.Parallel()
	const w, h = 60, 40
	drawing := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="%d" height="%d" onload="x()">
<defs><rect id="r" width="%d" height="%d"/></defs><script>alert(1)</script>
<style>@import url(http://example.com/x.css); .b { fill: #1ebe3c }</style>
<use xlink:href="#r" fill="rgb(220,30,40)"/><use href="#r" x="%d" class="b"/>
<image href="http://example.com/x.png" width="60" height="40"/>
<image href="file:///etc/passwd" width="60" height="40"/></svg>`, w, h, w/2, h, w/2)
	halves := func(x, y float64) rgba {
		if x < w/2 {
			return rgba{220, 30, 40, 255}
		}
		return rgba{30, 190, 60, 255}
	}
	src := mapped(t, "svg", []byte(drawing))
	info, err := probe(src, Limits{})
	must(t, err)
	if info.Format != "svg" || info.Width != w || info.Height != h || !info.Alpha {
		t.Errorf("%+v", info)
	}
	for _, c := range []struct {
		in  transform.PlanInput
		ops []transform.Op
	}{
		{transform.PlanInput{Width: w, Height: h}, nil},
		{transform.PlanInput{Width: 2 * w, Height: 2 * h, Density: 144}, nil},
		{transform.PlanInput{Width: w, Height: h}, []transform.Op{transform.OpResize{Width: 30, Height: 30}}},
		{transform.PlanInput{Width: w, Height: h}, []transform.Op{transform.OpResize{Width: 600, Height: 500}}},
		{transform.PlanInput{Width: w, Height: h}, []transform.Op{transform.OpFlip{Vertical: true}, transform.OpResize{Width: 90, Height: 30}}},
	} {
		plan := planFor(t, c.in, transform.PlanOutput{}, c.ops...)
		im := pixels(t, "pngload_buffer", rendered(t, "svg", []byte(drawing), plan), nil)
		compare(t, im, field(halves).scale(float64(plan.Width)/w, float64(plan.Height)/h), tolerance{1.5, 20})
		if plan.Width == 600 {
			// An enlarged drawing keeps its edges.
			if l, r := im.NRGBAAt(298, 100), im.NRGBAAt(301, 100); !near(l, color.NRGBA{220, 30, 40, 255}, 4) || !near(r, color.NRGBA{30, 190, 60, 255}, 4) {
				t.Errorf("an enlarged edge is soft: %v, %v", l, r)
			}
		}
	}
}

func TestCleanSVG(t *testing.T) {
	t.Parallel()
	const head = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">`
	dot := "data:image/png;base64," + base64.StdEncoding.EncodeToString(pngOf(t, plain(red).image(2, 2)))
	huge := func() string {
		b := pngOf(t, plain(red).image(2, 2))
		binary.BigEndian.PutUint32(b[16:], 60000)
		binary.BigEndian.PutUint32(b[20:], 60000)
		return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b)
	}()
	for name, c := range map[string]struct{ in, keeps, drops string }{
		"script":             {`<g><script>evil()</script><path d="M0 0"/></g>`, `<path d="M0 0">`, "evil"},
		"foreign":            {`<foreignObject><p>evil</p></foreignObject><rect/>`, "<rect>", "evil"},
		"handlers":           {`<rect onclick="evil()" OnLoad="evil()" x="1"/>`, `x="1"`, "evil"},
		"inclusion":          {`<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="evil"/><rect/>`, "<rect>", "evil"},
		"instruction":        {`<?xml-stylesheet href="evil"?><rect/>`, "<rect>", "evil"},
		"comment":            {`<!-- evil --><rect/>`, "<rect>", "evil"},
		"remote picture":     {`<image href="https://evil/x.png" x="3"/>`, `x="3"`, "evil"},
		"file":               {`<image xlink:href="file:///evil" x="3"/>`, `x="3"`, "evil"},
		"picture beside":     {`<image xlink:href="evil.png" x="3"/>`, `x="3"`, "evil"},
		"remote use":         {`<use xlink:href="evil.svg#a" x="3"/>`, `x="3"`, "evil"},
		"own use":            {`<rect id="a"/><use xlink:href="#a"/>`, `xlink:href="#a"`, "evil"},
		"embedded":           {`<image href="` + dot + `"/>`, "data:image/png", "evil"},
		"embedded and huge":  {`<image x="3" href="` + huge + `"/>`, `x="3"`, "data:"},
		"embedded drawing":   {`<image x="3" href="data:image/svg+xml;base64,PHN2Zy8+"/>`, `x="3"`, "data:"},
		"link":               {`<a href="https://evil"><rect/></a>`, "<rect>", "evil"},
		"fill from afar":     {`<rect x="3" fill="url(http://evil#a)"/>`, `x="3"`, "evil"},
		"fill in quotes":     {`<rect x="3" style="fill:url( 'http://evil#a' ); stroke:red"/>`, "stroke:red", "evil"},
		"own fill":           {`<rect fill="url(#a)"/>`, `fill="url(#a)"`, "evil"},
		"escaped fill":       {`<rect x="3" fill="u\72l(http://evil)"/>`, `x="3"`, "evil"},
		"style sheet":        {`<style>@import "evil"; a{fill:red} b{fill:url(evil)} /* evil */</style>`, "a{fill:red}", "evil"},
		"escaped sheet":      {`<style>@\69mport "evil";</style><rect/>`, "<rect>", "evil"},
		"font":               {`<style>@font-face{src:url(evil)} a{fill:red}</style>`, "a{fill:red}", "evil"},
		"base":               {`<g xml:base="http://evil"><rect/></g>`, "<rect>", "evil"},
		"animation":          {`<rect><set attributeName="href" to="evil"/></rect>`, "<rect>", "evil"},
		"text stays":         {`<text>a &lt; b &amp; ü</text>`, "a &lt; b &amp; ü", "evil"},
		"section of text":    {`<text><![CDATA[<evil/> a]]></text>`, "&lt;evil/&gt; a", "<evil"},
		"later picture kept": {`<image href="evil"/><image href="` + dot + `"/>`, "data:image/png", "evil"},
	} {
		got, err := cleanSVG([]byte(head + c.in + "</svg>"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !strings.Contains(string(got), c.keeps) || strings.Contains(string(got), c.drops) {
			t.Errorf("%s: %s", name, got)
		}
		again, err := cleanSVG(got)
		if err != nil || !bytes.Equal(got, again) {
			t.Errorf("%s: cleaned twice it is %s, %v", name, again, err)
		}
	}
	bomb := &strings.Builder{}
	bomb.WriteString(head + `<g id="a0"><rect/></g>`)
	for i := 1; i < 20; i++ {
		fmt.Fprintf(bomb, `<g id="a%d">%s</g>`, i, strings.Repeat(fmt.Sprintf(`<use href="#a%d"/>`, i-1), 10))
	}
	bomb.WriteString("</svg>")
	for name, in := range map[string]string{
		"entities":     `<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>` + head + `<text>&b;</text></svg>`,
		"entity":       head + `<text>&other;</text></svg>`,
		"use bomb":     bomb.String(),
		"pattern bomb": strings.ReplaceAll(strings.ReplaceAll(bomb.String(), `<use href="#`, `<rect fill="url(#`), `"/>`, `)"/>`),
		"ring":         head + `<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g></svg>`,
		"too deep":     head + strings.Repeat("<g>", 300) + strings.Repeat("</g>", 300) + "</svg>",
		"too many":     head + strings.Repeat("<g/>", svgElements) + "</svg>",
		"too long":     head + strings.Repeat(" ", svgBytes) + "</svg>",
		"torn":         head + "<g>",
		"crossed":      head + "<g><a></g></a></svg>",
		"two roots":    head + "</svg>" + head + "</svg>",
		"no drawing":   "<html></html>",
		"nothing":      "",
		"encoding":     `<?xml version="1.0" encoding="ebcdic"?>` + head + "</svg>",
	} {
		if b, err := cleanSVG([]byte(in)); media.CodeOf(err) != media.Invalid {
			t.Errorf("%s: %v, %d bytes", name, err, len(b))
		}
	}
	utf16 := []byte{0xFF, 0xFE}
	for _, c := range `<?xml version="1.0" encoding="UTF-16"?>` + head + "<text>ü</text></svg>" {
		utf16 = binary.LittleEndian.AppendUint16(utf16, uint16(c))
	}
	if b, err := cleanSVG(utf16); err != nil || !strings.Contains(string(b), "<text>ü</text>") {
		t.Errorf("UTF-16: %s, %v", b, err)
	}
	latin := []byte(`<?xml version="1.0" encoding="ISO-8859-1"?>` + head + "<text>\xFC</text></svg>")
	if b, err := cleanSVG(latin); err != nil || !strings.Contains(string(b), "<text>ü</text>") {
		t.Errorf("Latin 1: %s, %v", b, err)
	}
}

func FuzzCleanSVG(f *testing.F) {
	f.Add([]byte(`<svg xmlns="http://www.w3.org/2000/svg"><use href="#a"/><style>a{}</style><image href="data:image/png;base64,AA"/></svg>`))
	f.Add([]byte(`<!DOCTYPE svg><svg><g id="a" fill="url(#b)"/><![CDATA[x]]></svg>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := cleanSVG(b)
		if err != nil {
			return
		}
		again, err := cleanSVG(got)
		if err != nil {
			t.Fatalf("what was cleaned is refused: %v\n%s", err, got)
		}
		for _, bad := range []string{"<script", "<!", "<?", "file:", "javascript"} {
			if strings.Contains(string(again), bad) && bad[0] == '<' {
				t.Fatalf("%s is left: %s", bad, again)
			}
		}
	})
}

// pdfOf is a document of pages, each filled with one colour.
func pdfOf(w, h int, colours ...rgba) []byte {
	var b bytes.Buffer
	var offsets []int
	object := func(body string) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), body)
	}
	b.WriteString("%PDF-1.4\n")
	kids := ""
	for i := range colours {
		kids += fmt.Sprintf("%d 0 R ", 3+2*i)
	}
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object(fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count %d >>", kids, len(colours)))
	for i, c := range colours {
		object(fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R >>", w, h, 4+2*i))
		paint := fmt.Sprintf("%.3f %.3f %.3f rg 0 0 %d %d re f", c[0]/255, c[1]/255, c[2]/255, w, h)
		object(fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(paint), paint))
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return b.Bytes()
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	if !vips.Has("pdfload_buffer") {
		t.Skip("libvips has no PDF here")
	}
	const w, h = 90, 120
	file := pdfOf(w, h, red, rgba{20, 190, 60, 255}, rgba{30, 60, 220, 255})
	info, err := probe(mapped(t, "pdf", file), Limits{})
	must(t, err)
	if info.Format != "pdf" || info.Width != w || info.Height != h || info.Pages != 3 {
		t.Errorf("%+v", info)
	}
	for _, c := range []struct {
		in   transform.PlanInput
		ops  []transform.Op
		want rgba
	}{
		{transform.PlanInput{Width: w, Height: h}, nil, red},
		{transform.PlanInput{Width: w, Height: h, First: 1}, nil, rgba{20, 190, 60, 255}},
		{transform.PlanInput{Width: w, Height: h, First: 2}, []transform.Op{transform.OpResize{Width: 30, Height: 40}}, rgba{30, 60, 220, 255}},
		{transform.PlanInput{Width: 3 * w, Height: 3 * h, First: 2, Density: 216}, nil, rgba{30, 60, 220, 255}},
	} {
		plan := planFor(t, c.in, transform.PlanOutput{}, c.ops...)
		compare(t, pixels(t, "pngload_buffer", rendered(t, "pdf", file, plan), nil), plain(c.want), tolerance{1, 2})
	}
	if _, err := probe(mapped(t, "pdf", file[:200]), Limits{}); media.CodeOf(err) != media.Invalid {
		t.Errorf("a torn document: %v", err)
	}
}

func TestModernFormats(t *testing.T) {
	t.Parallel()
	const w, h = 80, 60
	g := gradient(w, h)
	for format, c := range map[string]struct {
		op   string
		args vips.Args
	}{
		"jxl":  {"jxlsave_buffer", vips.Args{"Q": 95}},
		"heic": {"heifsave_buffer", vips.Args{"compression": "hevc", "Q": 90}},
	} {
		t.Run(format, func(t *testing.T) {
			var s vips.Scope
			defer s.Close()
			if !vips.Has(c.op) {
				t.Skip("libvips does not write it here")
			}
			all := vips.Args{"in": vipsImage(t, &s, g.image(w, h))}
			for k, v := range c.args {
				all[k] = v
			}
			res, err := s.Call(c.op, all)
			if err != nil {
				t.Skip("cannot be written here: ", err)
			}
			b := bytes.Clone(res.Blob("buffer").Bytes())
			info, err := probe(mapped(t, format, b), Limits{})
			must(t, err)
			if info.Format != format || info.Width != w || info.Height != h {
				t.Errorf("%+v", info)
			}
			for _, ops := range [][]transform.Op{nil, {transform.OpResize{Width: 40, Height: 30}}} {
				plan := planFor(t, transform.PlanInput{Width: w, Height: h}, transform.PlanOutput{}, ops...)
				compare(t, pixels(t, "pngload_buffer", rendered(t, format, b, plan), nil), g.scale(float64(plan.Width)/w, float64(plan.Height)/h), tolerance{2.5, 10})
			}
		})
	}
}

func TestPagesOfTIFF(t *testing.T) {
	t.Parallel()
	const w, h = 40, 30
	var s vips.Scope
	defer s.Close()
	roll := field(func(x, y float64) rgba {
		return []rgba{red, {20, 190, 60, 255}, {30, 60, 220, 255}}[int(y)/h]
	}).image(w, 3*h)
	im, err := s.Apply(vipsImage(t, &s, roll), "copy", nil)
	must(t, err)
	must(t, im.Set("page-height", h))
	res, err := s.Call("tiffsave_buffer", vips.Args{"in": im, "page_height": h})
	must(t, err)
	b := bytes.Clone(res.Blob("buffer").Bytes())
	info, err := probe(mapped(t, "tiff", b), Limits{})
	must(t, err)
	if info.Pages != 3 || info.Height != h {
		t.Errorf("%+v", info)
	}
	plan := planFor(t, transform.PlanInput{Width: w, Height: h, First: 2}, transform.PlanOutput{})
	compare(t, pixels(t, "pngload_buffer", rendered(t, "tiff", b, plan), nil), plain(rgba{30, 60, 220, 255}), tolerance{0.1, 1})
}

func TestPagesOfAnimations(t *testing.T) {
	t.Parallel()
	const w, h = 60, 40
	for format, src := range map[string][]byte{"gif": animation(t, w, h), "webp": animatedWebP(t, w, h)} {
		for name, c := range map[string]struct {
			in   transform.PlanInput
			want []int
		}{
			"from the second": {transform.PlanInput{Width: w, Height: h, Pages: 2, First: 1}, []int{1, 2}},
			"turned around":   {transform.PlanInput{Width: w, Height: h, Pages: 3, List: []int{2, 1, 0}}, []int{2, 1, 0}},
			"two of them":     {transform.PlanInput{Width: w, Height: h, Pages: 2, List: []int{0, 2}}, []int{0, 2}},
		} {
			for _, ops := range [][]transform.Op{nil, {transform.OpResize{Width: 30, Height: 20}}} {
				plan := planFor(t, c.in, transform.PlanOutput{Format: "webp", Quality: 90}, ops...)
				pages, delay, _ := frames(t, "webp", rendered(t, format, src, plan))
				if len(pages) != len(c.want) || len(delay) != len(c.want) || delay[0] != 80 {
					t.Errorf("%s %s: %d pages, delay %v", format, name, len(pages), delay)
					continue
				}
				for i, p := range pages {
					if got := p.NRGBAAt(p.Rect.Min.X+5, p.Rect.Max.Y-3); !near(got, frameColours[c.want[i]], 12) {
						t.Errorf("%s %s: page %d is %v", format, name, i, got)
					}
				}
			}
		}
	}
}

func TestBrokenBitmaps(t *testing.T) {
	t.Parallel()
	whole := bmpOf{bits: 24, headerLen: classic}.file(quarters(30, 20).image(30, 20))
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		b := bytes.Clone(whole)
		b = b[:r.IntN(len(b))+1]
		for range 3 {
			b[r.IntN(len(b))] = byte(r.IntN(256))
		}
		h, err := readHeader(bytes.NewReader(b), int64(len(b)))
		if err != nil || h.Format != "bmp" || (Limits{}).check(h) != nil || h.Width*h.Height > 1<<20 {
			continue
		}
		m, err := anonymous(len(b))
		must(t, err)
		copy(m, b)
		l, err := loaderFor("bmp")
		must(t, err)
		s, err := (&source{loader: l, data: m}).prepared()
		if err != nil {
			if code := media.CodeOf(err); code != media.Invalid && code != media.Unsupported {
				t.Errorf("%x: %v", b[:40], err)
			}
			continue
		}
		s.close()
	}
}
