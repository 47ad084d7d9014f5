package catalog

import (
	"cmp"
	"math"
	"slices"

	"tintype/internal/catalog/index"
	"tintype/internal/search"
)

// eval returns the documents of which an expression is true. It answers for
// the documents of within; of others the set may say anything. The set is the
// caller's to change.
func (x *indexed) eval(e search.Expr, within index.Set) index.Set {
	out := index.NewSet(x.next)
	if x.err != nil {
		return out
	}
	switch e := e.(type) {
	case search.All:
		out.Or(within)
	case search.And:
		return x.and(e, within)
	case search.Or:
		for _, c := range e {
			out.Or(x.eval(c, within))
		}
	case search.Not:
		out.Or(within)
		out.AndNot(x.eval(e.Of, within))
	case search.Range:
		x.ranged(e, within, out)
	default:
		l, _ := lookupOf(e)
		for _, t := range l.exact {
			if s := x.terms[t]; s != nil {
				out.Or(s)
			}
		}
		for _, p := range l.prefixes {
			x.between(p, "", func(_ string, chunk int, docs []byte) error { return orInto(out, chunk, docs) })
		}
	}
	return out
}

// and takes what is cheap and leaves little first, and looks only there for
// the rest.
func (x *indexed) and(e search.And, within index.Set) index.Set {
	out := index.NewSet(x.next)
	out.Or(within)
	for _, c := range slices.SortedStableFunc(slices.Values(e), func(a, b search.Expr) int { return cmp.Compare(cost(a), cost(b)) }) {
		if out.Empty() {
			return out
		}
		if not, ok := c.(search.Not); ok {
			out.AndNot(x.eval(not.Of, out))
		} else {
			out.And(x.eval(c, out))
		}
	}
	return out
}

// cost ranks the expressions of a conjunction: terms are in memory, ranges
// read columns, prefixes read as many terms as there are.
func cost(e search.Expr) int {
	switch e := e.(type) {
	case search.Token:
		if e.Prefix {
			return 3
		}
	case search.Equals:
		if e.Prefix {
			return 3
		}
	case search.Range:
		return 2
	case search.Not:
		return 1 + cost(e.Of)
	case search.And:
		return 4
	case search.Or:
		worst := 1
		for _, c := range e {
			worst = max(worst, cost(c))
		}
		return worst
	}
	return 0
}

// ranged adds to out the documents of within whose number lies in a range.
// The bounds of a block often decide without reading it.
func (x *indexed) ranged(r search.Range, within, out index.Set) {
	c := x.column(columnNumber + r.Field)
	var undecided []int
	for n := range within.Blocks() {
		b := c.blocks[n]
		switch {
		case b == nil, b.filled == 0:
		case r.Holds(b.least) && r.Holds(b.most) && b.filled == index.BlockSize:
			for i, w := range within.Block(n) {
				out.Words(n)[i] |= w
			}
		case r.Min != nil && b.most < r.Min.Value, r.Max != nil && b.least > r.Max.Value:
		default:
			undecided = append(undecided, n)
		}
	}
	x.read(c, undecided)
	if x.err != nil {
		return
	}
	from, to := ends(r.Min, r.Max)
	for _, n := range undecided {
		c.blocks[n].numbers.Between(from, to, within.Block(n), out.Words(n))
	}
}

// ends are the least and the greatest number between two bounds.
func ends(low, high *search.Bound) (from, to float64) {
	from, to = math.Inf(-1), math.Inf(1)
	if low != nil {
		if from = low.Value; low.Open {
			from = math.Nextafter(from, math.Inf(1))
		}
	}
	if high != nil {
		if to = high.Value; high.Open {
			to = math.Nextafter(to, math.Inf(-1))
		}
	}
	return from, to
}
