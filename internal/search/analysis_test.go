package search

import (
	"testing"

	"tintype/internal/media"
)

func TestAnalysisIsSearched(t *testing.T) {
	t.Parallel()
	a := shoe()
	a.Version.ID = "v2"
	a.Detail.Analysis = &media.Analysis{
		Version: "v2",
		Colors:  []media.ColorShare{{Hex: "#F08010", Share: 0.5}, {Hex: "#FF9020", Share: 0.25}, {Hex: "#000000", Share: 0.25}},
		Faces:   []media.Box{},
		Quality: &media.Quality{Focus: 0.9, Score: 0.7},
		Look:    &media.Look{Grey: true, Illustration: 0.3},
		Metadata: &media.Metadata{
			Exif: map[string]string{"Make": "Canon", "ISO": "200", "DateTimeOriginal": "2023:05:06 07:08:09"},
			IPTC: map[string]string{"City": "Graz"},
		},
	}
	from := func(field string, n float64) Range { return Range{Field: field, Min: &Bound{Value: n}} }
	there := []Expr{
		from("colors.orange", 75), from("colors.black", 25), from("quality.focus", 0.9), from("quality_score", 0.7), from("illustration_score", 0.3),
		Equals{Field: "grayscale", Text: "true"}, Contains{Field: "image_metadata.Make", Text: "canon"}, from("image_metadata.ISO", 200),
		Equals{Field: "image_metadata.City", Text: "Graz"}, from("taken_at", 1_683_356_889_000_000), Present{"face_count"},
	}
	for _, e := range there {
		if !Match(e, Of(a)) {
			t.Errorf("%s does not hold", String(e))
		}
	}
	a.Version.ID = "v3" // of which nothing is known
	for _, e := range there {
		if Match(e, Of(a)) {
			t.Errorf("%s holds for another version", String(e))
		}
	}
	a.Detail.Faces = []media.Box{{}, {}}
	if !Match(from("face_count", 2), Of(a)) {
		t.Error("marked faces do not count")
	}
}
