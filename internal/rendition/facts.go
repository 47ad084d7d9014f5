package rendition

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"tintype/internal/catalog"
	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// asked is one call of Get: what it may read, and the further assets that it
// read, each at one version all along.
type asked struct {
	store   *Store
	account media.AccountID
	// signed: the caller may use assets that are not public as layers.
	signed  bool
	further map[transform.PlanSource]*media.Asset
}

// asset finds a further asset that the caller may use. A font may be used by
// everybody, whatever its access: nothing of the file comes out but letters.
func (r *asked) asset(ctx context.Context, ref media.Ref, use transform.SourceUse) (*media.Asset, error) {
	key := transform.PlanSource{Ref: ref, Use: use}
	if a := r.further[key]; a != nil {
		return a, nil
	}
	if ref.URL != "" {
		a, err := r.remote(ctx, ref)
		if err != nil {
			return nil, err
		}
		r.remember(key, a)
		return a, nil
	}
	full := ref
	if ref.ID == "" && ref.Kind == "" {
		full.Kind = media.KindImage
	}
	if ref.ID == "" && ref.Access == "" {
		full.Access = media.Public
	}
	open := r.signed || use == transform.UseFont
	// Nobody learns whether a name of restricted access exists.
	if full.ID == "" && !full.Access.Open() && !open {
		return nil, media.Errorf(media.Unauthorized, "A valid signature is required")
	}
	var a *media.Asset
	err := r.store.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		a, err = tx.Asset(r.account, full)
		return err
	})
	hidden := err == nil && !open
	if hidden {
		granted, _ := a.Readable(r.store.cfg.Now())
		hidden = !granted || !a.Access.Open()
	}
	switch {
	case hidden, err != nil && media.CodeOf(err) == media.NotFound:
		return nil, &media.Error{Code: media.NotFound, Message: "Resource not found - " + nameOf(ref), Err: &media.LayerError{Ref: ref}}
	case err != nil:
		return nil, fmt.Errorf("find layer: %w", err)
	}
	r.remember(key, a)
	return a, nil
}

func (r *asked) remember(key transform.PlanSource, a *media.Asset) {
	if r.further == nil {
		r.further = map[transform.PlanSource]*media.Asset{}
	}
	r.further[key] = a
}

// remote finds or imports the picture that a layer's URL names.
func (r *asked) remote(ctx context.Context, ref media.Ref) (*media.Asset, error) {
	if err := r.store.MayImport(ref.URL, r.signed); err != nil {
		return nil, err
	}
	a, err := r.store.Import(ctx, r.account, media.RemoteRef(ref.URL), ref.URL)
	if code := media.CodeOf(err); err != nil && (code == media.NotFound || code == media.Invalid) {
		return nil, &media.Error{Code: code, Op: "import layer", Message: media.MessageOf(err), Err: &media.LayerError{Ref: ref, Err: err}}
	}
	return a, err
}

func nameOf(ref media.Ref) string {
	switch {
	case ref.Name != "":
		return ref.Name
	case ref.ID != "":
		return string(ref.ID)
	}
	return ref.URL
}

