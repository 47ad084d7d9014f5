package cloudinary

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"tintype/internal/delivery"
	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/transform"
)

// infoFile is what fl_getinfo says of a file.
type infoFile struct {
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Bytes  int64  `json:"bytes"`
	Format string `json:"format,omitempty"`
}

type infoBox struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

type infoPoint struct {
	X int `json:"x"`
	Y int `json:"y"`
}

// infoAnswer answers fl_getinfo. All numbers but those of Output are pixels of
// the input.
type infoAnswer struct {
	Input  infoFile `json:"input"`
	Output infoFile `json:"output"`
	// Crop is one box, where g_auto chose it.
	Crop []infoBox `json:"g_auto_info,omitempty"`
	// Landmarks are, in a list of one list, the points known of each face: the
	// corners of its box. It is absent without a face gravity.
	Landmarks [][]map[string]infoPoint `json:"landmarks,omitempty"`
}

// describe is what a chain asks to be told, nil where it asks for a file.
func (c parsedChain) describe() *delivery.Describe {
	switch {
	case !c.Output.Info:
		return nil
	case c.breakpoints != nil:
		return &delivery.Describe{Present: c.presentBreakpoints}
	}
	return &delivery.Describe{
		Wanted:  rendition.Wanted{Bytes: true, Faces: c.faceGravity},
		Present: c.presentInfo,
	}
}

func (c parsedChain) presentInfo(d *rendition.Description) (string, []byte, error) {
	switch d.Asset.Kind {
	case media.KindVideo:
		return asJSON(struct{}{})
	case media.KindRaw:
		return "", nil, unsupportedParam("fl_getinfo of a raw file")
	}
	in := d.Asset.Version.Info
	a := infoAnswer{
		Input:  infoFile{Width: in.Width, Height: in.Height, Bytes: in.Bytes},
		Output: infoFile{d.Result.Width, d.Result.Height, d.Result.Bytes, media.Extension(d.Result.Format)},
	}
	if c.autoGravity {
		a.Crop = []infoBox{infoBox(d.Shown)}
	}
	if c.faceGravity {
		a.Landmarks = [][]map[string]infoPoint{{}}
		for _, f := range d.Faces {
			a.Landmarks[0] = append(a.Landmarks[0], corners(f))
		}
	}
	return asJSON(a)
}

func corners(f transform.Rect) map[string]infoPoint {
	return map[string]infoPoint{
		"top_left": {f.X, f.Y}, "top_right": {f.X + f.Width, f.Y},
		"bottom_left": {f.X, f.Y + f.Height}, "bottom_right": {f.X + f.Width, f.Y + f.Height},
	}
}

// presentBreakpoints tells the widths that w_auto:breakpoints rounds up to,
// the greatest first. A picture is not enlarged for one: where the source is
// narrower, its width takes their place.
func (c parsedChain) presentBreakpoints(d *rendition.Description) (string, []byte, error) {
	own := d.Asset.Version.Info.Width
	if d.Asset.Kind != media.KindImage {
		return "", nil, unsupportedParam("w_auto:breakpoints of a " + string(d.Asset.Kind) + " file")
	}
	list := []int{}
	for _, w := range c.breakpoints {
		if w = min(w, own); len(list) == 0 || list[len(list)-1] != w {
			list = append(list, w)
		}
	}
	return asJSON(struct {
		Breakpoints []int `json:"breakpoints"`
	}{list})
}

func asJSON(v any) (string, []byte, error) {
	body, err := json.Marshal(v)
	return "application/json", body, err
}

// contentInfo tells in Server-Timing what a picture is and what it was made of.
func contentInfo(h http.Header, f delivery.File) {
	if f.Asset.Kind != media.KindImage {
		return
	}
	var b strings.Builder
	b.WriteString(`content-info;desc="`)
	side := func(prefix string, i media.Info) {
		for _, n := range []struct {
			name  string
			value int64
		}{{"width", int64(i.Width)}, {"height", int64(i.Height)}, {"bytes", i.Bytes}} {
			b.WriteString(prefix + n.name + "=" + strconv.FormatInt(n.value, 10) + ",")
		}
		b.WriteString(prefix + `format=\"` + media.Extension(i.Format) + `\",`)
	}
	v := f.Asset.Version
	side("", f.Info)
	side("o", v.Info)
	b.WriteString("crt=" + strconv.FormatInt(f.Made.Unix(), 10) + ",ocrt=" + strconv.FormatInt(v.CreatedAt.Unix(), 10) + `;"`)
	h["Server-Timing"] = []string{b.String()}
}
