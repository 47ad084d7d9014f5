package engine

import (
	"fmt"

	"tintype/internal/transform"
)

// plane is the alpha of a page.
func plane(px []byte) []byte {
	a := make([]byte, len(px)/4)
	for i := range a {
		a[i] = px[4*i+3]
	}
	return a
}

// scaled is the product of values of which 255 is one.
func scaled(a, b uint8) uint32 { return (uint32(a)*uint32(b) + 127) / 255 }

func (p *picture) outline(op transform.OpOutline) error {
	return p.inGoOr(func(r *raster) error {
		r.alpha = true
		k := kernelOf(transform.Disk, op.Width)
		outer := op.Mode == transform.OutlineOuter || op.Mode == transform.OutlineFill
		for i := range r.pages {
			px := r.page(i)
			edge, err := p.blurPlane(extreme(plane(px), r.w, r.h, 1, k, !outer, edgeZero), r.w, r.h, op.Blur, 0, 0)
			if err != nil {
				return err
			}
			if err := drawOutline(px, edge, op); err != nil {
				return err
			}
		}
		return nil
	})
}

// drawOutline has the dilation or erosion of the page's alpha at hand.
func drawOutline(px, edge []byte, op transform.OpOutline) error {
	c := op.Color
	for i, e := range edge {
		q := px[4*i : 4*i+4 : 4*i+4]
		switch op.Mode {
		case transform.OutlineOuter:
			lieOn(q, c, scaled(e, c.A))
		case transform.OutlineInner:
			lay(q, c, scaled(uint8(scaled(q[3], 255-e)), c.A))
		case transform.OutlineInnerFill:
			lay(q, c, scaled(uint8(scaled(q[3], e)), c.A))
		case transform.OutlineFill:
			q[0], q[1], q[2], q[3] = c.R, c.G, c.B, uint8(scaled(e, c.A))
		default:
			return fmt.Errorf("unknown outline %q", op.Mode)
		}
	}
	return nil
}

func (p *picture) shadow(op transform.OpShadow) error {
	return p.inGoOr(func(r *raster) error {
		r.alpha = true
		for i := range r.pages {
			px := r.page(i)
			a, err := p.blurPlane(plane(px), r.w, r.h, op.Sigma, op.X, op.Y)
			if err != nil {
				return err
			}
			for j, cover := range a {
				lieOn(px[4*j:4*j+4:4*j+4], op.Color, scaled(cover, op.Color.A))
			}
		}
		return nil
	})
}
