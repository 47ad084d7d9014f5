package cloudinary

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"tintype/internal/cluster"
	"tintype/internal/dialect"
	"tintype/internal/media"
)

// bySignature finds the key that signed a call of the Upload API.
func (d *Dialect) bySignature(c *call, rt route) (media.Key, error) {
	id := c.form.Get("api_key")
	if c.form.Get("signature") == "" {
		switch {
		case !rt.file && id == "":
			return media.Key{}, media.Errorf(media.Invalid, "Missing required parameter - api_key")
		case !rt.file:
			return media.Key{}, media.Errorf(media.Invalid, "Missing required parameter - signature")
		}
		return d.unsigned(c)
	}
	if id == "" {
		return media.Key{}, media.Errorf(media.Invalid, "Missing required parameter - api_key")
	}
	if err := d.guard.check(c, id); err != nil {
		return media.Key{}, err
	}
	key, ok := c.acc.Key(id)
	if !ok {
		return media.Key{}, d.unknownKey(c, id)
	}
	if err := d.checkSigned(c.form.Fields, key.Secret); err != nil {
		if media.CodeOf(err) == media.Unauthorized {
			err = d.guard.wrong(c, id, err)
		}
		return media.Key{}, err
	}
	check := checkTimestamp
	if rt.until {
		check = checkExpiry
	}
	if err := check(c.form.Fields, d.cfg.Now()); err != nil {
		return media.Key{}, err
	}
	return key, nil
}

func (d *Dialect) unknownKey(c *call, id string) error {
	return d.guard.wrong(c, id, media.Errorf(media.Unauthorized, "Unknown API key %s", dialect.Quotable(id)))
}

// checkSigned verifies the signature over the parameters as they came. One
// library signs numbered values in the order of their numbers as text, but
// sends them in any order.
func (d *Dialect) checkSigned(fields []dialect.Field, secret string) error {
	accept := signatures{escaped: d.cfg.SignatureV2Only, sha256: d.cfg.SignatureSHA256}
	err := checkAPISignature(fields, secret, accept)
	if err == nil {
		return nil
	}
	ordered := slices.Clone(fields)
	slices.SortStableFunc(ordered, func(a, b dialect.Field) int {
		if a.Name != b.Name || a.Index == "" || b.Index == "" {
			return strings.Compare(a.Name, b.Name)
		}
		return strings.Compare(a.Index, b.Index)
	})
	if checkAPISignature(ordered, secret, accept) == nil {
		return nil
	}
	return err
}

// basic finds the key by Basic credentials.
func (d *Dialect) basic(c *call) (media.Key, error) {
	header := c.r.Header.Get("Authorization")
	if header == "" {
		return media.Key{}, media.Errorf(media.Unauthorized, "Missing credentials: send api_key and api_secret by Basic authentication")
	}
	id, secret, ok := c.r.BasicAuth()
	if !ok {
		return media.Key{}, d.guard.wrong(c, "", media.Errorf(media.Unauthorized, "Invalid token"))
	}
	if err := d.guard.check(c, id); err != nil {
		return media.Key{}, err
	}
	key, ok := c.acc.Key(id)
	if !ok {
		return media.Key{}, d.guard.wrong(c, id, media.Errorf(media.Unauthorized, "unknown api_key"))
	}
	given, want := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(key.Secret))
	if subtle.ConstantTimeCompare(given[:], want[:]) != 1 {
		return media.Key{}, d.guard.wrong(c, id, media.Errorf(media.Unauthorized, "api_secret mismatch"))
	}
	return key, nil
}

// guard slows down whoever guesses credentials: after ten wrong tries a
// minute on one key, or from one address, further wrong ones are answered
// "later". Right ones pass, so that nobody locks out an account by guessing,
// except from the very address that guesses at the very key, so that guessing
// is bounded. A neighbour that forwards is as many addresses as it names.
type guard struct {
	cluster cluster.Cluster
	now     func() time.Time

	mu    sync.Mutex
	until map[string]time.Time // end of the refusal, by key and address
}

// wrongTries is how many wrong credentials are answered as such.
var wrongTries = cluster.Rate{Limit: 10, Per: time.Minute, Burst: 10}

// maxRefused bounds the memory for refusals.
const maxRefused = 10_000

func (g *guard) check(c *call, key string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	name := refusal(c, key)
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

// wrong counts a wrong try and returns what to answer: err, or that there
// were too many.
func (g *guard) wrong(c *call, key string, err error) error {
	ctx := context.WithoutCancel(c.ctx)
	account := string(c.acc.ID)
	var wait time.Duration
	for _, bucket := range []string{"wrong-key/" + account + "/" + short(key), "wrong-address/" + address(c)} {
		a, allowErr := g.cluster.Allow(ctx, bucket, wrongTries)
		if allowErr == nil && !a.OK {
			wait = max(wait, a.RetryAfter, time.Second)
		}
	}
	// Only tries at this key from this address count for the refusal of
	// right credentials too.
	a, allowErr := g.cluster.Allow(ctx, "wrong-pair/"+refusal(c, key), wrongTries)
	if allowErr == nil && !a.OK {
		g.refuse(refusal(c, key), max(a.RetryAfter, time.Second))
	}
	if wait > 0 {
		return tooMany(wait)
	}
	return err
}

func (g *guard) refuse(name string, d time.Duration) {
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

func refusal(c *call, key string) string {
	return string(c.acc.ID) + "/" + short(key) + "/" + address(c) + forwarded(c)
}

// short keeps an id that a caller made up to a size that can be remembered.
func short(id string) string { return id[:min(len(id), 64)] }

// address is whom to count by: the client's address, of which an IPv6 network
// of 64 bits is one.
func address(c *call) string {
	at, err := netip.ParseAddrPort(c.r.RemoteAddr)
	if err != nil {
		return c.r.RemoteAddr
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
func forwarded(c *call) string {
	values := c.r.Header["X-Forwarded-For"]
	at, err := netip.ParseAddrPort(c.r.RemoteAddr)
	if len(values) == 0 || err != nil || !at.Addr().Unmap().IsLoopback() && !at.Addr().Unmap().IsPrivate() {
		return ""
	}
	last := values[len(values)-1]
	return "/" + short(strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:]))
}

func tooMany(wait time.Duration) error {
	return &media.Error{
		Code:    media.Limited,
		Op:      "authorize",
		Message: "Too many wrong credentials, try again later",
		Err:     fmt.Errorf("refused for %s", wait),
	}
}
