package rendition

import (
	"context"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// Trial answers what the rendition of a by t is, for a caller that may read
// every asset of the account: one that is there is looked at, another one is
// made and forgotten. Errors are those of Get.
func (s *Store) Trial(ctx context.Context, a *media.Asset, t transform.Transformation) (media.Info, error) {
	if a.Kind != media.KindImage {
		return media.Info{}, media.Errorf(media.Unsupported, "Transformations of %s files are not supported", a.Kind)
	}
	w, err := s.plan(ctx, a, t, true)
	if err != nil {
		return media.Info{}, err
	}
	if r, err := s.find(ctx, w); r != nil || err != nil {
		if r != nil {
			return r.Info, nil
		}
		return media.Info{}, err
	}
	_, info, err := s.render(ctx, w)
	return info, err
}

// Width answers how wide the rendition of a by t is, without making it.
func (s *Store) Width(ctx context.Context, a *media.Asset, t transform.Transformation) (int, error) {
	if a.Kind != media.KindImage {
		return 0, media.Errorf(media.Unsupported, "Transformations of %s files are not supported", a.Kind)
	}
	w, err := s.plan(ctx, a, t, true)
	return w.plan.Width, err
}