// seen are all assets that were looked at, each once.
func (r *asked) seen() []media.AssetID {
	var ids []media.AssetID
	for _, a := range r.further {
		ids = append(ids, a.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// sources finds the further assets of a plan, in its order.
func (r *asked) sources(ctx context.Context, plan transform.Plan) ([]*media.Asset, error) {
	var all []*media.Asset
	for _, s := range plan.Sources {
		a, err := r.asset(ctx, s.Ref, s.Use)
		if err != nil {
			return nil, err
		}
		if s.Use == transform.UsePicture && a.Kind != media.KindImage {
			return nil, errNoLayer(s.Ref)
		}
		all = append(all, a)
	}
	return all, nil
}

func errNoLayer(ref media.Ref) error {
	return &media.Error{
		Code: media.Invalid, Message: nameOf(ref) + " is not a picture that can be used as a layer", Err: &media.LayerError{Ref: ref},
	}
}

// facts answers transform.Resolve about one version.
type facts struct {
	transform.Alone
	asked *asked
	asset *media.Asset
}

// Info is the version's.
func (f facts) Info() media.Info { return f.asset.Version.Info }

// Layer answers about another asset of the account.
func (f facts) Layer(ctx context.Context, ref media.Ref) (transform.Facts, error) {
	a, err := f.asked.asset(ctx, ref, transform.UsePicture)
	if err != nil {
		return nil, err
	}
	if a.Kind != media.KindImage || a.Access.Composed() {
		return nil, errNoLayer(ref)
	}
	return facts{asked: f.asked, asset: a}, nil
}

// Value knows tags and context.
func (f facts) Value(name string) (transform.Value, bool) {
	if name == "tags" {
		return transform.ListOf(f.asset.Tags), true
	}
	if name == transform.FactDrawn {
		return transform.TextOf(f.asset.Detail.Drawn), f.asset.Detail.Drawn != ""
	}
	if key, ok := strings.CutPrefix(name, "context."); ok {
		v, ok := f.asset.Context[key]
		return transform.TextOf(v), ok
	}
	return transform.Value{}, false
}

// Named knows the account's named transformations.
func (f facts) Named(name string) (transform.Transformation, bool) {
	if find := f.asked.store.cfg.Named; find != nil {
		return find(f.asked.account, name)
	}
	return transform.Transformation{}, false
}

// Stored knows the rectangles that the user marked.
func (f facts) Stored(kind transform.Anchor, name string) []transform.Box4 {
	d, info := f.asset.Detail, f.asset.Version.Info
	var boxes []media.Box
	switch kind {
	case transform.Face, transform.Faces:
		boxes = d.Faces
	case transform.Custom:
		boxes = d.Coordinates
	case transform.Region:
		if points := d.Regions[name]; len(points) > 0 {
			boxes = []media.Box{media.Around(points)}
		}
	}
	if len(boxes) == 0 || info.Width < 1 || info.Height < 1 {
		return nil
	}
	boxes = slices.Clone(boxes)
	slices.SortStableFunc(boxes, func(a, b media.Box) int { return b.Width*b.Height - a.Width*a.Height })
	w, h := float64(info.Width), float64(info.Height)
	out := make([]transform.Box4, len(boxes))
	for i, b := range boxes {
		out[i] = transform.Box4{X: float64(b.X) / w, Y: float64(b.Y) / h, Width: float64(b.Width) / w, Height: float64(b.Height) / h}
	}
	return out
}

// Measure answers what was measured before, or measures it. A text in a font
// file of the account is measured with the font's version.
func (f facts) Measure(ctx context.Context, q transform.Question) (transform.Answer, error) {
	a := f.asset
	ask, err := transform.ParseQuestion(q)
	if err != nil {
		return transform.Answer{}, err
	}
	if ask.What == transform.WhatText && ask.Font != nil {
		if a, err = f.asked.asset(ctx, *ask.Font, transform.UseFont); err != nil {
			return transform.Answer{}, err
		}
	}
	bare := ask.What == transform.WhatText && ask.Font == nil
	ans, err := f.asked.store.measure(ctx, a, q, bare)
	if err != nil {
		return ans, fmt.Errorf("measure %s of asset %s: %w", ask.What, a.ID, err)
	}
	return ans, nil
}

// measure answers a question about a version, which is looked at only once in
// its life. A bare question needs no source.
func (s *Store) measure(ctx context.Context, a *media.Asset, q transform.Question, bare bool) (transform.Answer, error) {
	if ans, ok, err := s.measured(ctx, a, q); ok || err != nil {
		return ans, err
	}
	key := string(a.Account) + "/" + string(a.Version.ID) + "/" + string(q)
	return s.measures.do(ctx, key, func(ctx context.Context) (ans transform.Answer, err error) {
		ctx, cancel := context.WithTimeout(ctx, 2*s.cfg.Timeout)
		defer cancel()
		unlock, err := s.cfg.Cluster.Lock(ctx, "measure/"+key)
		if err != nil {
			return ans, err
		}
		defer unlock()
		if ans, ok, err := s.measured(ctx, a, q); ok || err != nil {
			return ans, err
		}
		var src engine.Source
		if !bare {
			var closer io.Closer
			if src, closer, err = s.Source(ctx, a); err != nil {
				return ans, err
			}
			defer closer.Close()
		}
		err = s.run(ctx, func(ctx context.Context) (err error) {
			ans, err = s.cfg.Engine.Measure(ctx, src, q)
			return err
		})
		if err != nil {
			return ans, err
		}
		return ans, s.remember(ctx, a, q, ans)
	})
}

func (s *Store) measured(ctx context.Context, a *media.Asset, q transform.Question) (ans transform.Answer, ok bool, err error) {
	var text []byte
	err = s.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		text, ok, err = tx.Measured(a.Account, a.Version.ID, recorded(q))
		return err
	})
	if err != nil || !ok {
		return ans, false, err
	}
	if err := json.Unmarshal(text, &ans); err != nil {
		return ans, false, fmt.Errorf("read the answer to %.40s: %w", q, err)
	}
	return ans, true, nil
}

// remember records an answer, unless the version is gone meanwhile. An answer
// that could not be recorded is no answer: another node might measure another
// number, and one key would stand for two pictures.
func (s *Store) remember(ctx context.Context, a *media.Asset, q transform.Question, ans transform.Answer) error {
	text, err := json.Marshal(ans)
	if err != nil {
		return err
	}
	return s.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) error {
		if alive, err := current(tx, a); err != nil || !alive {
			return err
		}
		return tx.PutMeasured(a.Account, a.Version.ID, recorded(q), text)
	})
}

// recorded is the name under which an answer is recorded: the question
// itself, or the digest of a long one.
func recorded(q transform.Question) string {
	if len(q) <= 200 {
		return string(q)
	}
	return "sha256:" + sha256Hex([]byte(q))
}
