package rendition_test

import (
	"context"
	"testing"

	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/rendition/renditiontest"
	"tintype/internal/transform"
)

func withLayer(refs ...media.Ref) transform.Transformation {
	t := transform.Transformation{Output: transform.Output{Format: "png"}}
	for _, ref := range refs {
		t.Steps = append(t.Steps, transform.Composite{Layer: transform.Layer{Ref: ref}, NoOverflow: true})
	}
	return t
}

func named(name string, access media.Access) media.Ref {
	return media.Ref{Kind: media.KindImage, Access: access, Name: name}
}

func TestOverwrittenLayersMakeNewRenditions(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	logo := w.Put(renditiontest.Image("logo"), []byte("L"))
	chain := withLayer(named("logo", media.Public))
	one := get(t, w, a, chain)
	if len(one.Layers) != 1 || one.Layers[0] != logo.ID || w.Engine.Sources.Load() != 2 {
		t.Errorf("layers %v, %d sources", one.Layers, w.Engine.Sources.Load())
	}
	if again := get(t, w, a, chain); again.Fresh || again.Key != one.Key || len(again.Layers) != 1 {
		t.Errorf("made anew: %+v", again)
	}
	over := renditiontest.Image("logo")
	over.ID = logo.ID
	w.Put(over, []byte("M"))
	if two := get(t, w, a, chain); !two.Fresh || two.Key == one.Key {
		t.Error("an overwritten layer shows its old bytes")
	}
	// A layer of another size gives another plan.
	small := renditiontest.Image("logo")
	small.ID, small.Version.Info.Width = logo.ID, 20
	w.Put(small, []byte("S"))
	if three := get(t, w, a, chain); !three.Fresh {
		t.Error("a smaller layer is not seen")
	}
	// One asset twice is one source.
	twice := withLayer(named("logo", media.Public), named("logo", media.Public))
	if get(t, w, a, twice); w.Engine.Sources.Load() != 2 {
		t.Errorf("%d sources", w.Engine.Sources.Load())
	}
}

// However something is asked for, it is one rendition; the text of who asked
// first stays with it.
func TestEqualPlansAreOneRendition(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	a := w.Put(renditiontest.Image("shoe"), []byte("A")) // of 400x300
	logo := w.Put(renditiontest.Image("logo"), []byte("L"))
	var first string
	for i, text := range []string{
		"resize(inside,200x)|output(png)", "resize(fill,50%x)|output(png)", "dpr(2)|resize(cover,100x75)|output(png,q=30,chroma=444)",
		"input(ignore-orientation)|if(gt(width,300),then=[resize(inside,200x200)])|output(png,frames=first,delay=20)",
	} {
		chain, err := transform.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		r := get(t, w, a, chain)
		if i == 0 {
			first = r.Key
		}
		if r.Key != first || r.Fresh != (i == 0) || r.Transformation != "resize(inside,200x)|output(png)" {
			t.Errorf("%s: fresh is %v, recorded as %s", text, r.Fresh, r.Transformation)
		}
	}
	byName := get(t, w, a, withLayer(named("logo", media.Public)))
	if byID := get(t, w, a, withLayer(media.Ref{ID: logo.ID})); byID.Key != byName.Key || byID.Fresh {
		t.Error("a layer by its name and by its id are two renditions")
	}
}

func TestLayersThatMayNotBeRead(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	for _, access := range []media.Access{media.Private, media.Authenticated} {
		secret := renditiontest.Image("secret-" + string(access))
		secret.Access = access
		s := w.Put(secret, []byte("S"))
		byName, byID := withLayer(named(secret.Name, access)), withLayer(media.Ref{ID: s.ID})
		// The signed request comes first: what it made must not be handed to others.
		if _, err := w.Renditions.GetSigned(t.Context(), a, byName); err != nil {
			t.Errorf("%s, signed: %v", access, err)
		}
		if _, err := w.Renditions.GetSigned(t.Context(), a, byID); err != nil {
			t.Errorf("%s by id, signed: %v", access, err)
		}
		if _, err := w.Renditions.Get(t.Context(), a, byName); media.CodeOf(err) != media.Unauthorized {
			t.Errorf("%s, unsigned: %v", access, err)
		}
		if _, err := w.Renditions.Get(t.Context(), a, withLayer(named("nothing", access))); media.CodeOf(err) != media.Unauthorized {
			t.Errorf("%s that does not exist, unsigned: %v", access, err)
		}
		if _, err := w.Renditions.Get(t.Context(), a, byID); media.CodeOf(err) != media.NotFound {
			t.Errorf("%s by id, unsigned: %v", access, err)
		}
	}
	w.Put(renditiontest.Raw("notes", "txt"), []byte("N"))
	for want, ref := range map[media.Code]media.Ref{ // nothing imports here
		media.NotFound:    named("nothing", media.Public),
		media.Unsupported: {URL: "https://example.org/logo.png"},
		media.Invalid:     {Kind: media.KindRaw, Access: media.Public, Name: "notes"},
	} {
		if _, err := w.Renditions.Get(t.Context(), a, withLayer(ref)); media.CodeOf(err) != want {
			t.Errorf("%+v: %v, want %s", ref, err, want)
		}
	}
}

func TestFontFilesAreSources(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	w.Engine.Focus = transform.Answer{Width: 80, Height: 20}
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	font := renditiontest.Raw("own.ttf", "ttf")
	font.Access = media.Authenticated // letters may be drawn by everybody all the same
	f := w.Put(font, []byte("F"))
	chain := transform.Transformation{Output: transform.Output{Format: "png"}, Steps: []transform.Step{
		transform.Composite{NoOverflow: true, Layer: transform.Layer{Text: &transform.Text{Content: "Ag", Size: 20, Font: media.Ref{Kind: media.KindRaw, Access: media.Authenticated, Name: "own.ttf"}}}},
	}}
	sources := 0
	w.Engine.OnMeasured = func(src engine.Source) {
		b := make([]byte, 1)
		if src == nil {
			t.Error("the font was not opened")
		} else if src.ReadAt(b, 0); b[0] != 'F' {
			t.Errorf("measured with %q", b)
		}
		sources++
	}
	one := get(t, w, a, chain)
	if sources != 1 || w.Engine.Sources.Load() != 2 {
		t.Errorf("measured %d times, %d sources", sources, w.Engine.Sources.Load())
	}
	font.ID = f.ID
	font.Version.ID = ""
	w.Put(font, []byte("FF"))
	if two := get(t, w, a, chain); two.Key == one.Key || sources != 2 {
		t.Errorf("another font, measured %d times", sources)
	}
}

func TestFactsOfTheAsset(t *testing.T) {
	t.Parallel()
	w := renditiontest.New(t)
	plain := renditiontest.Image("plain")
	tagged := renditiontest.Image("tagged")
	tagged.Tags, tagged.Context = []string{"sale"}, map[string]string{"alt": "x"}
	chain := transform.Transformation{Output: transform.Output{Format: "png"}, Steps: []transform.Step{transform.If{
		Cond: transform.Expr{Op: transform.ExprIn, Args: []transform.Expr{transform.Str("sale"), {Op: transform.ExprFact, Text: "tags"}}},
		Then: []transform.Step{transform.Flip{}},
	}}}
	texts := map[string]bool{}
	w.Engine.OnRender = func(_ context.Context, o engine.Output) error { texts[o.Plan.String()] = true; return nil }
	get(t, w, w.Put(plain, []byte("A")), chain)
	get(t, w, w.Put(tagged, []byte("B")), chain)
	if len(texts) != 2 {
		t.Errorf("plans: %v", texts)
	}
}
