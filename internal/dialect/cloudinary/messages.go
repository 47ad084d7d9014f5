package cloudinary

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"tintype/internal/account"
	"tintype/internal/catalog"
	"tintype/internal/media"
)

const (
	// maxAcks bounds the receipts of one call.
	maxAcks = 100
	// look is how often a call that waits looks for notifications.
	look = 250 * time.Millisecond
	// anyChannel is where notifications wait that are asked for by batch.
	anyChannel = "*"
)

// messageItem is a notification that was fetched.
type messageItem struct {
	Receipt   string          `json:"receipt_handle"`
	BatchID   string          `json:"batch_id,omitempty"`
	Payload   json.RawMessage `json:"payload"`
	Signed    string          `json:"signed_payload"` // the very bytes that Signature is of
	Signature string          `json:"signature"`
	Timestamp string          `json:"timestamp"`
}

type messageList struct {
	Messages []messageItem `json:"messages,omitempty"`
}

// messages fetches notifications of a channel or a batch, and waits for some
// where there are none. They come again unless they are acknowledged in time.
func (d *Dialect) messages(c *call) (any, error) {
	q, wait, visible, err := c.claim()
	if err != nil {
		return nil, err
	}
	if d.cfg.Catalog == nil {
		return messageList{}, nil
	}
	ctx, cancel := context.WithTimeout(c.ctx, wait)
	defer cancel()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		q.Now = d.cfg.Now()
		q.Until = q.Now.Add(visible)
		list, err := d.fetchMessages(c, q)
		if err != nil || len(list) > 0 {
			return messageList{list}, err
		}
		select {
		case <-ctx.Done():
			return messageList{}, nil
		case <-tick.C:
		}
	}
}

// claim reads what a call wants fetched.
func (c *call) claim() (q catalog.ClaimQuery, wait, visible time.Duration, err error) {
	channel, batch := c.form.Get("channel"), c.form.Get("batch_id")
	switch {
	case (channel == "") == (batch == ""):
		return q, 0, 0, media.Errorf(media.Invalid, "Exactly one of channel and batch_id must be given")
	case channel != "":
		q.Target = account.ChannelURI(channel)
		err = checkAddress("channel", q.Target)
	default:
		q.Target, q.Batch = account.ChannelURI(anyChannel), batch
	}
	if err != nil {
		return q, 0, 0, err
	}
	var most, seconds, hidden int64
	for _, n := range []struct {
		name          string
		def, min, max int64
		to            *int64
	}{
		{"max_messages", 10, 1, 100, &most}, {"wait_seconds", 20, 0, 60, &seconds}, {"visibility_timeout", 30, 1, 600, &hidden},
	} {
		if *n.to, err = c.form.Int(n.name, n.def, n.min, n.max); err != nil {
			return q, 0, 0, err
		}
	}
	q.Limit = int(most)
	return q, time.Duration(seconds) * time.Second, time.Duration(hidden) * time.Second, nil
}

func (d *Dialect) fetchMessages(c *call, q catalog.ClaimQuery) ([]messageItem, error) {
	var notices []catalog.Notification
	events := map[string]media.Event{}
	// Who waits looks often: only what is there takes a turn at writing.
	some := false
	err := d.cfg.Catalog.View(c.ctx, func(tx *catalog.Tx) (err error) {
		some, err = tx.HasWaiting(c.acc.ID, q)
		return err
	})
	if err != nil || !some {
		return nil, err
	}
	err = d.cfg.Catalog.Update(c.ctx, func(tx *catalog.Tx) (err error) {
		if notices, err = tx.ClaimNotifications(c.acc.ID, q); err != nil {
			return err
		}
		for _, n := range notices {
			if events[n.ID], err = tx.Event(c.acc.ID, n.Event); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("fetch notifications: %w", err)
	}
	key, ok := c.acc.FirstKey()
	if !ok {
		key = c.key
	}
	var list []messageItem
	for _, n := range notices {
		e := events[n.ID]
		if err := d.cfg.Library.Complete(c.ctx, &e); err != nil {
			return nil, err
		}
		header, body, err := d.Notify(e, key)
		if err != nil {
			return nil, err
		}
		list = append(list, messageItem{
			Receipt: n.Receipt, BatchID: n.Batch, Payload: body, Signed: base64.RawURLEncoding.EncodeToString(body),
			Signature: header.Get(signatureHeader), Timestamp: header.Get(timestampHeader),
		})
	}
	return list, nil
}

// acknowledged answers one receipt.
type acknowledged struct {
	Receipt string `json:"receipt_handle"`
	Status  string `json:"status"`
}

// acknowledge has notifications not come again.
func (d *Dialect) acknowledge(c *call) (any, error) {
	receipts := c.form.List("receipt_handles")
	switch {
	case len(receipts) == 0:
		return nil, media.Errorf(media.Invalid, "Missing required parameter - receipt_handles")
	case len(receipts) > maxAcks:
		return nil, media.Errorf(media.Invalid, "There are more than %d receipt_handles", maxAcks)
	}
	results := make([]acknowledged, len(receipts))
	for i, receipt := range receipts {
		results[i] = acknowledged{receipt, "not_found"}
	}
	answer := map[string][]acknowledged{"results": results}
	if d.cfg.Catalog == nil {
		return answer, nil
	}
	err := d.cfg.Catalog.Update(c.ctx, func(tx *catalog.Tx) error {
		for i, receipt := range receipts {
			switch ok, err := tx.AckNotification(c.acc.ID, receipt); {
			case err != nil:
				return err
			case ok:
				results[i].Status = "acked"
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("acknowledge: %w", err)
	}
	return answer, nil
}
