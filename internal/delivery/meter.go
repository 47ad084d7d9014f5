package delivery

import (
	"context"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

// flushEvery is how often what was delivered is recorded: what a crash can
// lose of it.
const flushEvery = 10 * time.Second

// meter counts what is delivered, in memory. Counting takes no lock.
type meter struct {
	mu       sync.Mutex // held by who adds an account
	accounts atomic.Pointer[map[media.AccountID]*counter]
}

type counter struct{ requests, bytes atomic.Int64 }

func (m *meter) of(acc media.AccountID) *counter {
	if all := m.accounts.Load(); all != nil {
		if c := (*all)[acc]; c != nil {
			return c
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[media.AccountID]*counter{}
	if old := m.accounts.Load(); old != nil {
		if c := (*old)[acc]; c != nil {
			return c
		}
		all = maps.Clone(*old)
	}
	c := &counter{}
	all[acc] = c
	m.accounts.Store(&all)
	return c
}

// count notes an answer that was given. Where less than everything was sent,
// its length stands in the header.
func (m *meter) count(acc media.AccountID, w http.ResponseWriter, r *http.Request, size int64) {
	c := m.of(acc)
	c.requests.Add(1)
	if r.Method == http.MethodHead {
		return
	}
	if !unconditional(r.Header) {
		n, err := strconv.ParseInt(w.Header().Get("Content-Length"), 10, 64)
		if err != nil {
			return // nothing had to be sent
		}
		size = n
	}
	c.bytes.Add(size)
}

// Run records, until ctx ends and then once more, what was delivered. The
// error is always nil.
func (d *Delivery) Run(ctx context.Context) error {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushEvery)
			defer cancel()
			d.flush(last)
			return nil
		case <-tick.C:
			d.flush(ctx)
		}
	}
}

// flush records what was counted since the last time. What cannot be recorded
// goes on being counted.
func (d *Delivery) flush(ctx context.Context) {
	all := d.meter.accounts.Load()
	if all == nil {
		return
	}
	counted := map[media.AccountID]catalog.Traffic{}
	for acc, c := range *all {
		if t := (catalog.Traffic{Requests: c.requests.Swap(0), Bytes: c.bytes.Swap(0)}); t != (catalog.Traffic{}) {
			counted[acc] = t
		}
	}
	if len(counted) == 0 {
		return
	}
	err := d.cfg.Catalog.Update(ctx, func(tx *catalog.Tx) error {
		for acc, t := range counted {
			if err := tx.AddTraffic(acc, d.cfg.Now(), t); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		return
	}
	d.cfg.Logger.Warn("what was delivered cannot be recorded yet", "err", err)
	for acc, t := range counted {
		(*all)[acc].requests.Add(t.Requests)
		(*all)[acc].bytes.Add(t.Bytes)
	}
}
