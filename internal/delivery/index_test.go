package delivery

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"tintype/internal/media"
)

func testIndex(t *testing.T, bytes uint64) *index {
	t.Helper()
	x, err := newIndex(bytes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.close)
	return x
}

func TestIndexRefusesWhatChangedSince(t *testing.T) {
	t.Parallel()
	x := testIndex(t, 1<<20)
	a, b := assetKey{"acc", "a"}, assetKey{"acc", "b"}
	before := x.mark()
	x.forget(a)
	x.put(hotKey{"h", "/a"}, 0, &answer{asset: a, body: []byte("A")}, before)
	x.put(hotKey{"h", "/b"}, 0, &answer{asset: b, body: []byte("B")}, before)
	if x.get(hotKey{"h", "/a"}, 0, nil) != nil {
		t.Error("a changed asset got in")
	}
	if x.get(hotKey{"h", "/b"}, 0, nil) == nil {
		t.Error("an unchanged asset did not get in")
	}
	x.put(hotKey{"h", "/a"}, 0, &answer{asset: a, body: []byte("A")}, x.mark())
	if x.get(hotKey{"h", "/a"}, 0, nil) == nil {
		t.Error("the new content did not get in")
	}
	for i := range len(x.recent) {
		x.forget(assetKey{"acc", mediaID(i)})
	}
	if !x.changedSince(b, before) {
		t.Error("a mark that is too old to tell was trusted")
	}
}

func mediaID(i int) (id media.AssetID) { return media.AssetID(fmt.Sprint(i)) }

func TestIndexKeepsClassesApart(t *testing.T) {
	t.Parallel()
	x := testIndex(t, 1<<20)
	a, b, k := assetKey{"acc", "a"}, assetKey{"acc", "b"}, hotKey{"h", "/k"}
	x.put(k, AVIF, &answer{asset: a, negotiated: true, body: []byte("avif")}, 0)
	x.put(k, 0, &answer{asset: b, negotiated: true, body: []byte("plain")}, 0)
	for class, want := range map[Formats]string{AVIF: "avif", 0: "plain"} {
		if got := x.get(k, class, nil); got == nil || string(got.body) != want {
			t.Errorf("class %b: %v", class, got)
		}
	}
	if x.get(k, WebP, nil) != nil {
		t.Error("a class that was not asked for is there")
	}
	x.forget(a)
	if x.get(k, AVIF, nil) != nil || x.get(k, 0, nil) == nil {
		t.Error("the wrong answer was forgotten")
	}
	x.put(k, 0, &answer{asset: b, body: []byte("all")}, x.mark())
	if got := x.get(k, WebP, nil); got == nil || string(got.body) != "all" {
		t.Errorf("the answer for everybody: %v", got)
	}
}

func TestIndexStaysInItsBounds(t *testing.T) {
	t.Parallel()
	const limit = 64 << 10
	x := testIndex(t, limit)
	for i := range 1000 {
		x.put(hotKey{"h", fmt.Sprint(i)}, 0, &answer{asset: assetKey{"acc", mediaID(i)}, body: make([]byte, 1<<10)}, 0)
	}
	x.cache.CleanUp()
	if n := x.cache.WeightedSize(); n > limit {
		t.Errorf("holds %d bytes", n)
	}
	x.cache.InvalidateAll()
	x.cache.CleanUp()
	lives := func() int {
		x.mu.Lock()
		defer x.mu.Unlock()
		return len(x.lives)
	}
	for end := time.Now().Add(10 * time.Second); lives() > 0; time.Sleep(time.Millisecond) { // deletions are told in the background
		if time.Now().After(end) {
			t.Fatalf("%d lives are left of an empty index", lives())
		}
	}
}

// TestIndexUnderFire checks with the race detector, and that no answer that
// was made before a change is seen after it.
func TestIndexUnderFire(t *testing.T) {
	t.Parallel()
	x := testIndex(t, 32<<10)
	var mu sync.Mutex
	content := map[assetKey]int{} // what the catalog would say
	var wg sync.WaitGroup
	for g := range 4 {
		rnd := rand.New(rand.NewPCG(1, uint64(g)))
		wg.Go(func() {
			for range 5000 {
				n := rnd.IntN(20)
				asset, k := assetKey{"acc", mediaID(n)}, hotKey{"h", fmt.Sprint(n)}
				switch rnd.IntN(4) {
				case 0:
					mu.Lock()
					content[asset]++
					x.forget(asset)
					mu.Unlock()
				case 1:
					mark := x.mark()
					mu.Lock()
					v := content[asset]
					mu.Unlock()
					x.put(k, 0, &answer{asset: asset, size: int64(v), body: make([]byte, 100), negotiated: n%2 == 0}, mark)
				default:
					mu.Lock()
					if a := x.get(k, 0, nil); a != nil && a.size != int64(content[asset]) {
						t.Errorf("asset %d: have %d, is %d", n, a.size, content[asset])
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
}
