package engine

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"tintype/internal/media"
	"tintype/internal/transform"
)

func TestPoison(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	p := newPoison(func() time.Time { return now })
	of := func(s ...string) func() (suspects, error) {
		var src []Source
		for _, s := range s {
			src = append(src, bytes.NewReader([]byte(s)))
		}
		return suspectsOf(request{Kind: jobProbe}, src)
	}
	must(t, p.check(of("a")))
	must(t, p.count(of("a")))
	must(t, p.check(of("a")))
	p.forget(of("a"))
	must(t, p.count(of("a")))
	must(t, p.check(of("a")))
	must(t, p.count(of("a")))
	if err := p.check(of("a")); media.CodeOf(err) != media.Invalid {
		t.Errorf("after two deaths: %v", err)
	}
	if err := p.check(of("b", "a")); media.CodeOf(err) != media.Invalid {
		t.Errorf("as a layer: %v", err)
	}
	must(t, p.check(of("b")))
	// To ask for it does not keep it refused.
	now = now.Add(poisonTTL - time.Second)
	if p.check(of("a")) == nil {
		t.Error("an hour is over too early")
	}
	now = now.Add(2 * time.Second)
	must(t, p.check(of("a")))
	// A death long ago and one now are not two.
	must(t, p.count(of("a")))
	now = now.Add(poisonTTL + time.Second)
	must(t, p.count(of("a")))
	must(t, p.check(of("a")))
	p.forget(of("a"))
	if n := p.size.Load(); n != 0 {
		t.Errorf("%d are remembered", n)
	}
}

func TestPoisonIsBounded(t *testing.T) {
	t.Parallel()
	p := newPoison(time.Now)
	for i := range poisonMax + 10 {
		must(t, p.count(suspectsOf(request{Kind: jobProbe}, []Source{bytes.NewReader(fmt.Append(nil, i))})))
	}
	if n := p.size.Load(); n != poisonMax || len(p.marks) != poisonMax {
		t.Errorf("%d are remembered", n)
	}
}

func TestPoisonKey(t *testing.T) {
	t.Parallel()
	big := bytes.Repeat([]byte("0123456789"), 50_000)
	key := func(b []byte) poisonKey {
		k, err := poisonKeyOf(bytes.NewReader(b), int64(len(b)))
		must(t, err)
		return k
	}
	changed := bytes.Clone(big)
	changed[len(changed)-1]++
	if key(big) != key(bytes.Clone(big)) || key(big) == key(changed) || key(big) == key(big[:len(big)-10]) || key(nil) == key([]byte("a")) {
		t.Error("files are confused")
	}
	if _, err := poisonKeyOf(failsAfter("abc"), 1<<20); err == nil {
		t.Error("a file that cannot be read has a key")
	}
}

// What is asked of a file may kill workers; that is not held against the file
// itself, unless next to nothing was asked.
func TestPoisonIsOfTheRequest(t *testing.T) {
	t.Parallel()
	p := newPoison(time.Now)
	src := []Source{strings.NewReader("healthy")}
	of := func(ops ...transform.Op) func() (suspects, error) {
		return suspectsOf(request{Kind: jobRender, Plans: []transform.Plan{{
			Input: transform.PlanInput{Width: 600, Height: 450, Pages: 1}, Ops: ops, Width: 100, Height: 75,
		}}}, src)
	}
	probed := suspectsOf(request{Kind: jobProbe}, src)
	small := of(transform.OpResize{Width: 100, Height: 75})
	cruel := of(transform.OpResize{Width: 8000, Height: 8000}, transform.OpResize{Width: 100, Height: 75})
	must(t, p.count(cruel))
	must(t, p.count(cruel))
	if media.CodeOf(p.check(cruel)) != media.Invalid {
		t.Error("what killed two workers is tried again")
	}
	must(t, p.check(small))
	must(t, p.check(probed))
	must(t, p.count(small))
	must(t, p.count(probed))
	for name, s := range map[string]func() (suspects, error){"small": small, "probe": probed, "any": of(transform.OpFlip{})} {
		if media.CodeOf(p.check(s)) != media.Invalid {
			t.Errorf("%s: a file that kills all by itself is tried again", name)
		}
	}
}
