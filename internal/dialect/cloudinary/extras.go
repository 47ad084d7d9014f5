package cloudinary

import (
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// extras reads what is to be found out about an upload and done to it before
// it is stored.
func (c *call) extras(u *library.Upload) error {
	if err := refuseAddons(c.form, false); err != nil {
		return err
	}
	if later, _ := c.form.Bool("async", false); later {
		for _, name := range []string{"eval", "on_success", "responsive_breakpoints"} {
			if c.form.Get(name) != "" {
				return media.Errorf(media.Invalid, "%s cannot be combined with async", name)
			}
		}
	}
	w, err := c.wanted()
	if err != nil {
		return err
	}
	u.Analyse = w.parts()
	if u.Marks, err = c.marks(); err != nil {
		return err
	}
	if u.AutoQuality, err = c.autoQuality(); err != nil {
		return err
	}
	if text := c.form.Get("transformation"); text != "" {
		chain, err := parseChainText(strings.ReplaceAll(text, " ", "%20"))
		if err != nil {
			return err
		}
		u.Incoming = chain.Transformation
	}
	return nil
}

// autoQuality reads what takes the place of automatic qualities; nil where
// the call says nothing of it.
func (c *call) autoQuality() (*transform.Transformation, error) {
	text := strings.TrimSpace(c.form.Get("quality_override"))
	out := &transform.Transformation{}
	switch text {
	case "":
		return nil, nil
	case "none":
		return out, nil
	case "auto:advanced":
		text = "auto:good" // an older name
	}
	chain, err := parseChainText("q_" + text)
	q := chain.Output
	out.Output = transform.Output{Quality: q.Quality, Level: q.Level, Chroma: q.Chroma}
	if err != nil || len(chain.Steps) > 0 || out.Empty() {
		return nil, media.Errorf(media.Invalid, "Invalid quality_override %s", dialect.Quotable(text))
	}
	return out, nil
}
