package dialect

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"tintype/internal/cluster"
	"tintype/internal/media"
)

// SameSecret compares two secrets in a time that tells nothing of them.
func SameSecret(given, want string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// Guard slows down whoever guesses credentials: after ten wrong tries a
// minute on one key, or from one address, further wrong ones are answered
// "later". Right ones pass, so that nobody locks out an account by guessing,
// except from the very address that guesses at the very key, so that guessing
// is bounded. A neighbour that forwards is as many addresses as it names. It is
// safe for concurrent use.
type Guard struct {
	cluster cluster.Cluster
	now     func() time.Time

	mu    sync.Mutex
	until map[string]time.Time // end of the refusal, by key and address
}

// NewGuard returns a Guard; now is its clock.
func NewGuard(c cluster.Cluster, now func() time.Time) *Guard {
	return &Guard{cluster: c, now: now, until: map[string]time.Time{}}
}

// wrongTries is how many wrong credentials are answered as such.
var wrongTries = cluster.Rate{Limit: 10, Per: time.Minute, Burst: 10}

// maxRefused bounds the memory for refusals.
const maxRefused = 10_000

// Check refuses a try before its credentials are looked at, as Limited, where
// there were too many wrong ones of this address at this key of the account.
func (g *Guard) Check(r *http.Request, acc media.AccountID, key string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	name := refusal(r, acc, key)
	end, ok := g.until[name]
	if !ok {
		return nil
	}
	if left := end.Sub(g.now()); left > 0 {
		return tooMany(left)
	}
	delete(g.until, name)
	return nil
}

// Wrong counts a wrong try and returns what to answer: err, or that there
// were too many.
func (g *Guard) Wrong(r *http.Request, acc media.AccountID, key string, err error) error {
	ctx := context.WithoutCancel(r.Context())
	var wait time.Duration
	for _, bucket := range []string{"wrong-key/" + string(acc) + "/" + bounded(key), "wrong-address/" + Address(r)} {
		a, allowErr := g.cluster.Allow(ctx, bucket, wrongTries)
		if allowErr == nil && !a.OK {
			wait = max(wait, a.RetryAfter, time.Second)
		}
	}
	// Only tries at this key from this address count for the refusal of
	// right credentials too.
	a, allowErr := g.cluster.Allow(ctx, "wrong-pair/"+refusal(r, acc, key), wrongTries)
	if allowErr == nil && !a.OK {
		g.refuse(refusal(r, acc, key), max(a.RetryAfter, time.Second))
	}
	if wait > 0 {
		return tooMany(wait)
	}
	return err
}

func (g *Guard) refuse(name string, d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if len(g.until) >= maxRefused {
		for n, end := range g.until {
			if !end.After(now) {
				delete(g.until, n)
			}
		}
	}
	if len(g.until) < maxRefused {
		g.until[name] = now.Add(d)
	}
}

func refusal(r *http.Request, acc media.AccountID, key string) string {
	return string(acc) + "/" + bounded(key) + "/" + Address(r) + forwarded(r)
}

// bounded keeps an id that a caller made up to a size that can be remembered.
func bounded(id string) string { return id[:min(len(id), 64)] }

// Address is whom to count by: the client's address, of which an IPv6 network
// of 64 bits is one.
func Address(r *http.Request) string {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip := at.Addr().Unmap()
	if network, err := ip.Prefix(64); err == nil && ip.Is6() {
		return network.String()
	}
	return ip.String()
}

// forwarded is for whom a neighbour says to forward, which the server was not
// told to be a proxy: its address may be many people's. It is hearsay, and
// serves only to keep these people's wrong tries apart. From afar nobody can
// pass for a neighbour.
func forwarded(r *http.Request) string {
	values := r.Header["X-Forwarded-For"]
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if len(values) == 0 || err != nil || !at.Addr().Unmap().IsLoopback() && !at.Addr().Unmap().IsPrivate() {
		return ""
	}
	last := values[len(values)-1]
	return "/" + bounded(strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:]))
}

func tooMany(wait time.Duration) error {
	return &media.Error{
		Code:    media.Limited,
		Op:      "authorize",
		Message: "Too many wrong credentials, try again later",
		Err:     fmt.Errorf("refused for %s", wait),
	}
}
