package main

import (
	"fmt"
	"strings"
	"time"

	"tintype/internal/dialect"
	"tintype/internal/webhook"
)

const (
	// deliveries is how many notifications are under way at a time; each is a
	// request that waits for its receiver.
	deliveries = 256
	// laterJobs is how many uploads and sets of renditions are made in the
	// background at a time.
	laterJobs = 4
)

// openWebhooks lets those dialects tell of events that have words for them.
func openWebhooks(s *service, dialects []dialect.Dialect) (*webhook.Deliverer, error) {
	schedule, err := s.config.retries()
	if err != nil {
		return nil, err
	}
	envelopes := map[string]webhook.Envelope{}
	for _, d := range dialects {
		if e, ok := d.(webhook.Envelope); ok {
			envelopes[d.Name()] = e
		}
	}
	w, err := webhook.New(webhook.Config{
		Catalog: s.db, Accounts: s.accounts, Fetch: s.fetch, Envelopes: envelopes, Complete: s.library.Complete,
		Schedule: schedule, Logger: s.log,
	})
	if err != nil {
		return nil, err
	}
	s.db.OnEvent(w.Record)
	return w, nil
}

// retries are the waits after failed deliveries.
func (c *config) retries() ([]time.Duration, error) {
	if c.notifyRetry == "" {
		return webhook.DefaultSchedule(), nil
	}
	var waits []time.Duration
	for text := range strings.SplitSeq(c.notifyRetry, ",") {
		wait, err := time.ParseDuration(strings.TrimSpace(text))
		if err != nil || wait < 0 || wait > 24*time.Hour {
			return nil, fmt.Errorf("--notify-retry %q is no list of times such as 3m,6m,9m", c.notifyRetry)
		}
		waits = append(waits, wait)
	}
	if len(waits) > 20 {
		return nil, fmt.Errorf("--notify-retry has more than 20 times")
	}
	return waits, nil
}
