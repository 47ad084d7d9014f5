package engine

import (
	"errors"
	"math"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

// doShape carries out the operations that lay pictures on, bend the page, or
// need a further source. known is false for others.
func (p *picture) doShape(op transform.Op) (known bool, err error) {
	switch op := op.(type) {
	case transform.OpComposite:
		return true, p.overlay(op)
	case transform.OpPerspective:
		return true, p.perspective(op)
	case transform.OpArc:
		return true, p.arc(op)
	case transform.OpLUT:
		return true, p.lookUp(op)
	}
	return false, nil
}

// rim is how many transparent pixels a page gets all round before it is
// sampled anywhere: so its edges are smooth.
const rim = 2

// sampled replaces each page by one of w x h whose pixels are taken, bilinearly,
// from where index says: two bands of coordinates in the page with its rim, the
// middle of the first pixel being 0, 0. What lies outside is the background.
func (p *picture) sampled(index *vips.Image, background transform.Color) error {
	if err := p.toColour(); err != nil {
		return err
	}
	if err := p.addAlpha(); err != nil {
		return err
	}
	if err := p.toMemory(); err != nil {
		return err
	}
	around := vips.Args{"x": rim, "y": rim, "width": p.width() + 2*rim, "height": p.height() + 2*rim, "extend": "black"}
	err := p.eachPage(func(page *vips.Image) (*vips.Image, error) {
		return p.blended(page, func(c *chain) *chain {
			return c.do("embed", around).do("mapim", vips.Args{"index": index, "interpolate": "bilinear", "extend": "black", "premultiplied": true})
		})
	})
	p.random, p.resampled = false, true
	if err != nil || background.A == 0 {
		return err
	}
	return p.flatten(background)
}

// perspective samples the page by the inverse of the map onto the quadrilateral.
func (p *picture) perspective(op transform.OpPerspective) error {
	m, ok := ontoQuad(op.Quad, float64(p.width()), float64(p.height())).inverse()
	if !ok {
		return errors.New("the corners lie on one line")
	}
	// From the middles of pixels to the coordinates of the page with its rim.
	m = homography{1, 0, rim - 0.5, 0, 1, rim - 0.5, 0, 0, 1}.times(m).times(homography{1, 0, 0.5, 0, 1, 0.5, 0, 0, 1})
	weights, err := vips.FromDoubles([]float64{m[0], m[1], m[3], m[4], m[6], m[7]}, 2, 3)
	if err != nil {
		return err
	}
	p.scope.Own(weights)
	xy, err := p.scope.Make("xyz", vips.Args{"width": op.Width, "height": op.Height})
	if err != nil {
		return err
	}
	all, err := p.chain(xy).do("cast", vips.Args{"format": "double"}).
		do("recomb", vips.Args{"m": weights}).
		do("linear", vips.Args{"a": []float64{1, 1, 1}, "b": []float64{m[2], m[5], m[8]}}).result()
	if err != nil {
		return err
	}
	above, err := p.scope.Apply(all, "extract_band", vips.Args{"band": 0, "n": 2})
	if err != nil {
		return err
	}
	below, err := p.scope.Apply(all, "extract_band", vips.Args{"band": 2})
	if err != nil {
		return err
	}
	index, err := p.scope.Make("divide", vips.Args{"left": above, "right": below}) // by 0 it makes 0: the rim
	if err != nil {
		return err
	}
	return p.sampled(index, op.Background)
}

// homography maps points of a plane projectively: row by row.
type homography [9]float64

// ontoQuad maps the corners of w x h to those of the quadrilateral.
func ontoQuad(q [4]transform.Point, w, h float64) homography {
	dx1, dx2, dx3 := q[1].X-q[2].X, q[3].X-q[2].X, q[0].X-q[1].X+q[2].X-q[3].X
	dy1, dy2, dy3 := q[1].Y-q[2].Y, q[3].Y-q[2].Y, q[0].Y-q[1].Y+q[2].Y-q[3].Y
	var g, k float64
	if det := dx1*dy2 - dx2*dy1; det != 0 {
		g, k = (dx3*dy2-dx2*dy3)/det, (dx1*dy3-dx3*dy1)/det
	}
	unit := homography{
		q[1].X - q[0].X + g*q[1].X, q[3].X - q[0].X + k*q[3].X, q[0].X,
		q[1].Y - q[0].Y + g*q[1].Y, q[3].Y - q[0].Y + k*q[3].Y, q[0].Y,
		g, k, 1,
	}
	return unit.times(homography{1 / w, 0, 0, 0, 1 / h, 0, 0, 0, 1})
}

func (a homography) times(b homography) (m homography) {
	for r := range 3 {
		for c := range 3 {
			m[3*r+c] = a[3*r]*b[c] + a[3*r+1]*b[3+c] + a[3*r+2]*b[6+c]
		}
	}
	return m
}

func (a homography) inverse() (m homography, ok bool) {
	m = homography{
		a[4]*a[8] - a[5]*a[7], a[2]*a[7] - a[1]*a[8], a[1]*a[5] - a[2]*a[4],
		a[5]*a[6] - a[3]*a[8], a[0]*a[8] - a[2]*a[6], a[2]*a[3] - a[0]*a[5],
		a[3]*a[7] - a[4]*a[6], a[1]*a[6] - a[0]*a[7], a[0]*a[4] - a[1]*a[3],
	}
	det := a[0]*m[0] + a[1]*m[3] + a[2]*m[6]
	for i := range m {
		m[i] /= det
	}
	return m, det != 0 && !math.IsNaN(m[8]) && !math.IsInf(m[8], 0)
}

// arc bends the page round a circle.
func (p *picture) arc(op transform.OpArc) error {
	w, h := float64(p.width()), float64(p.height())
	radius := w / (math.Abs(op.Degrees) * math.Pi / 180)
	down := 1.0
	if op.Degrees < 0 {
		down = -1
	}
	xy, err := p.scope.Make("xyz", vips.Args{"width": op.Width, "height": op.Height})
	if err != nil {
		return err
	}
	// Polar angles begin half a turn away from the middle of the page, so that
	// they do not jump in it.
	dx, err := p.chain(xy).do("extract_band", vips.Args{"band": 0}).
		do("linear", vips.Args{"a": []float64{-1}, "b": []float64{op.CX - 0.5}}).result()
	if err != nil {
		return err
	}
	dy, err := p.chain(xy).do("extract_band", vips.Args{"band": 1}).
		do("linear", vips.Args{"a": []float64{down}, "b": []float64{down * (0.5 - op.CY)}}).result()
	if err != nil {
		return err
	}
	flat, err := p.scope.Make("complexform", vips.Args{"left": dy, "right": dx})
	if err != nil {
		return err
	}
	polar, err := p.scope.Apply(flat, "complex", vips.Args{"cmplx": "polar"})
	if err != nil {
		return err
	}
	r, err := p.scope.Apply(polar, "complexget", vips.Args{"get": "real"})
	if err != nil {
		return err
	}
	phi, err := p.scope.Apply(polar, "complexget", vips.Args{"get": "imag"})
	if err != nil {
		return err
	}
	perDegree := radius * math.Pi / 180
	u, err := p.chain(phi).do("linear", vips.Args{"a": []float64{perDegree}, "b": []float64{w/2 - 180*perDegree + rim - 0.5}}).result()
	if err != nil {
		return err
	}
	v, err := p.chain(r).do("linear", vips.Args{"a": []float64{-down}, "b": []float64{h/2 + down*radius + rim - 0.5}}).result()
	if err != nil {
		return err
	}
	index, err := p.scope.Make("bandjoin", vips.Args{"in": []*vips.Image{u, v}})
	if err != nil {
		return err
	}
	return p.sampled(index, op.Background)
}
