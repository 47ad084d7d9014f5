package library

import (
	"testing"
)

// Between two known widths the guess keeps apart from both, whatever the bytes.
func TestBetween(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		below, above Breakpoint
		target       int64
	}{
		{Breakpoint{Width: 10, Bytes: 100}, Breakpoint{Width: 20, Bytes: 400}, 225},
		{Breakpoint{Width: 10, Bytes: 100}, Breakpoint{Width: 12, Bytes: 400}, 399},
		{Breakpoint{Width: 10, Bytes: 400}, Breakpoint{Width: 20, Bytes: 400}, 400},
		{Breakpoint{Width: 1, Bytes: 0}, Breakpoint{Width: 1000, Bytes: 1 << 30}, 1},
	} {
		if g := between(c.below, c.above, c.target); g <= c.below.Width || g >= c.above.Width {
			t.Errorf("%+v: %d", c, g)
		}
	}
	// Bytes that grow with the square of the width are met at once.
	if g := between(Breakpoint{Width: 100, Bytes: 10_000}, Breakpoint{Width: 1000, Bytes: 1_000_000}, 250_000); g != 500 {
		t.Errorf("a quarter of the bytes is at %d", g)
	}
}
