package rendition_test

import (
	"reflect"
	"strings"
	"testing"

	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/rendition/renditiontest"
	"tintype/internal/transform"
)

func describe(t *testing.T, w *renditiontest.World, a *media.Asset, tr transform.Transformation, want rendition.Wanted) *rendition.Description {
	t.Helper()
	tr.Output.Info = true
	d, err := w.Renditions.Describe(t.Context(), a, tr, want)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDescribeWithoutPixels(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	d := describe(t, w, a, width(100, "webp"), rendition.Wanted{})
	if d.Original || d.Result.Format != "webp" || d.Result.Width != 100 || d.Result.Height != 75 || d.Result.Bytes != 0 {
		t.Errorf("%+v", d)
	}
	if d.Shown != (transform.Rect{Width: 400, Height: 300}) || d.Asset != a {
		t.Errorf("shows %v", d.Shown)
	}
	whole := describe(t, w, a, transform.Transformation{}, rendition.Wanted{Bytes: true})
	if !whole.Original || whole.Result != a.Version.Info {
		t.Errorf("the original: %+v", whole)
	}
	if r, m := w.Engine.Renders.Load(), w.Engine.Measures.Load(); r != 0 || m != 0 {
		t.Errorf("%d renderings and %d measurements", r, m)
	}
	// What a caller means as a new file is none of the stored bytes.
	if made := describe(t, w, a, transform.Transformation{Output: transform.Output{Format: "jpeg"}}, rendition.Wanted{Bytes: true, Made: true}); made.Original || made.Result.Bytes == 1 {
		t.Errorf("a file of our making: %+v", made)
	}
}

// TestDescribeBytesOfTheRendition: the file that is told of is the one that
// Get gives, made once for both.
func TestDescribeBytesOfTheRendition(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	for range 2 {
		d := describe(t, w, a, width(100, "webp"), rendition.Wanted{Bytes: true})
		if r := get(t, w, a, width(100, "webp")); d.Result.Bytes != r.Info.Bytes || d.Result.Bytes == 0 {
			t.Errorf("told %d bytes, got %d", d.Result.Bytes, r.Info.Bytes)
		}
	}
	if n := w.Engine.Renders.Load(); n != 1 {
		t.Errorf("%d renderings", n)
	}
	if n := rows(t, w, a.ID); n != 1 {
		t.Errorf("%d renditions", n)
	}
}

func TestDescribeMeasuresOnce(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	w.Engine.Focus = transform.Answer{
		Boxes: []transform.Box4{{X: 0.5, Y: 0.25, Width: 0.1, Height: 0.2}}, Colors: []transform.Color{{R: 1, G: 2, B: 3, A: 255}},
	}
	for range 2 {
		d := describe(t, w, a, width(100, "webp"), rendition.Wanted{Faces: true, ResultFaces: true, Colors: 3})
		if want := []transform.Rect{{X: 200, Y: 75, Width: 40, Height: 60}}; !reflect.DeepEqual(d.Faces, want) {
			t.Errorf("faces %v, want %v", d.Faces, want)
		}
		if want := []transform.Rect{{X: 50, Y: 19, Width: 10, Height: 15}}; !reflect.DeepEqual(d.ResultFaces, want) {
			t.Errorf("faces of the result %v, want %v", d.ResultFaces, want)
		}
		if !reflect.DeepEqual(d.Colors, w.Engine.Focus.Colors) {
			t.Errorf("colours %v", d.Colors)
		}
	}
	if n := w.Engine.Measures.Load(); n != 3 {
		t.Errorf("%d measurements of three questions", n)
	}
	// Another part of the picture is another question.
	describe(t, w, a, width(50, "webp"), rendition.Wanted{Colors: 3})
	if n := w.Engine.Measures.Load(); n != 4 {
		t.Errorf("%d measurements of four questions", n)
	}
}

func TestDescribeRefuses(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	a, raw := w.Put(renditiontest.Image("shoe"), []byte("A")), w.Put(renditiontest.Raw("x.bin", "bin"), []byte("B"))
	w.Put(renditiontest.Image("logo"), []byte("C"))
	layered := transform.Transformation{Steps: []transform.Step{transform.Composite{Layer: transform.Layer{Ref: media.Ref{Name: "logo"}}}}}
	for name, c := range map[string]struct {
		a    *media.Asset
		t    transform.Transformation
		want rendition.Wanted
		code media.Code
	}{
		"steps on raw":     {raw, width(1, ""), rendition.Wanted{}, media.Unsupported},
		"faces of raw":     {raw, transform.Transformation{}, rendition.Wanted{Faces: true}, media.Unsupported},
		"colours of many":  {a, layered, rendition.Wanted{Colors: 1}, media.Unsupported},
		"too large":        {a, width(1e6, "png"), rendition.Wanted{}, media.Invalid},
		"not negotiated":   {a, width(1, transform.Auto), rendition.Wanted{}, media.Internal},
		"a layer is named": {a, transform.Transformation{Steps: []transform.Step{transform.Composite{Layer: transform.Layer{Ref: media.Ref{Name: "none"}}}}}, rendition.Wanted{}, media.NotFound},
	} {
		if _, err := w.Renditions.Describe(t.Context(), c.a, c.t, c.want); err == nil || media.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if d := describe(t, w, a, layered, rendition.Wanted{Bytes: true}); len(d.Layers) != 1 {
		t.Errorf("layers %v", d.Layers)
	}
	if d, err := w.Renditions.Describe(t.Context(), raw, transform.Transformation{}, rendition.Wanted{}); err != nil || d.Result.Bytes != 1 {
		t.Errorf("raw: %+v, %v", d, err)
	}
	_, err := w.Renditions.Get(t.Context(), a, transform.Transformation{Output: transform.Output{Info: true}})
	if media.CodeOf(err) != media.Unsupported || !strings.Contains(media.MessageOf(err), "description") {
		t.Errorf("Get of a description: %v", err)
	}
}
