package cloudinary

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"

	"tintype/internal/account"
	"tintype/internal/dialect"
	"tintype/internal/media"
)

// maxTriggers bounds the triggers of an account.
const maxTriggers = 100

// The kinds of a trigger's URI.
const (
	uriWebhook = "webhook"
	uriPoll    = "poll"
)

type triggerItem struct {
	ID                 string `json:"id"`
	ProductEnvironment string `json:"product_environment_id"`
	URI                string `json:"uri"`
	URIType            string `json:"uri_type"`
	EventType          string `json:"event_type"`
	CreatedAt          string `json:"created_at"`
	UpdatedAt          string `json:"updated_at"`
}

func (c *call) triggerItem(t account.Trigger) triggerItem {
	environment := md5.Sum([]byte(c.acc.ID))
	return triggerItem{
		ID: t.ID, ProductEnvironment: hex.EncodeToString(environment[:]), URI: t.URI, URIType: uriType(t.URI), EventType: t.Event,
		CreatedAt: rfc3339(t.CreatedAt), UpdatedAt: rfc3339(t.UpdatedAt),
	}
}

func uriType(uri string) string {
	if _, ok := account.Channel(uri); ok {
		return uriPoll
	}
	return uriWebhook
}

// eventType refuses what no trigger can wait for.
func eventType(name string) error {
	if name == account.AllEvents || name == deleteByTokenName || slices.Contains(slices.Collect(maps.Values(eventNames)), name) {
		return nil
	}
	return media.Errorf(media.Invalid, "event_type %s is not supported", dialect.Quotable(name))
}

// triggers lists the triggers, all or those of one event.
func (d *Dialect) triggers(c *call) (any, error) {
	event := c.form.Get("event_type")
	if event != "" {
		if err := eventType(event); err != nil {
			return nil, err
		}
	}
	out := struct {
		Triggers []triggerItem `json:"triggers"`
		Total    int           `json:"total"`
	}{Triggers: []triggerItem{}}
	for _, t := range c.acc.Triggers() {
		if t.Dialect == Name && (event == "" || event == t.Event) {
			out.Triggers = append(out.Triggers, c.triggerItem(t))
		}
	}
	slices.SortStableFunc(out.Triggers, func(a, b triggerItem) int { return cmp.Compare(b.CreatedAt, a.CreatedAt) })
	out.Total = len(out.Triggers)
	return out, nil
}

// createTrigger makes a trigger. There is one of a URI and an event.
func (d *Dialect) createTrigger(c *call) (any, error) {
	uri, err := c.needed("uri")
	if err != nil {
		return nil, err
	}
	event, err := c.needed("event_type")
	if err != nil {
		return nil, err
	}
	if err := c.settle(); err != nil {
		return nil, err
	}
	if err := eventType(event); err != nil {
		return nil, err
	}
	if err := checkAddress("uri", uri); err != nil {
		return nil, err
	}
	switch kind := c.form.Get("uri_type"); kind {
	case "", uriType(uri):
	case uriWebhook, uriPoll:
		return nil, media.Errorf(media.Invalid, "The uri %s is not of uri_type %s", dialect.Quotable(uri), kind)
	default:
		return nil, media.Errorf(media.Invalid, "uri_type %s is not supported", dialect.Quotable(kind))
	}
	for _, t := range c.acc.Triggers() {
		if t.Dialect == Name && t.URI == uri && t.Event == event {
			return nil, media.Errorf(media.Conflict, "Trigger for %s and %s already exists", event, dialect.Quotable(uri))
		}
	}
	if len(c.acc.Triggers()) >= maxTriggers {
		return nil, media.Errorf(media.Invalid, "An account has at most %d triggers", maxTriggers)
	}
	now := d.cfg.Now()
	t := account.Trigger{ID: requestID(), Dialect: Name, Event: event, URI: uri, CreatedAt: now, UpdatedAt: now}
	body, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	err = d.cfg.Accounts.AddSetting(c.ctx, media.Setting{
		Account: c.acc.ID, Kind: account.KindTrigger, Name: t.ID, Body: body, CreatedAt: now, UpdatedAt: now,
	})
	if err != nil {
		return nil, err
	}
	return c.triggerItem(t), nil
}

// settle refuses what a trigger cannot do.
func (c *call) settle() error {
	if err := refuseUnbuilt(c.form, words("additive filter filter_language payload_template")); err != nil {
		return err
	}
	if scheme := orDefault(c.form.Get("auth_scheme"), "default"); scheme != "default" {
		return media.Errorf(media.Invalid, "auth_scheme %s is not supported", dialect.Quotable(scheme))
	}
	return nil
}

// trigger finds the one that the path names.
func (c *call) trigger() (account.Trigger, error) {
	for _, t := range c.acc.Triggers() {
		if t.Dialect == Name && t.ID == c.id {
			return t, nil
		}
	}
	return account.Trigger{}, media.Errorf(media.NotFound, "Can't find trigger with id %s", dialect.Quotable(c.id))
}

// updateTrigger gives a trigger another URI, and another event where one is named.
func (d *Dialect) updateTrigger(c *call) (any, error) {
	t, err := c.trigger()
	if err != nil {
		return nil, err
	}
	if err := c.settle(); err != nil {
		return nil, err
	}
	param := "new_uri"
	if c.form.Has("uri") { // its name in newer client libraries
		param = "uri"
	}
	if t.URI, err = c.needed(param); err != nil {
		return nil, err
	}
	if err := checkAddress(param, t.URI); err != nil {
		return nil, err
	}
	if event := c.form.Get("event_type"); event != "" {
		if err := eventType(event); err != nil {
			return nil, err
		}
		t.Event = event
	}
	for _, other := range c.acc.Triggers() {
		if other.ID != t.ID && other.Dialect == Name && other.URI == t.URI && other.Event == t.Event {
			return nil, media.Errorf(media.Conflict, "Trigger for %s and %s already exists", t.Event, dialect.Quotable(t.URI))
		}
	}
	body, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	err = d.cfg.Accounts.EditSetting(c.ctx, c.acc.ID, account.KindTrigger, t.ID, func(json.RawMessage) (json.RawMessage, error) { return body, nil })
	return message{Message: "updated"}, absent(err, "trigger with id "+t.ID)
}

// deleteTrigger removes a trigger; what is recorded for it already is still
// delivered.
func (d *Dialect) deleteTrigger(c *call) (any, error) {
	t, err := c.trigger()
	if err != nil {
		return nil, err
	}
	err = d.cfg.Accounts.DeleteSetting(c.ctx, c.acc.ID, account.KindTrigger, t.ID)
	return message{Message: "deleted"}, absent(err, "trigger with id "+t.ID)
}

// testTrigger tells whether a trigger's filter lets sample data pass. Triggers
// have no filters here, so all data does.
func (d *Dialect) testTrigger(c *call) (any, error) {
	t, err := c.trigger()
	if err != nil {
		return nil, err
	}
	return struct {
		ID      string `json:"trigger_id"`
		Present bool   `json:"filter_present"`
		Result  bool   `json:"filter_result"`
	}{t.ID, false, true}, nil
}
