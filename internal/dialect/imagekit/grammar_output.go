package imagekit

import "tintype/internal/transform"

// settings are what counts once for the whole chain.
type settings struct {
	transform.Output
	matte    transform.Color
	fallback string
}

// complete fills in what is not stated: the format is negotiated.
func (s *settings) complete() transform.Output {
	o := s.Output
	if o.Format == "" {
		o.Format = transform.Auto
	}
	if o.Format == keepFormat {
		o.Format = ""
	}
	return o
}

// keepFormat stands for the source's format until all is read.
const keepFormat = "orig"

// outputKeys are the parameters that a branch cannot have.
var outputKeys = []string{"f", "q", "lo", "pr", "md", "cp", "dn"}

// output reads the settings of one step, of which the last step's count.
// What is out of its range is left out.
func (in *reader) output(p params) error {
	if in.branch {
		for _, key := range outputKeys {
			if v, ok := p.get(key); ok {
				return unsupported(key + "-" + v + " in a condition")
			}
		}
	}
	o := in.out
	if v, ok := p.get("f"); ok {
		if err := o.format(v); err != nil {
			return err
		}
	}
	if v, ok := p.get("q"); ok {
		if n, ok := parseInt(v, 1, 100); ok {
			o.Quality = n
		}
	}
	if v, ok := p.get("lo"); ok {
		o.Lossless = v == "true"
	}
	if v, ok := p.get("pr"); ok {
		o.Progressive = v == "true"
	}
	if v, ok := p.get("md"); ok {
		o.Metadata = ""
		if v == "true" {
			o.Metadata = transform.MetadataKeep
		}
	}
	if v, ok := p.get("cp"); ok {
		o.Space = ""
		if v == "true" {
			o.Space = transform.SpaceKeep
		}
	}
	if v, ok := p.get("dn"); ok {
		if n, ok := parseInt(v, 1, 1200); ok {
			o.Density = n
		} else if e, ok := in.scope.parseValue(v); ok && e.expr != nil {
			return unsupported("dn-" + v)
		}
	}
	if v, ok := p.get("di"); ok {
		o.fallback = slashes(v)
	}
	return nil
}

func (s *settings) format(v string) error {
	switch {
	case outputFormats[v] != "":
		s.Format, s.Frames = outputFormats[v], transform.FramesDefault
		if v == "webp" {
			s.Frames = transform.FramesAll
		}
	case v == "auto":
		s.Format, s.Frames = transform.Auto, transform.FramesDefault
	case v == "orig":
		s.Format, s.Frames = keepFormat, transform.FramesDefault
	case otherFormats[v]:
		return unsupported("f-" + v)
	}
	return nil
}
