package engine

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"tintype/internal/media"
)

func TestPoison(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	p := newPoison(func() time.Time { return now })
	of := func(s string) func() ([]poisonKey, error) { return victims([]Source{bytes.NewReader([]byte(s))}) }
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
	if err := p.check(victims([]Source{bytes.NewReader([]byte("b")), bytes.NewReader([]byte("a"))})); media.CodeOf(err) != media.Invalid {
		t.Errorf("as a layer: %v", err)
	}
	must(t, p.check(of("b")))
	now = now.Add(poisonTTL + time.Second)
	must(t, p.check(of("a")))
	if n := p.size.Load(); n != 0 {
		t.Errorf("%d are remembered", n)
	}
}

func TestPoisonIsBounded(t *testing.T) {
	t.Parallel()
	p := newPoison(time.Now)
	for i := range poisonMax + 10 {
		must(t, p.count(victims([]Source{bytes.NewReader(fmt.Append(nil, i))})))
	}
	if n := p.size.Load(); n != poisonMax || len(p.files) != poisonMax {
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
