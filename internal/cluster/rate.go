package cluster

import (
	"container/list"
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tintype/internal/media"
)

// maxBuckets bounds the keys whose rate is remembered. When more are in use
// at once, the least recently used start anew with a full bucket.
const maxBuckets = 100_000

// Allow implements Cluster.
func (l *Local) Allow(ctx context.Context, key string, r Rate) (Allowance, error) {
	if err := ctx.Err(); err != nil {
		return Allowance{}, err
	}
	if r.Limit <= 0 || r.Per <= 0 {
		return Allowance{}, media.Errorf(media.Invalid, "A rate needs a limit and a period above zero")
	}
	if r.Burst <= 0 {
		r.Burst = r.Limit
	}
	return l.rates.take(time.Now(), key, r), nil
}

// buckets keeps a token bucket per key, in the order of their last use. A
// bucket that has filled up again is no different from a new one, so it may
// be forgotten.
type buckets struct {
	mu    sync.Mutex
	max   int
	byKey map[string]*list.Element
	order *list.List // of *bucket, least recently used first
}

type bucket struct {
	key    string
	rate   Rate
	lim    *rate.Limiter
	fullAt time.Time
}

func newBuckets(n int) buckets {
	return buckets{max: n, byKey: map[string]*list.Element{}, order: list.New()}
}

func (b *buckets) take(now time.Time, key string, r Rate) Allowance {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.find(now, key, r)
	var a Allowance
	res := k.lim.ReserveN(now, 1)
	if a.RetryAfter = res.DelayFrom(now); a.RetryAfter > 0 {
		res.CancelAt(now)
	} else {
		a.OK = true
	}
	tokens := k.lim.TokensAt(now)
	a.Remaining = max(0, int(tokens))
	missing := float64(k.rate.Burst) - tokens
	k.fullAt = now.Add(time.Duration(missing * float64(r.Per) / float64(r.Limit)))
	return a
}

func (b *buckets) find(now time.Time, key string, r Rate) *bucket {
	limit := rate.Limit(float64(r.Limit) / r.Per.Seconds())
	if e, ok := b.byKey[key]; ok {
		b.order.MoveToBack(e)
		k := e.Value.(*bucket)
		if k.rate != r {
			k.lim.SetLimitAt(now, limit)
			k.lim.SetBurstAt(now, r.Burst)
			k.rate = r
		}
		return k
	}
	for e := b.order.Front(); e != nil; e = b.order.Front() {
		old := e.Value.(*bucket)
		if len(b.byKey) < b.max && now.Before(old.fullAt) {
			break
		}
		b.order.Remove(e)
		delete(b.byKey, old.key)
	}
	k := &bucket{key: key, rate: r, lim: rate.NewLimiter(limit, r.Burst)}
	b.byKey[key] = b.order.PushBack(k)
	return k
}
