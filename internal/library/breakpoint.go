package library

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// Breakpoints asks for the widths of a picture between which files differ by
// about as many bytes.
type Breakpoints struct {
	// Base is what is done before the picture is scaled to a width.
	Base transform.Transformation
	// Min and Max bound the widths; none is wider than Base makes the picture.
	Min, Max int
	// Step is by how many bytes two neighbours differ.
	Step int64
	// Most bounds how many there are.
	Most int
	// Keep makes the renditions to stay; else they are made to be measured only.
	Keep bool
}

// Breakpoint is one of the widths.
type Breakpoint struct {
	Width, Height int
	Bytes         int64
}

// Breakpoints finds the widths, the widest first. There is always one.
func (l *Library) Breakpoints(ctx context.Context, a *media.Asset, b Breakpoints) ([]Breakpoint, error) {
	ctx = engine.Patient(ctx, patience)
	if b.Base.Output.Format == transform.Auto {
		b.Base.Output.Format = "" // there is no client to negotiate with
	}
	widest, err := l.cfg.Renditions.Width(ctx, a, b.Base)
	if err != nil {
		return nil, fmt.Errorf("breakpoints: %w", err)
	}
	s := &scale{library: l, asset: a, base: b.Base, known: map[int]Breakpoint{}}
	widest = max(1, min(widest, b.Max))
	found, err := s.find(ctx, widest, min(max(1, b.Min), widest), max(1, b.Step), max(1, b.Most))
	if err != nil || !b.Keep {
		return found, err
	}
	ts := make([]transform.Transformation, len(found))
	for i, p := range found {
		ts[i] = s.to(p.Width)
	}
	for _, made := range l.Eager(ctx, a, ts, nil) {
		if made.Err != nil {
			return nil, fmt.Errorf("breakpoints: %w", made.Err)
		}
	}
	return found, nil
}

// scale tries widths out.
type scale struct {
	library *Library
	asset   *media.Asset
	base    transform.Transformation
	known   map[int]Breakpoint
}

// to is the base, scaled to a width.
func (s *scale) to(width int) transform.Transformation {
	t := s.base
	t.Steps = append(slices.Clone(t.Steps), transform.Resize{Fit: transform.Fill, Box: transform.Box{Width: transform.Px(float64(width))}})
	return t
}

func (s *scale) try(ctx context.Context, width int) (Breakpoint, error) {
	if p, ok := s.known[width]; ok {
		return p, nil
	}
	info, err := s.library.cfg.Renditions.Trial(ctx, s.asset, s.to(width))
	if err != nil {
		return Breakpoint{}, fmt.Errorf("breakpoint of %d: %w", width, err)
	}
	p := Breakpoint{Width: info.Width, Height: info.Height, Bytes: info.Bytes}
	s.known[width] = p
	return p, nil
}

// find parts the bytes between the widest and the narrowest evenly, and looks
// for the width of each part.
func (s *scale) find(ctx context.Context, widest, narrowest int, step int64, most int) ([]Breakpoint, error) {
	high, err := s.try(ctx, widest)
	if err != nil {
		return nil, err
	}
	found := []Breakpoint{high}
	if narrowest == widest || most == 1 {
		return found, nil
	}
	low, err := s.try(ctx, narrowest)
	if err != nil {
		return nil, err
	}
	parts := int(min((high.Bytes-low.Bytes)/step, int64(most-1), int64(widest-narrowest)))
	if parts < 1 {
		return found, nil
	}
	for i := 1; i < parts; i++ {
		target := high.Bytes - (high.Bytes-low.Bytes)*int64(i)/int64(parts)
		p, err := s.closest(ctx, target, step/4)
		if err != nil {
			return nil, err
		}
		if p.Width < found[len(found)-1].Width && p.Width > narrowest {
			found = append(found, p)
		}
	}
	return append(found, low), nil
}

// closest tries up to two widths for a size in bytes, and answers the best
// that is known then.
func (s *scale) closest(ctx context.Context, target, near int64) (Breakpoint, error) {
	off := func(p Breakpoint) int64 { return max(p.Bytes-target, target-p.Bytes) }
	for range 2 {
		below, above := s.around(target)
		if off(below) <= near || off(above) <= near || above.Width-below.Width < 2 {
			break
		}
		if _, err := s.try(ctx, between(below, above, target)); err != nil {
			return Breakpoint{}, err
		}
	}
	below, above := s.around(target)
	if off(below) < off(above) {
		return below, nil
	}
	return above, nil
}

// around are the known widths next to a size in bytes, of which there is one
// on each side.
func (s *scale) around(target int64) (below, above Breakpoint) {
	list := make([]Breakpoint, 0, len(s.known))
	for _, p := range s.known {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b Breakpoint) int { return cmp.Compare(a.Width, b.Width) })
	below, above = list[0], list[len(list)-1]
	for _, p := range list {
		if p.Bytes <= target {
			below = p
		}
	}
	for _, p := range slices.Backward(list) {
		if p.Bytes >= target && p.Width > below.Width {
			above = p
		}
	}
	return below, above
}

// between guesses a width: bytes grow with a power of it.
func between(below, above Breakpoint, target int64) int {
	w, v := math.Log(float64(below.Width)), math.Log(float64(above.Width))
	b, c := math.Log(float64(max(1, below.Bytes))), math.Log(float64(max(1, above.Bytes)))
	f := 0.5
	if c > b {
		f = (math.Log(float64(max(1, target))) - b) / (c - b)
	}
	guess := int(math.Round(math.Exp(w + f*(v-w))))
	return max(below.Width+1, min(above.Width-1, guess))
}
