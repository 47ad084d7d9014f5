package blobtest

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tintype/internal/blob"
	"tintype/internal/media"
)

// testModel does random things to a store and to a map, which must agree.
func testModel(t *testing.T, s blob.Store) {
	rnd := rand.New(rand.NewPCG(7, 11))
	model := map[string][]byte{}
	var keys []string
	for i := range 12 {
		keys = append(keys, fmt.Sprintf("%c/%c/%d", 'a'+i%2, 'p'+i%3, i))
	}
	for step := range 400 {
		key := keys[rnd.IntN(len(keys))]
		data := Bytes(uint64(step), rnd.IntN(3000))
		switch op := rnd.IntN(8); op {
		case 0, 1:
			put(t, s, key, data)
			model[key] = data
		case 2:
			f, err := blob.Stage(t.Context(), s)
			if err != nil {
				t.Fatalf("step %d: stage: %v", step, err)
			}
			if _, err := f.Write(data); err != nil {
				t.Fatal(err)
			}
			if _, err := blob.Adopt(t.Context(), s, f, key); err != nil {
				t.Fatalf("step %d: adopt: %v", step, err)
			}
			model[key] = data
		case 3:
			if err := s.Delete(t.Context(), key); err != nil {
				t.Fatalf("step %d: delete: %v", step, err)
			}
			delete(model, key)
		case 4, 5:
			compareRange(t, s, step, key, model, rnd.Int64N(3000), rnd.Int64N(3000)-1)
		case 6:
			if data, ok := model[key]; ok {
				want(t, s, key, data)
			} else {
				wantMissing(t, s, key)
			}
		case 7:
			prefix := key[:rnd.IntN(len(key)+1)]
			wanted := slices.DeleteFunc(slices.Sorted(maps.Keys(model)), func(k string) bool { return !strings.HasPrefix(k, prefix) })
			if got := list(t, s, prefix); !slices.Equal(got, wanted) {
				t.Fatalf("step %d: list %q:\n got %v\nwant %v", step, prefix, got, wanted)
			}
		}
	}
	for key, data := range model {
		want(t, s, key, data)
	}
}

func compareRange(t *testing.T, s blob.Store, step int, key string, model map[string][]byte, off, n int64) {
	t.Helper()
	got, _, err := read(t.Context(), s, key, off, n)
	data, ok := model[key]
	if !ok {
		wantCode(t, err, media.NotFound, fmt.Sprintf("step %d: open %s", step, key))
		return
	}
	size, rangeErr := blob.Section(int64(len(data)), off, n)
	if rangeErr != nil {
		wantCode(t, err, media.Invalid, fmt.Sprintf("step %d: open %s at %d of %d", step, key, off, len(data)))
		return
	}
	if err != nil || !bytes.Equal(got, data[off:off+size]) {
		t.Fatalf("step %d: open %s at %d, %d bytes: got %d of %d, %v", step, key, off, n, len(got), size, err)
	}
}
