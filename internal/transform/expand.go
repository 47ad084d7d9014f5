package transform

import "tintype/internal/media"

// Expand replaces every Use by the steps of the transformation that named
// answers, in branches, layers and named transformations too, up to a depth of
// 8. Outside of layers their Input counts as well, and of their Output what t
// leaves open, the last one first. An unknown name is an error of code
// Invalid. Resolve expands what was not expanded before; who needs the format
// or a key that holds for one meaning of a name expands first.
func Expand(t Transformation, named func(name string) (Transformation, bool)) (Transformation, error) {
	if !uses(t.Steps) {
		return t, nil
	}
	if err := t.Validate(); err != nil {
		return Transformation{}, err
	}
	e := expander{named: named, whole: &t}
	steps, err := e.steps(t.Steps, 0, false)
	if err != nil {
		return Transformation{}, err
	}
	t.Steps = steps
	for i := len(e.outputs) - 1; i >= 0; i-- {
		t.Output = t.Output.or(e.outputs[i])
	}
	return t, t.Validate()
}

// uses reports whether a Use is left anywhere.
func uses(steps []Step) bool {
	for _, s := range steps {
		switch s := s.(type) {
		case Use:
			return true
		case If:
			if uses(s.Then) || uses(s.Else) {
				return true
			}
		case Mix:
			if uses(s.Steps) {
				return true
			}
		case Composite:
			if uses(s.Layer.Steps) {
				return true
			}
		case Bind:
			if uses([]Step{s.Step}) {
				return true
			}
		}
	}
	return false
}

// countSteps counts steps with all that is nested in them.
func countSteps(steps []Step) int {
	n := len(steps)
	for _, s := range steps {
		switch s := s.(type) {
		case If:
			n += countSteps(s.Then) + countSteps(s.Else)
		case Mix:
			n += countSteps(s.Steps)
		case Composite:
			n += countSteps(s.Layer.Steps)
		case Bind:
			n += countSteps([]Step{s.Step}) - 1
		}
	}
	return n
}

type expander struct {
	named   func(name string) (Transformation, bool)
	whole   *Transformation
	outputs []Output
	count   int
}

func (e *expander) steps(steps []Step, depth int, layer bool) ([]Step, error) {
	if len(steps) == 0 {
		return nil, nil
	}
	var all []Step
	for _, s := range steps {
		if e.count++; e.count > maxSteps {
			return nil, media.Errorf(media.Invalid, "Transformation has more than %d steps", maxSteps)
		}
		if u, ok := s.(Use); ok {
			more, err := e.use(u, depth, layer)
			if err != nil {
				return nil, err
			}
			all = append(all, more...)
			continue
		}
		s, err := e.inside(s, depth, layer)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// inside expands what is nested in a step.
func (e *expander) inside(s Step, depth int, layer bool) (_ Step, err error) {
	switch s := s.(type) {
	case If:
		if s.Then, err = e.steps(s.Then, depth, layer); err != nil {
			return nil, err
		}
		s.Else, err = e.steps(s.Else, depth, layer)
		return s, err
	case Mix:
		s.Steps, err = e.steps(s.Steps, depth, layer)
		return s, err
	case Composite:
		s.Layer.Steps, err = e.steps(s.Layer.Steps, depth, true)
		return s, err
	case Bind:
		s.Step, err = e.inside(s.Step, depth, layer)
		return s, err
	}
	return s, nil
}

func (e *expander) use(u Use, depth int, layer bool) ([]Step, error) {
	if depth >= maxDepth {
		return nil, media.Errorf(media.Invalid, "Named transformations are nested too deeply at %s", clipped(u.Name))
	}
	t, ok := e.named(u.Name)
	if !ok {
		return nil, media.Errorf(media.Invalid, "Unknown transformation %s", clipped(u.Name))
	}
	if err := t.Validate(); err != nil {
		return nil, err
	}
	if !layer {
		e.outputs = append(e.outputs, t.Output)
		in := &e.whole.Input
		in.IgnoreOrientation = in.IgnoreOrientation || t.Input.IgnoreOrientation
		if in.Density == 0 {
			in.Density = t.Input.Density
		}
	}
	scale := u.Scale
	if scale == 0 {
		scale = 1
	}
	if t.DPR != 0 {
		scale *= t.DPR
	}
	if !finite(scale) || scale <= 0 {
		return nil, media.Errorf(media.Invalid, "Invalid scale of use: %s", number(scale))
	}
	return e.steps(normalSteps(t.Steps, scale), depth+1, layer)
}

// or takes from p what o leaves open.
func (o Output) or(p Output) Output {
	first(&o.Format, p.Format)
	if o.Quality == 0 && o.Level == "" {
		o.Quality, o.Level = p.Quality, p.Level
	}
	first(&o.Frames, p.Frames)
	first(&o.Progressive, p.Progressive)
	first(&o.Chroma, p.Chroma)
	first(&o.Lossless, p.Lossless)
	first(&o.Lossy, p.Lossy)
	first(&o.Depth, p.Depth)
	first(&o.Space, p.Space)
	first(&o.Metadata, p.Metadata)
	first(&o.Density, p.Density)
	first(&o.Delay, p.Delay)
	first(&o.Loop, p.Loop)
	first(&o.Info, p.Info)
	return o
}

func first[T comparable](v *T, other T) {
	if *v == *new(T) {
		*v = other
	}
}
