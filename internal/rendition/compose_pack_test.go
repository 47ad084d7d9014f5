package rendition

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"tintype/internal/transform"
)

func TestPack(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 60 {
		var list []transform.Rect
		area := 0
		for range n + 1 {
			r := transform.Rect{Width: 1 + random.IntN(90), Height: 1 + random.IntN(90)}
			area += r.Width * r.Height
			list = append(list, r)
		}
		again := append([]transform.Rect(nil), list...)
		w, h := pack(list)
		pack(again)
		if !reflect.DeepEqual(list, again) {
			t.Error("equal lists are packed otherwise")
		}
		for i, a := range list {
			if a.X < 0 || a.Y < 0 || a.X+a.Width > w || a.Y+a.Height > h {
				t.Fatalf("%v lies outside of %d x %d", a, w, h)
			}
			for _, b := range list[:i] {
				if a.X < b.X+b.Width && b.X < a.X+a.Width && a.Y < b.Y+b.Height && b.Y < a.Y+a.Height {
					t.Fatalf("%v lies on %v", a, b)
				}
			}
		}
		if n > 20 && (w*h > area*3/2 || w > 2*h || h > 2*w) {
			t.Errorf("%d rectangles of %d pixels take %d x %d", n+1, area, w, h)
		}
	}
}
