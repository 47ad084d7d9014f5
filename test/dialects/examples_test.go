package dialects

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tintype/internal/media"
	"tintype/test/harness"
)

// painter makes the sources that examples speak of and uploads each once.
type painter struct {
	server *harness.Server
	ids    map[string]string // of assets, by their source's line
}

// TestExamples asks a running server for every example of
// testdata/examples.txt, and looks at the size and the format of what comes.
func TestExamples(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("renders many pictures")
	}
	text, err := os.ReadFile("testdata/examples.txt")
	if err != nil {
		t.Fatal(err)
	}
	p := &painter{harness.Start(t, harness.Options{}), map[string]string{}}
	for name, size := range map[string]string{"ov": "200x100", "folder/logo": "50x50", "logo": "200x100"} {
		p.server.MustUpload(t, "image", "layer.png", p.paint(t, size+" png"), map[string]string{"public_id": name})
	}
	type example struct{ source, dialect, text, want, line string }
	var all []example
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, " | ")
		dialect, source, _ := strings.Cut(fields[0], " ")
		if p.ids[source] == "" {
			p.upload(t, source)
		}
		all = append(all, example{source, dialect, fields[1], fields[2], line})
	}
	if len(all) < 300 {
		t.Errorf("only %d examples", len(all))
	}
	queue := make(chan example)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for e := range queue {
				status, header, body := p.server.Get(t, p.path(e.dialect, e.source, e.text), "Accept", "*/*")
				if got := answered(status, body); got != e.want {
					t.Errorf("%s\n got %s %s", e.line, got, header.Get("X-Cld-Error"))
				}
			}
		})
	}
	for _, e := range all {
		queue <- e
	}
	close(queue)
	workers.Wait()
}

// path is the URL of an example's transformation of a source. In the grammar
// of Cloudinary it may end with an extension.
func (p *painter) path(dialect, source, text string) string {
	name := url.PathEscape(nameOf(source))
	format := strings.Fields(source)[1]
	switch dialect {
	case "uploadcare":
		return "/uc/" + harness.Account + "/" + uuid(media.AssetID(p.ids[source])) + "/" + text
	case "imagekit":
		return "/ik/" + harness.Account + "/tr:" + text + "/" + name + "." + format
	}
	ext := ""
	for _, e := range []string{".jpg", ".gif", ".webp"} {
		if rest, ok := strings.CutSuffix(text, e); ok {
			text, ext = rest, e
		}
	}
	return "/" + harness.Account + "/image/upload/" + text + "/" + name + ext
}

func nameOf(source string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '=' || r == ',' {
			return '-'
		}
		return r
	}, source)
}

// answered is what an answer shows: size and format, or its status.
func answered(status int, body []byte) string {
	if status != 200 {
		return strconv.Itoa(status)
	}
	le := binary.LittleEndian
	switch {
	case len(body) > 30 && string(body[8:16]) == "WEBPVP8X":
		return fmt.Sprintf("%dx%d webp", 1+le.Uint32(body[24:])&0xFFFFFF, 1+le.Uint32(body[26:])>>8)
	case len(body) > 30 && string(body[8:16]) == "WEBPVP8 ":
		return fmt.Sprintf("%dx%d webp", le.Uint16(body[26:])&0x3FFF, le.Uint16(body[28:])&0x3FFF)
	case len(body) > 12 && string(body[4:12]) == "ftypavif":
		if i := bytes.Index(body, []byte("ispe")); i > 0 && len(body) >= i+16 {
			return fmt.Sprintf("%dx%d avif", binary.BigEndian.Uint32(body[i+8:]), binary.BigEndian.Uint32(body[i+12:]))
		}
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(body))
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%dx%d %s", c.Width, c.Height, format)
}

func (p *painter) upload(t *testing.T, source string) {
	t.Helper()
	params := map[string]string{"public_id": nameOf(source)}
	for _, f := range strings.Fields(source) {
		if tags, ok := strings.CutPrefix(f, "tags="); ok {
			params["tags"] = tags
		}
	}
	var up struct {
		ID string `json:"asset_id"`
	}
	if err := json.Unmarshal(p.server.MustUpload(t, "image", "source", p.paint(t, source), params), &up); err != nil {
		t.Fatal(err)
	}
	p.ids[source] = up.ID
}

// paint makes a file of a size and a format, perhaps with "orientation=N" or "frames=N".
func (p *painter) paint(t *testing.T, source string) []byte {
	t.Helper()
	a := infoOf(t, source)
	w, h := a.Width, a.Height
	im := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for y := range h {
		row := im.Y[y*im.YStride:]
		for x := range w {
			row[x] = byte(30 + 150*x/w + 60*y/h)
		}
	}
	for i := range im.Cb {
		im.Cb[i], im.Cr[i] = byte(90+i/im.CStride%64), byte(120+i%im.CStride%64)
	}
	var b bytes.Buffer
	var err error
	switch a.Format {
	case "png":
		err = png.Encode(&b, im)
	case "gif":
		var g gif.GIF
		for i := range a.Pages {
			page := image.NewPaletted(im.Rect, color.Palette{color.Black, color.White, color.RGBA{byte(80 * i), 9, 200, 255}})
			for at := range page.Pix {
				page.Pix[at] = byte(at/7%2 + at/(w*40)%2)
			}
			g.Image, g.Delay = append(g.Image, page), append(g.Delay, 10)
		}
		err = gif.EncodeAll(&b, &g)
	default:
		err = jpeg.Encode(&b, im, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	if a.Orientation > 0 {
		return append(append([]byte{0xFF, 0xD8}, exif(a.Orientation)...), b.Bytes()[2:]...)
	}
	return b.Bytes()
}

func infoOf(t *testing.T, line string) media.Info {
	t.Helper()
	kept, _, _ := strings.Cut(line, " tags=")
	return source(t, kept).Version.Info
}

// exif is a segment of a JPEG that states an orientation and nothing else.
func exif(orientation int) []byte {
	tiff := []byte("Exif\x00\x00MM\x00\x2A\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00")
	tiff = append(tiff, byte(orientation), 0, 0, 0, 0, 0, 0)
	return append(binary.BigEndian.AppendUint16([]byte{0xFF, 0xE1}, uint16(len(tiff)+2)), tiff...)
}
