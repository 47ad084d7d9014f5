package rendition

import (
	"context"
	"encoding/json"
	"fmt"

	"tintype/internal/catalog"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// facts answers transform.Resolve about one version.
type facts struct {
	transform.Alone
	store   *Store
	asset   *media.Asset
	answers answers
}

func (s *Store) facts(w work) transform.Facts {
	return facts{store: s, asset: w.asset, answers: w.answers}
}

func (f facts) Info() media.Info { return f.asset.Version.Info }

// Measure answers from what the key was made of. A question that is not part
// of the key is refused: its answer would not be either.
func (f facts) Measure(_ context.Context, q transform.Question) (transform.Answer, error) {
	a, ok := f.answers[q]
	if !ok {
		return transform.Answer{}, fmt.Errorf("rendition: the key does not cover the question %q", q)
	}
	return a, nil
}

// answers measures everything that t reads of a's pixels. Nothing is measured
// on an animation, of which transform.Resolve asks nothing.
func (s *Store) answers(ctx context.Context, a *media.Asset, t transform.Transformation) (answers, error) {
	if a.Version.Info.Animated {
		return nil, nil
	}
	var all answers
	for _, q := range transform.Reads(t) {
		one, err := s.measure(ctx, a, q)
		if err != nil {
			return nil, fmt.Errorf("measure %s of asset %s: %w", q, a.ID, err)
		}
		if all == nil {
			all = answers{}
		}
		all[q] = one
	}
	return all, nil
}

// measure answers a question about a version, which is looked at only once in
// its life.
func (s *Store) measure(ctx context.Context, a *media.Asset, q transform.Question) (transform.Answer, error) {
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
		src, closer, err := s.Source(ctx, a)
		if err != nil {
			return ans, err
		}
		defer closer.Close()
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
		text, ok, err = tx.Measured(a.Account, a.Version.ID, string(q))
		return err
	})
	if err != nil || !ok {
		return ans, false, err
	}
	if err := json.Unmarshal(text, &ans); err != nil {
		return ans, false, fmt.Errorf("read the answer to %s: %w", q, err)
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
		return tx.PutMeasured(a.Account, a.Version.ID, string(q), text)
	})
}
