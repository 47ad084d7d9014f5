package cloudinary

import (
	"encoding/json"
	"maps"
	"strconv"

	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/transform"
)

// wanted says which findings about an asset a call wants to see.
type wanted struct {
	colors, faces, exif, metadata, phash, quality, accessibility, cinemagraph bool
}

// wanted reads the parameters; two names mean the metadata.
func (c *call) wanted() (w wanted, err error) {
	for _, flag := range []struct {
		name string
		to   *bool
	}{
		{"colors", &w.colors}, {"faces", &w.faces}, {"exif", &w.exif}, {"image_metadata", &w.metadata}, {"media_metadata", &w.metadata},
		{"phash", &w.phash}, {"quality_analysis", &w.quality}, {"accessibility_analysis", &w.accessibility},
		{"cinemagraph_analysis", &w.cinemagraph},
	} {
		on, err := c.form.Bool(flag.name, false)
		if err != nil {
			return w, err
		}
		*flag.to = *flag.to || on
	}
	return w, nil
}

// parts are what has to be found out for it.
func (w wanted) parts() []rendition.Part {
	var parts []rendition.Part
	for _, p := range []struct {
		want bool
		part rendition.Part
	}{
		{w.colors, transform.WhatColors}, {w.faces, transform.WhatFaces}, {w.exif || w.metadata, transform.WhatMetadata},
		{w.metadata, transform.WhatLook}, {w.phash, transform.WhatHash}, {w.quality, transform.WhatQuality},
		{w.accessibility, transform.WhatColorVision}, {w.cinemagraph, transform.WhatCinemagraph},
	} {
		if p.want {
			parts = append(parts, p.part)
		}
	}
	return parts
}

// findings are the members of an answer that tell what was found out. What
// was not asked for is absent; what was is there, if only empty.
type findings struct {
	Colors            *[]share            `json:"colors,omitempty"`
	Predominant       map[string][]share  `json:"predominant,omitempty"`
	Faces             *[]box              `json:"faces,omitempty"`
	Exif              *map[string]string  `json:"exif,omitempty"`
	ImageMetadata     *map[string]string  `json:"image_metadata,omitempty"`
	VideoMetadata     *map[string]string  `json:"video_metadata,omitempty"`
	IllustrationScore *float              `json:"illustration_score,omitempty"`
	SemiTransparent   *bool               `json:"semi_transparent,omitempty"`
	Grayscale         *bool               `json:"grayscale,omitempty"`
	Hash              string              `json:"phash,omitempty"`
	Quality           *map[string]float   `json:"quality_analysis,omitempty"`
	QualityScore      *float              `json:"quality_score,omitempty"`
	Accessibility     *accessibility      `json:"accessibility_analysis,omitempty"`
	Cinemagraph       *cinemagraphFinding `json:"cinemagraph_analysis,omitempty"`
	Coordinates       *coordinates        `json:"coordinates,omitempty"`
	Regions           map[string][][2]int `json:"regions,omitempty"`
}

// share is a colour, or the name of one, with its percentage.
type share struct {
	name    string
	percent float64
}

// MarshalJSON writes ["#162E02",6.6].
func (s share) MarshalJSON() ([]byte, error) { return json.Marshal([]any{s.name, float(s.percent)}) }

// box is [x,y,width,height].
type box [4]int

type accessibility struct {
	Analysis accessibilityDetail `json:"colorblind_accessibility_analysis"`
	Score    float               `json:"colorblind_accessibility_score"`
}

type accessibilityDetail struct {
	DistinctEdges      float    `json:"distinct_edges"`
	DistinctColors     float    `json:"distinct_colors"`
	MostIndistinctPair []string `json:"most_indistinct_pair"`
}

type cinemagraphFinding struct {
	Score float `json:"cinemagraph_score"`
}

type coordinates struct {
	Faces  []box `json:"faces,omitempty"`
	Custom []box `json:"custom,omitempty"`
}

// findings shows what w asks for of what is known of an asset.
func (w wanted) findings(a *media.Asset) *findings {
	var known media.Analysis
	if d := a.Detail.Analysis; d != nil && d.Version == a.Version.ID {
		known = *d
	}
	f := &findings{}
	if w.colors {
		colors := sharesOf(known.Colors)
		f.Colors = &colors
		if len(colors) > 0 {
			f.Predominant = predominant(known.Colors)
		}
	}
	if w.faces {
		faces := boxesOf(facesOf(a, known))
		f.Faces = &faces
	}
	if w.phash {
		f.Hash = known.Hash
	}
	if w.quality {
		f.quality(known.Quality)
	}
	if w.accessibility {
		f.Accessibility = accessibilityOf(known.ColorVision)
	}
	if w.cinemagraph {
		f.Cinemagraph = &cinemagraphFinding{}
		if known.Cinemagraph != nil {
			f.Cinemagraph.Score = float(known.Cinemagraph.Score)
		}
	}
	f.metadata(a, w, known)
	return f
}

