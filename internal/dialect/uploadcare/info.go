package uploadcare

import (
	"encoding/json"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tintype/internal/delivery"
	"tintype/internal/media"
	"tintype/internal/rendition"
)

// CallbackParam is the query parameter that names the function which jsonp calls.
const CallbackParam = "callback"

// QueryParams are the query parameters that belong to what a request means.
func QueryParams() []string { return []string{CallbackParam} }

// pictureInfo is what is said of a picture wherever one is described.
type pictureInfo struct {
	DPI         *[2]int   `json:"dpi"`
	Width       int       `json:"width"`
	Height      int       `json:"height"`
	Format      string    `json:"format"`
	Orientation *int      `json:"orientation"`
	Place       *location `json:"geo_location"`
	Taken       *string   `json:"datetime_original"`
}

// imageInfo is all that is said of a picture.
type imageInfo struct {
	pictureInfo
	Sequence  bool   `json:"sequence"`
	ColorMode string `json:"color_mode"`
}

type location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// imageInfoOf describes a picture of a format and size, made of a source.
// What the source's file says of its making is said of what is made of it,
// except that its pixels have been turned.
func imageInfoOf(i media.Info, source media.Version, original bool) imageInfo {
	out := imageInfo{Sequence: i.Animated, ColorMode: colorMode(i)}
	out.Width, out.Height, out.Format = i.Width, i.Height, formatName(i.Format)
	if o := source.Info.Orientation; original && o > 0 {
		out.Orientation = &o
	}
	return out
}

// making adds what a source's file says of when and where it was made.
func (p *pictureInfo) making(m *media.Metadata) {
	if m == nil {
		return
	}
	if dpi := int(math.Round(m.DPI)); dpi > 0 {
		p.DPI = &[2]int{dpi, dpi}
	}
	if t, err := time.Parse("2006:01:02 15:04:05", m.Exif["DateTimeOriginal"]); err == nil {
		text := t.Format("2006-01-02T15:04:05")
		p.Taken = &text
	}
	lat, ok := degrees(m.Exif["GPSLatitude"], m.Exif["GPSLatitudeRef"], "S", 90)
	long, ok2 := degrees(m.Exif["GPSLongitude"], m.Exif["GPSLongitudeRef"], "W", 180)
	if ok && ok2 {
		p.Place = &location{lat, long}
	}
}

// degrees reads one coordinate, which counts backwards on one side.
func degrees(text, side, backwards string, most float64) (float64, bool) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(math.Abs(v) <= most) {
		return 0, false
	}
	if v > 0 && strings.HasPrefix(strings.ToUpper(side), backwards) {
		v = -v
	}
	return v, true
}

// formatName is a format in the words of the Pillow library.
func formatName(format string) string {
	switch format {
	case "heic":
		return "HEIF"
	case "jp2":
		return "JPEG2000"
	}
	return strings.ToUpper(format)
}

// colorMode is how pixels are stored, in the words of the Pillow library.
func colorMode(i media.Info) string {
	mode := "RGB"
	switch i.Space {
	case "b-w", "grey16":
		mode = "L"
	case "cmyk":
		return "CMYK"
	case "lab":
		return "LAB"
	}
	if i.Alpha {
		mode += "A"
	}
	return mode
}

// jsonAnswer answers json, jsonp, and main_colors with its list.
type jsonAnswer struct {
	ID string `json:"id"`
	imageInfo
	// Hash and Blurhash are not computed.
	Hash     *string   `json:"hash"`
	Blurhash *string   `json:"blurhash"`
	Colors   *[][3]int `json:"main_colors,omitempty"`
}

// facesAnswer answers detect_faces: left, top, width and height of each.
type facesAnswer struct {
	ID string `json:"id"`
	pictureInfo
	Faces [][4]int `json:"faces"`
}

// question is an operation that asks for a description.
type question struct {
	op     string // json, jsonp, main_colors or detect_faces; "" asks for the file
	colors int
}

// describe is what a URL asks to be told, nil where it asks for a file.
// callback is the function that jsonp calls.
func (q question) describe(callback string) (*delivery.Describe, error) {
	out := &delivery.Describe{Wanted: rendition.Wanted{Metadata: true}}
	switch q.op {
	case "":
		return nil, nil
	case "jsonp":
		if !callbackName.MatchString(callback) {
			return nil, media.Errorf(media.Invalid, "Parameter %s is not the name of a function: %s", CallbackParam, quotable(callback))
		}
	case "main_colors":
		out.Wanted.Colors = q.colors
	case "detect_faces":
		out.Wanted.ResultFaces = true
	}
	out.Present = func(d *rendition.Description) (string, []byte, error) {
		body, err := q.present(d)
		if err != nil || q.op != "jsonp" {
			return "application/json", body, err
		}
		// A comment first, so that the answer is nothing but script.
		return "text/javascript; charset=utf-8", []byte("/**/" + callback + "(" + string(body) + ");"), nil
	}
	return out, nil
}

// callbackName are the functions that jsonp may call.
var callbackName = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$.]{0,99}$`)

func (q question) present(d *rendition.Description) ([]byte, error) {
	if d.Asset.Kind != media.KindImage {
		return nil, media.Errorf(media.Unsupported, "Operation %s: the file is not an image", q.op)
	}
	id, info := uuidOf(d.Asset.ID), imageInfoOf(d.Result, d.Asset.Version, d.Original)
	info.making(d.Metadata)
	if q.op == "detect_faces" {
		a := facesAnswer{id, info.pictureInfo, [][4]int{}}
		for _, f := range d.ResultFaces {
			a.Faces = append(a.Faces, [4]int{f.X, f.Y, f.Width, f.Height})
		}
		return json.Marshal(a)
	}
	a := jsonAnswer{ID: id, imageInfo: info}
	if q.op == "main_colors" {
		list := [][3]int{}
		for _, c := range d.Colors {
			list = append(list, [3]int{int(c.R), int(c.G), int(c.B)})
		}
		a.Colors = &list
	}
	return json.Marshal(a)
}

// maxColors bounds main_colors.
const maxColors = 64

// asks reads the operations that ask for a description. One URL has one of them.
func asks(b *builder, args []string) error {
	if b.asked.op != "" {
		return media.Errorf(media.Invalid, "Operation %s cannot follow %s", b.op, b.asked.op)
	}
	b.asked = question{op: b.op}
	if b.op != "main_colors" {
		return b.count(args, 0, 0)
	}
	n, err := b.amount(args, 1, maxColors, 5)
	b.asked.colors = int(n)
	return err
}

// imageSize tells the size of a picture beside it.
func imageSize(h http.Header, f delivery.File) {
	if f.Info.Width > 0 && f.Info.Height > 0 {
		h["X-Image-Width"] = []string{strconv.Itoa(f.Info.Width)}
		h["X-Image-Height"] = []string{strconv.Itoa(f.Info.Height)}
	}
}
