// Package cluster is what the nodes of one installation tell each other:
// locks, messages and shared rates. Nothing durable lives here: when it fails
// the installation is slower, never wrong.
package cluster

import (
	"context"
	"time"
)

// Cluster is safe for concurrent use.
type Cluster interface {
	// Lock waits for the lock of key and returns what releases it, which may
	// be called more than once. It fails only when ctx ends.
	Lock(ctx context.Context, key string) (unlock func(), err error)
	// Publish tells every subscriber of topic, on this node and all others.
	// Those of this node have returned when Publish returns, so that whoever
	// waits for Publish sees the change here; other nodes hear at most once,
	// in order per publisher.
	Publish(ctx context.Context, topic string, msg []byte) error
	// Subscribe calls fn, one message at a time, for each message published
	// from now on. Publishers wait for fn: it must be quick, and must not
	// publish to its own topic. cancel waits for a running fn.
	Subscribe(topic string, fn func(msg []byte)) (cancel func())
	// Allow takes one token from key's bucket. A new bucket is full.
	Allow(ctx context.Context, key string, r Rate) (Allowance, error)
	// Close ends subscriptions and background work.
	Close() error
}

// Rate is a token bucket: Limit tokens per Per, at most Burst at once. Limit
// and Per are above zero; a Burst of 0 means Limit.
type Rate struct {
	Limit int
	Per   time.Duration
	Burst int
}

// Allowance is the answer of Allow.
type Allowance struct {
	OK bool
	// Remaining tokens after this one.
	Remaining int
	// RetryAfter is how long until a token is there; 0 when OK.
	RetryAfter time.Duration
}