// facesOf are those that the user marked, or else those that were found.
func facesOf(a *media.Asset, known media.Analysis) []media.Box {
	if len(a.Detail.Faces) > 0 {
		return a.Detail.Faces
	}
	return known.Faces
}

func (f *findings) quality(q *media.Quality) {
	members := map[string]float{}
	if q != nil {
		members["focus"], members["contrast"] = float(q.Focus), float(q.Contrast)
		members["exposure"], members["saturation"] = float(q.Exposure), float(q.Saturation)
		score := float(q.Score)
		f.QualityScore = &score
	}
	f.Quality = &members
}

func accessibilityOf(v *media.ColorVision) *accessibility {
	out := &accessibility{Analysis: accessibilityDetail{MostIndistinctPair: []string{}}}
	if v != nil {
		out.Score = float(v.Score)
		out.Analysis.DistinctEdges, out.Analysis.DistinctColors = float(v.Edges), float(v.Colors)
		if v.Pair[0] != "" {
			out.Analysis.MostIndistinctPair = v.Pair[:]
		}
	}
	return out
}

// metadata shows what the file says of itself, every value as a text.
func (f *findings) metadata(a *media.Asset, w wanted, known media.Analysis) {
	var m media.Metadata
	if known.Metadata != nil {
		m = *known.Metadata
	}
	if w.exif {
		fields := orNone(m.Exif)
		f.Exif = &fields
	}
	if !w.metadata {
		return
	}
	if a.Kind == media.KindVideo {
		fields := orNone(m.Container)
		f.VideoMetadata = &fields
		return
	}
	fields := map[string]string{}
	for _, kind := range []map[string]string{m.XMP, m.IPTC, m.Exif} {
		maps.Copy(fields, kind)
	}
	if m.DPI > 0 {
		fields["DPI"] = strconv.FormatFloat(m.DPI, 'f', -1, 64)
	}
	if space := spaceNames[a.Version.Info.Space]; space != "" {
		fields["Colorspace"] = space
	}
	f.ImageMetadata = &fields
	if l := known.Look; l != nil {
		score := float(l.Illustration)
		f.IllustrationScore, f.SemiTransparent, f.Grayscale = &score, &l.SemiTransparent, &l.Grey
	}
}

// spaceNames are the vendor's names of the stored pixels' spaces.
var spaceNames = map[string]string{
	"srgb": "RGB", "rgb": "RGB", "rgb16": "RGB", "scrgb": "RGB", "b-w": "Gray", "grey16": "Gray", "cmyk": "CMYK", "lab": "Lab", "labs": "Lab",
}

func orNone(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

func boxesOf(list []media.Box) []box {
	out := make([]box, len(list))
	for i, b := range list {
		out[i] = box{b.X, b.Y, b.Width, b.Height}
	}
	return out
}

// marks shows the areas that the user named.
func (f *findings) marks(a *media.Asset) {
	if len(a.Detail.Faces) > 0 || len(a.Detail.Coordinates) > 0 {
		f.Coordinates = &coordinates{Faces: boxesOf(a.Detail.Faces), Custom: boxesOf(a.Detail.Coordinates)}
	}
	for name, points := range a.Detail.Regions {
		if f.Regions == nil {
			f.Regions = map[string][][2]int{}
		}
		for _, p := range points {
			f.Regions[name] = append(f.Regions[name], [2]int{p.X, p.Y})
		}
	}
}

// marked shows the marks alone, or nothing.
func marked(a *media.Asset) *findings {
	f := &findings{}
	f.marks(a)
	return f
}

// lookInto finds an asset and what a call of the Admin API wants to see of it.
func (d *Dialect) lookInto(c *call, ref media.Ref) (*media.Asset, *findings, error) {
	w, err := c.wanted()
	if err != nil {
		return nil, nil, err
	}
	marks, err := c.form.Bool("coordinates", false)
	if err != nil {
		return nil, nil, err
	}
	a, err := d.cfg.Library.Find(c.ctx, c.acc.ID, ref)
	if err != nil {
		return nil, nil, err
	}
	if _, err := d.cfg.Library.Analyse(c.ctx, a, w.parts()); err != nil {
		return nil, nil, err
	}
	f := w.findings(a)
	if marks {
		f.marks(a)
	}
	return a, f, nil
}
