package transform

// oneForm writes an operation that draws what another one draws as that one,
// so that equal pictures are equal plans.
func oneForm(op Op, p size) Op {
	middle := [2]float64{float64(p.w) / 2, float64(p.h) / 2}
	all := func(v [4]float64, is float64) bool { return v == [4]float64{is, is, is, is} }
	switch op := op.(type) {
	case OpCorners:
		short := min(middle[0], middle[1])
		round := op.RX == op.RY
		for _, r := range op.RX {
			round = round && r <= short
		}
		switch {
		case all(op.RX, middle[0]) && all(op.RY, middle[1]):
			return OpRound{Ellipse: true}
		case round:
			return OpRound{Radii: op.RX}
		}
	case OpRound:
		if p.w == p.h && all(op.Radii, middle[0]) {
			return OpRound{Ellipse: true}
		}
	}
	return op
}

// finish decides the format where that depends on the result, and leaves out
// what the encoding does by itself: laying the page over its background, and
// the pace of what does not play.
func (r *resolver) finish() error {
	out := &r.plan.Output
	if o := r.t.Output; o.opaqueJPEG(out.Format) && !r.alpha {
		var err error
		o.Format = "jpeg"
		if *out, err = resolveOutput(o, r.info); err != nil {
			return err
		}
	}
	if r.plan.Input.Pages == 1 {
		out.Delay, out.Loop = 0, 0
	}
	last := len(r.plan.Ops) - 1
	if last < 0 || r.outAlpha {
		return nil
	}
	if f, ok := r.plan.Ops[last].(OpFlatten); ok && f.Color == out.Background {
		r.plan.Ops = r.plan.Ops[:last]
	}
	return nil
}
