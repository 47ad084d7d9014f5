package delivery

import (
	"net/http"
	"strconv"
	"strings"
)

// Client is what a request says about who asked.
type Client struct {
	// Formats are those that the Accept header names; a wildcard names none.
	Formats Formats
	// DPR is the device pixel ratio that the client states; 0 is unknown.
	DPR float64
	// Width is that of the place for the picture in device pixels, and
	// ViewportWidth the window's in CSS pixels; 0 is unknown.
	Width, ViewportWidth float64
	// SaveData: the client would rather have less than the best.
	SaveData bool
}

// Hints is a set of what a client can say of itself beside Accept.
type Hints uint8

// The hints, each with the field of Client of its name.
const (
	HintDPR Hints = 1 << iota
	HintWidth
	HintViewportWidth
	HintSaveData
)

// hintHeaders are the headers of each hint in their canonical form, the one
// that counts first, and how Vary writes them.
var hintHeaders = []struct {
	hint  Hints
	names []string
	vary  string
	most  float64
}{
	{HintDPR, []string{"Sec-Ch-Dpr", "Dpr"}, "Sec-CH-DPR, DPR", 16},
	{HintWidth, []string{"Sec-Ch-Width", "Width"}, "Sec-CH-Width, Width", maxHintWidth},
	{HintViewportWidth, []string{"Sec-Ch-Viewport-Width", "Viewport-Width"}, "Sec-CH-Viewport-Width, Viewport-Width", maxHintWidth},
	{HintSaveData, []string{"Save-Data"}, "Save-Data", 0},
}

const (
	maxHintWidth = 100_000
	// acceptCH asks browsers for the hints that pictures can depend on.
	acceptCH = "Sec-CH-DPR, Sec-CH-Width, Sec-CH-Viewport-Width, DPR, Width, Viewport-Width"
)

// ClientOf reads the client from a request's header.
func ClientOf(r *http.Request) Client {
	c := hintsOf(r.Header, HintDPR|HintWidth|HintViewportWidth|HintSaveData)
	c.Formats = FormatsOf(r)
	return c
}

// hintsOf reads some hints and nothing else.
func hintsOf(h http.Header, of Hints) Client {
	var c Client
	for _, hint := range hintHeaders {
		if of&hint.hint == 0 {
			continue
		}
		number := func() float64 { return numberOf(h, hint.names, hint.most) }
		switch hint.hint {
		case HintDPR:
			c.DPR = number()
		case HintWidth:
			c.Width = number()
		case HintViewportWidth:
			c.ViewportWidth = number()
		case HintSaveData:
			c.SaveData = saves(h["Save-Data"])
		}
	}
	return c
}

// numberOf is the first header's value that is a number above 0, 0 if none is.
func numberOf(h http.Header, names []string, most float64) float64 {
	for _, name := range names {
		values := h[name]
		if len(values) == 0 {
			continue
		}
		if v, err := strconv.ParseFloat(values[0], 64); err == nil && v > 0 && v <= most {
			return v
		}
	}
	return 0
}

// saves reads Save-Data: the token "on", perhaps with parameters.
func saves(values []string) bool {
	if len(values) == 0 {
		return false
	}
	token, _, _ := strings.Cut(values[0], ";")
	return strings.EqualFold(strings.TrimSpace(token), "on")
}

// vary names the headers of hints, each after a comma.
func (h Hints) vary() string {
	text := ""
	for _, hint := range hintHeaders {
		if h&hint.hint != 0 {
			text += ", " + hint.vary
		}
	}
	return text
}

// shared reports whether a cache between may keep an answer by these hints
// for others: who saves data loses little by a cache that knows no Vary.
func (h Hints) shared() bool { return h&^HintSaveData == 0 }

// variant is what tells answers to one path apart that depend on hints: what
// the client said of these, and its class where the format was negotiated.
type variant struct {
	class                Formats
	dpr, width, viewport float64
	saveData             bool
}

// variant of a client that said c and is of a class.
func (h Hints) variant(c Client, class Formats) variant {
	v := variant{class: class}
	if h&HintDPR != 0 {
		v.dpr = c.DPR
	}
	if h&HintWidth != 0 {
		v.width = c.Width
	}
	if h&HintViewportWidth != 0 {
		v.viewport = c.ViewportWidth
	}
	v.saveData = h&HintSaveData != 0 && c.SaveData
	return v
}
