package search

import (
	"strconv"
	"time"

	"tintype/internal/media"
)

// ofAnalysis adds what was found out about the present content.
func (d Doc) ofAnalysis(a *media.Asset) {
	n := a.Detail.Analysis
	if n != nil && n.Version != a.Version.ID {
		n = nil
	}
	switch {
	case len(a.Detail.Faces) > 0:
		d.Numbers["face_count"] = float64(len(a.Detail.Faces))
	case n != nil && n.Faces != nil:
		d.Numbers["face_count"] = float64(len(n.Faces))
	}
	if n == nil {
		return
	}
	for _, c := range n.Colors {
		if name := ColorName(c.Hex); name != "" {
			d.Numbers["colors."+name] += 100 * c.Share
		}
	}
	if q := n.Quality; q != nil {
		d.Numbers["quality_score"] = q.Score
		for key, v := range map[string]float64{"focus": q.Focus, "contrast": q.Contrast, "exposure": q.Exposure, "saturation": q.Saturation} {
			d.Numbers["quality."+key] = v
		}
	}
	if l := n.Look; l != nil {
		d.Numbers["illustration_score"] = l.Illustration
		d.Texts["grayscale"] = []string{strconv.FormatBool(l.Grey)}
	}
	if m := n.Metadata; m != nil {
		for _, part := range []map[string]string{m.Exif, m.IPTC, m.XMP, m.Container} {
			for key, v := range part {
				d.addMixed("image_metadata."+key, v)
			}
		}
		for _, key := range []string{"DateTimeOriginal", "CreateDate", "DateTime"} {
			if t, err := time.Parse("2006:01:02 15:04:05", m.Exif[key]); err == nil {
				d.Numbers["taken_at"] = Micros(t)
				break
			}
		}
	}
}
