package engine

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"sync"

	pigo "github.com/esimov/pigo/core"

	"tintype/internal/transform"
)

//go:embed cascade/facefinder
var faceCascade []byte

// faceFinder is read from the cascade once; it never changes afterwards.
var faceFinder = sync.OnceValues(func() (*pigo.Pigo, error) {
	f, err := pigo.NewPigo().Unpack(faceCascade)
	if err != nil {
		return nil, fmt.Errorf("face cascade: %w", err)
	}
	return f, nil
})

const (
	// facesSide is the longer side of the copy on which faces are looked for.
	facesSide = 800
	// facesLeast is the least side of a face on the copy.
	facesLeast = 24
	// facesSure is from which certainty on something is a face.
	facesSure = 6
	// facesMax bounds how many are reported.
	facesMax = 64
)

// faces finds faces that look out of the picture, upright ones only. grey is
// one byte per pixel.
func faces(grey []byte, w, h int) ([]transform.Box4, error) {
	finder, err := faceFinder()
	if err != nil {
		return nil, err
	}
	if len(grey) != w*h {
		return nil, fmt.Errorf("%d bytes for %d x %d", len(grey), w, h)
	}
	if min(w, h) <= facesLeast {
		return nil, nil
	}
	found := finder.RunCascade(pigo.CascadeParams{
		MinSize: facesLeast, MaxSize: min(w, h), ShiftFactor: 0.1, ScaleFactor: 1.1,
		ImageParams: pigo.ImageParams{Pixels: grey, Rows: h, Cols: w, Dim: w},
	}, 0)
	found = finder.ClusterDetections(found, 0.2)
	found = slices.DeleteFunc(found, func(d pigo.Detection) bool { return d.Q < facesSure })
	slices.SortFunc(found, func(a, b pigo.Detection) int {
		return cmp.Or(cmp.Compare(b.Scale, a.Scale), cmp.Compare(a.Row, b.Row), cmp.Compare(a.Col, b.Col))
	})
	var boxes []transform.Box4
	for _, d := range found[:min(len(found), facesMax)] {
		x1, y1 := max(0, d.Col-d.Scale/2), max(0, d.Row-d.Scale/2)
		x2, y2 := min(w, d.Col+d.Scale/2), min(h, d.Row+d.Scale/2)
		boxes = append(boxes, transform.Box4{
			X: float64(x1) / float64(w), Y: float64(y1) / float64(h),
			Width: float64(x2-x1) / float64(w), Height: float64(y2-y1) / float64(h),
		})
	}
	return boxes, nil
}
