package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tintype/internal/account"
	"tintype/internal/catalog"
	"tintype/internal/catalog/catalogtest"
	"tintype/internal/cluster"
	"tintype/internal/fetch"
	"tintype/internal/jobs"
	"tintype/internal/media"
	"tintype/internal/webhook"
)

// patience is how long a test waits for what has to happen.
const patience = 30 * time.Second

// envelope is a dialect that signs with the key's secret in clear.
type envelope struct{}

func (envelope) EventName(e media.Event) string {
	if e.Type == media.EventUpdated {
		return ""
	}
	return string(e.Type)
}

func (envelope) Notify(e media.Event, k media.Key) (http.Header, []byte, error) {
	if e.Type == "broken" {
		return nil, nil, errors.New("secret internals")
	}
	return http.Header{"X-Signed-By": {k.Secret}}, fmt.Appendf(nil, `{"event":%q,"data":%q}`, e.Type, e.Data), nil
}

type delivered struct{ id, key, body, path string }

// world is a catalog, two accounts and a receiver whose answers a test decides.
type world struct {
	t        *testing.T
	db       *catalog.DB
	accounts *account.Directory
	webhook  *webhook.Deliverer
	url      string
	got      chan delivered
	answer   func(path string) int
}

func newWorld(t *testing.T, url string, cfg webhook.Config, answer func(path string) int) *world {
	t.Helper()
	w := &world{t: t, db: catalogtest.Open(t, url, catalog.Config{}), got: make(chan delivered, 1000), answer: answer}
	local := cluster.NewLocal()
	t.Cleanup(func() { local.Close() })
	var err error
	if w.accounts, err = account.Open(t.Context(), account.Config{Catalog: w.db, Cluster: local, DefaultDialect: "plain"}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []media.AccountID{"demo", "other"} {
		keys := []media.Key{{ID: "0", Secret: "off", Disabled: true}, {ID: "1", Secret: "one"}, {ID: "2", Secret: "two"}}
		if err := w.accounts.Put(t.Context(), media.Account{ID: id, Keys: keys}); err != nil {
			t.Fatal(err)
		}
	}
	receiver := httptest.NewServer(http.HandlerFunc(w.receive))
	t.Cleanup(receiver.Close)
	w.url = receiver.URL
	cfg.Catalog, cfg.Accounts, cfg.Fetch, cfg.Envelopes = w.db, w.accounts, loopback(t, receiver.URL), map[string]webhook.Envelope{"plain": envelope{}}
	if w.webhook, err = webhook.New(cfg); err != nil {
		t.Fatal(err)
	}
	w.db.OnEvent(w.webhook.Record)
	return w
}

func loopback(t *testing.T, receiver string) *fetch.Client {
	t.Helper()
	u, err := url.Parse(receiver)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	c, err := fetch.New(fetch.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AllowPorts: []uint16{uint16(port)}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) receive(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	status := w.answer(r.URL.Path)
	rw.WriteHeader(status)
	w.got <- delivered{r.Header.Get(webhook.HeaderID), r.Header.Get("X-Signed-By"), string(body), r.URL.Path}
}

// work runs the jobs until the test ends, or until stop.
func (w *world) work() (stop func()) {
	w.t.Helper()
	r, err := jobs.New(w.db, jobs.Config{Poll: 20 * time.Millisecond, Queues: map[string]int{webhook.Queue: 16}},
		map[string]jobs.Handler{webhook.JobDeliver: w.webhook.Deliver})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	w.t.Cleanup(stop)
	return stop
}

func (w *world) happens(e media.Event) {
	w.t.Helper()
	if e.Account == "" {
		e.Account = "demo"
	}
	if err := w.db.Update(w.t.Context(), func(tx *catalog.Tx) error { return tx.AddEvent(e) }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) next() delivered {
	w.t.Helper()
	select {
	case d := <-w.got:
		return d
	case <-time.After(patience):
		w.t.Fatal("nothing was delivered")
		panic("unreachable")
	}
}

// reaches waits until a number of demo's notifications are in a state.
func (w *world) reaches(state catalog.NotificationState, n int) (list []catalog.Notification) {
	w.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		err := w.db.View(w.t.Context(), func(tx *catalog.Tx) (err error) {
			list, _, err = tx.Notifications("demo", catalog.NotificationQuery{State: state})
			return err
		})
		if err != nil {
			w.t.Fatal(err)
		}
		if len(list) == n {
			return list
		}
	}
	w.t.Fatalf("%d notifications are %s, want %d", len(list), state, n)
	return nil
}

func (w *world) attempts(id string) (list []catalog.Attempt) {
	w.t.Helper()
	err := w.db.View(w.t.Context(), func(tx *catalog.Tx) (err error) {
		list, err = tx.Attempts("demo", id)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

func (w *world) trigger(name, event, uri string) {
	w.t.Helper()
	body, err := json.Marshal(account.Trigger{Dialect: "plain", Event: event, URI: uri})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.accounts.AddSetting(w.t.Context(), media.Setting{Account: "demo", Kind: account.KindTrigger, Name: name, Body: body}); err != nil {
		w.t.Fatal(err)
	}
}

func ok(string) int { return http.StatusNoContent }

func TestCallersAddressesComeBeforeTriggers(t *testing.T) {
	t.Parallel()
	catalogtest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url, webhook.Config{}, ok)
		w.trigger("a", "uploaded", w.url+"/a")
		w.trigger("b", account.AllEvents, w.url+"/b")
		w.trigger("c", "deleted", w.url+"/c")
		w.work()
		paths := map[string]string{}
		w.happens(media.Event{Type: media.EventUploaded, Data: []byte(`{"n":1}`)})
		for range 2 {
			d := w.next()
			paths[d.path] = d.key
			if d.body != `{"event":"uploaded","data":"{\"n\":1}"}` || len(d.id) != 32 {
				t.Errorf("got %+v", d)
			}
		}
		if paths["/a"] != "one" || paths["/b"] != "one" {
			t.Errorf("got %v", paths)
		}
		w.happens(media.Event{Type: media.EventUpdated}) // the dialect has no word for it
		w.happens(media.Event{Type: media.EventUploaded, Account: "other"})
		w.happens(media.Event{Type: media.EventUploaded, Origin: media.Origin{Dialect: "unknown", Notify: []string{w.url + "/x"}}})
		w.happens(media.Event{Type: media.EventUploaded, Origin: media.Origin{Dialect: "plain", Key: "2", Notify: []string{w.url + "/x"}}})
		if d := w.next(); d.path != "/x" || d.key != "two" {
			t.Errorf("got %+v", d)
		}
		w.reaches(catalog.NotificationDelivered, 3)
	})
}

func TestRetriesAndKeepsEachAttempt(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	w := newWorld(t, catalogtest.SQLite(t), webhook.Config{Schedule: []time.Duration{0, 0, 0}}, func(string) int {
		if calls.Add(1) <= 2 {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	w.trigger("a", "uploaded", w.url)
	w.work()
	w.happens(media.Event{Type: media.EventUploaded})
	first := w.next()
	for range 2 {
		if d := w.next(); d.id != first.id {
			t.Errorf("attempts have the ids %s and %s", first.id, d.id)
		}
	}
	n := w.reaches(catalog.NotificationDelivered, 1)[0]
	list := w.attempts(n.ID)
	if n.ID != first.id || n.Attempts != 3 || len(list) != 3 {
		t.Fatalf("%+v, attempts %+v", n, list)
	}
	for i, a := range list {
		failed := i < 2
		if a.Number != i+1 || (a.Error != "") != failed || (a.Status == http.StatusInternalServerError) != failed || a.At.IsZero() || a.Took <= 0 {
			t.Errorf("attempt %+v", a)
		}
	}
}

func TestDeadLettersAndAgain(t *testing.T) {
	t.Parallel()
	var healed atomic.Bool
	w := newWorld(t, catalogtest.SQLite(t), webhook.Config{Schedule: []time.Duration{0, 0}}, func(string) int {
		if healed.Load() {
			return http.StatusOK
		}
		return http.StatusBadGateway
	})
	w.work()
	w.happens(media.Event{Type: media.EventUploaded, Origin: media.Origin{Dialect: "plain", Notify: []string{w.url + "/", "http://10.0.0.1/"}}})
	w.happens(media.Event{Type: "broken", Origin: media.Origin{Dialect: "plain", Notify: []string{w.url + "/"}}})
	dead := w.reaches(catalog.NotificationDead, 3)
	texts := map[string]bool{}
	for _, n := range dead {
		list := w.attempts(n.ID)
		if len(list) != 3 {
			t.Errorf("%d attempts", len(list))
		}
		texts[list[2].Error] = true
	}
	for _, want := range []string{"The receiver answered with status 502", "The URL is not allowed", "Internal error"} {
		if !texts[want] {
			t.Errorf("errors %v, want %q", texts, want)
		}
	}
	healed.Store(true)
	for _, n := range dead {
		if n.Target == w.url+"/" && n.Name == "uploaded" {
			if err := webhook.Again(t.Context(), w.db, "demo", n.ID); err != nil {
				t.Fatal(err)
			}
			w.reaches(catalog.NotificationDelivered, 1)
			if list := w.attempts(n.ID); len(list) != 4 {
				t.Errorf("%d attempts", len(list))
			}
			if err := webhook.Again(t.Context(), w.db, "demo", n.ID); media.CodeOf(err) != media.NotFound {
				t.Errorf("delivered again: %v", err)
			}
		}
	}
}

// A job that runs again after its attempt was recorded delivers nothing.
func TestDeliverIsIdempotent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, catalogtest.SQLite(t), webhook.Config{}, ok)
	w.happens(media.Event{Type: media.EventUploaded, Origin: media.Origin{Dialect: "plain", Notify: []string{w.url}}})
	n := w.reaches(catalog.NotificationPending, 1)[0]
	args := fmt.Appendf(nil, `{"account":"demo","id":%q,"attempt":1,"left":3}`, n.ID)
	for range 3 {
		if err := w.webhook.Deliver(t.Context(), args); err != nil {
			t.Fatal(err)
		}
	}
	w.next()
	if len(w.got) != 0 {
		t.Error("delivered more than once")
	}
	if err := w.webhook.Deliver(t.Context(), []byte(`{"account":"demo","id":"none","attempt":1}`)); err != nil {
		t.Errorf("a notification that is gone: %v", err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	w.happens(media.Event{Type: media.EventDeleted, Origin: media.Origin{Dialect: "plain", Notify: []string{w.url}}})
	n = w.reaches(catalog.NotificationPending, 1)[0]
	if err := w.webhook.Deliver(stopped, fmt.Appendf(nil, `{"account":"demo","id":%q,"attempt":1,"left":3}`, n.ID)); err == nil || len(w.attempts(n.ID)) != 0 {
		t.Errorf("a stop counts as an attempt: %v", err)
	}
}

// A receiver that hangs keeps only its own account's deliveries waiting.
func TestSlowReceiverHoldsNoOtherAccount(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	w := newWorld(t, catalogtest.SQLite(t), webhook.Config{Each: 2}, func(path string) int {
		if path == "/slow" {
			<-hold
		}
		return http.StatusOK
	})
	release := sync.OnceFunc(func() { close(hold) })
	t.Cleanup(release)
	w.work()
	for range 40 {
		w.happens(media.Event{Type: media.EventUploaded, Origin: media.Origin{Dialect: "plain", Notify: []string{w.url + "/slow"}}})
	}
	for range 20 {
		w.happens(media.Event{Account: "other", Type: media.EventUploaded, Origin: media.Origin{Dialect: "plain", Notify: []string{w.url + "/quick"}}})
	}
	for range 20 {
		if d := w.next(); d.path != "/quick" {
			t.Fatalf("got %+v", d)
		}
	}
	release()
	w.reaches(catalog.NotificationDelivered, 40)
}

func TestChannelsWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, catalogtest.SQLite(t), webhook.Config{}, ok)
	w.trigger("a", "uploaded", "poll://orders")
	w.work()
	w.happens(media.Event{Type: media.EventUploaded, Origin: media.Origin{Batch: "b"}})
	if n := w.reaches(catalog.NotificationWaiting, 1)[0]; n.Target != "poll://orders" || n.Batch != "b" || n.Name != "uploaded" {
		t.Errorf("got %+v", n)
	}
}

func TestCompleteAndPrune(t *testing.T) {
	t.Parallel()
	var clock atomic.Int64
	clock.Store(time.Now().UnixNano())
	w := newWorld(t, catalogtest.SQLite(t), webhook.Config{
		Keep:     time.Hour,
		Now:      func() time.Time { return time.Unix(0, clock.Load()) },
		Complete: func(_ context.Context, e *media.Event) error { e.Data = []byte("whole"); return nil },
	}, ok)
	w.work()
	w.happens(media.Event{Type: media.EventUploaded, Origin: media.Origin{Dialect: "plain", Notify: []string{w.url}}})
	if d := w.next(); d.body != `{"event":"uploaded","data":"whole"}` {
		t.Errorf("got %s", d.body)
	}
	w.reaches(catalog.NotificationDelivered, 1)
	if err := w.webhook.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.reaches(catalog.NotificationDelivered, 1)
	clock.Add(int64(2 * time.Hour))
	if err := w.webhook.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.reaches(catalog.NotificationDelivered, 0)
}

func TestConfigRefuses(t *testing.T) {
	t.Parallel()
	if _, err := webhook.New(webhook.Config{}); err == nil {
		t.Error("nothing is needed")
	}
}
