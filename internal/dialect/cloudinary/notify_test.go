package cloudinary

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/dialect"
	"tintype/internal/fetch"
	"tintype/internal/jobs"
	"tintype/internal/library"
	"tintype/internal/library/librarytest"
	"tintype/internal/media"
	"tintype/internal/webhook"
)

func TestNotificationSignature(t *testing.T) {
	t.Parallel()
	body := []byte(`{"notification_type":"upload"}`)
	if got := notificationSignature(body, "1700000000", "secret", false); got != "f13b5bb79586bc84110772aed758347412734647" {
		t.Errorf("got %s", got)
	}
	if got := notificationSignature(body, "1700000000", "secret", true); len(got) != 64 {
		t.Errorf("got %s", got)
	}
}

// told returns the events of Account as they are told, oldest first.
func (s *site) told() (list []map[string]any) {
	s.t.Helper()
	var events []media.Event
	err := s.Catalog.View(s.t.Context(), func(tx *catalog.Tx) (err error) {
		events, err = tx.Events(librarytest.Account, 0, 0)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range events {
		if err := s.Library.Complete(s.t.Context(), &e); err != nil {
			s.t.Fatal(err)
		}
		header, body, err := s.d.Notify(e, librarytest.Key)
		if err != nil {
			s.t.Fatal(err)
		}
		if (body == nil) != (s.d.EventName(e) == "") {
			s.t.Errorf("%s: body %s", s.d.EventName(e), body)
		}
		if body == nil {
			continue
		}
		timestamp := header.Get(timestampHeader)
		if header.Get(signatureHeader) != hexSHA1(string(body)+timestamp+librarytest.Key.Secret) || header.Get("Content-Type") != "application/json" {
			s.t.Errorf("header %v", header)
		}
		var m map[string]any
		if err := json.Unmarshal(body, &m); err != nil {
			s.t.Fatal(err)
		}
		if m["notification_type"] != s.d.EventName(e) || m["signature_key"] != librarytest.Key.ID || len(m["request_id"].(string)) != 32 {
			s.t.Errorf("envelope %v", m)
		}
		by := m["notification_context"].(map[string]any)
		if by["triggered_at"] != m["timestamp"] || m["timestamp"] == "" {
			s.t.Errorf("context %v", by)
		}
		list = append(list, m)
	}
	return list
}

// one returns the only event of a type that is told.
func (s *site) one(name string) map[string]any {
	s.t.Helper()
	var found []map[string]any
	for _, m := range s.told() {
		if m["notification_type"] == name {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		s.t.Fatalf("%d notifications of %s", len(found), name)
	}
	return found[0]
}

func TestUploadIsToldAsItWasAnswered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.uploaded("public_id=f/x", "tags=a,b", "context=k=v", "eager=c_scale,w_20/jpg|w_10", "type=private")
	m := s.one("upload")
	var want map[string]any
	if err := json.Unmarshal([]byte(r.body), &want); err != nil {
		t.Fatal(err)
	}
	for name, v := range want {
		a, _ := json.Marshal(v)
		b, _ := json.Marshal(m[name])
		if string(a) != string(b) {
			t.Errorf("%s: answered %s, told %s", name, a, b)
		}
	}
	if m["request_id"] != r.header.Get("X-Request-Id") {
		t.Errorf("request %v, answered %s", m["request_id"], r.header.Get("X-Request-Id"))
	}
	if by := m["notification_context"].(map[string]any)["triggered_by"].(map[string]any); by["source"] != "api" || by["id"] != librarytest.Key.ID {
		t.Errorf("by %v", by)
	}
}

func TestChangesAreTold(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	up := s.uploaded("public_id=x", "tags=a", "context=k=1|gone=2", "return_delete_token=1")
	s.mustCall("image/explicit", "public_id=x", "type=upload", "tags=b", "context=k=3|new=4", "notification_url=http://h/")
	s.mustCall("image/rename", "from_public_id=x", "to_public_id=f/y")
	id := up.json["asset_id"]
	if m := s.one("explicit"); m["asset_id"] != id || m["public_id"] != "x" {
		t.Errorf("explicit: %v", m)
	}
	wantJSON(t, s.one("resource_tags_changed")["resources"], `[{"added":["b"],"asset_id":"ID","public_id":"x","removed":["a"],"resource_type":"image","type":"upload"}]`, id)
	wantJSON(t, s.one("resource_context_changed")["resources"], `{"x":{"added":[{"name":"new","value":"4"}],"asset_id":"ID","public_id":"x","removed":[{"name":"gone","value":"2"}],"resource_type":"image","type":"upload","updated":[{"name":"k","new_value":"3","previous_value":"1"}]}}`, id)
	m := s.one("rename")
	if m["from_public_id"] != "x" || m["to_public_id"] != "f/y" || m["folder"] != "f" || m["asset_id"] != id || m["resource_type"] != "image" || m["type"] != "upload" {
		t.Errorf("rename: %v", m)
	}
	if r := s.do(post("delete_by_token", url.Values{"token": {up.json["delete_token"].(string)}, "notification_url": {"http://h/"}})); r.code != 200 {
		t.Fatal(r.body)
	}
	resources := s.one("delete_by_token")["resources"].([]any)
	gone := resources[0].(map[string]any)
	if len(resources) != 1 || gone["public_id"] != "f/y" || gone["folder"] != "f" || gone["asset_id"] != id || gone["version"] == nil {
		t.Errorf("delete: %v", resources)
	}
	s.uploaded("public_id=z")
	s.mustCall("image/destroy", "public_id=z")
	if m := s.one("delete"); m["resources"].([]any)[0].(map[string]any)["public_id"] != "z" {
		t.Errorf("delete: %v", m)
	}
}

func wantJSON(t *testing.T, v any, want string, id any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if want = strings.ReplaceAll(want, "ID", id.(string)); string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
}

func post(path string, form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/v1_1/demo/"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// mustCall makes a signed call that must be answered 200.
func (s *site) mustCall(path string, params ...string) reply {
	s.t.Helper()
	r := s.do(post(path, s.sign(values(params...))))
	if r.code != 200 {
		s.t.Fatalf("%s: %d %s", path, r.code, r.body)
	}
	return r
}

func (s *site) uploaded(params ...string) reply {
	s.t.Helper()
	r := s.multipart("image/upload", s.sign(values(params...)), "boot.png", boot)
	if r.code != 200 {
		s.t.Fatalf("upload: %d %s", r.code, r.body)
	}
	return r
}

// keep does a number of things that the library has promised.
func (s *site) keep(n int) {
	s.t.Helper()
	kept := make(chan error, n+10)
	r, err := jobs.New(s.Catalog, jobs.Config{Poll: 10 * time.Millisecond, Queues: map[string]int{library.QueueLater: 1}},
		map[string]jobs.Handler{library.JobKeep: func(ctx context.Context, args json.RawMessage) error {
			err := s.Library.Keep(ctx, args)
			kept <- err
			return err
		}})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	for range n {
		select {
		case err := <-kept:
			if err != nil {
				s.t.Error(err)
			}
		case <-time.After(20 * time.Second):
			s.t.Fatal("nothing is done")
		}
	}
	cancel()
	<-done
}

func TestEagerAsync(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.uploaded("public_id=x", "eager=c_scale,w_20/jpg|w_10", "eager_async=true", "eager_notification_url=http://h/|http://i/")
	batch, _ := r.json["batch_id"].(string)
	if len(batch) != 64 || s.Engine.Renders.Load() != 0 {
		t.Fatalf("batch %q, %d renders", batch, s.Engine.Renders.Load())
	}
	items := r.json["eager"].([]any)
	first := items[0].(map[string]any)
	if len(items) != 2 || first["status"] != "processing" || first["batch_id"] != batch || first["transformation"] != "c_scale,w_20/jpg" ||
		!strings.HasSuffix(first["secure_url"].(string), "/c_scale,w_20/v1700000000/x.jpg") || first["width"] != nil {
		t.Errorf("eager %v", items)
	}
	s.keep(1)
	m := s.one("eager")
	made := m["eager"].([]any)[0].(map[string]any)
	if m["batch_id"] != batch || m["public_id"] != "x" || made["width"] != 20.0 || made["format"] != "jpg" || made["status"] != nil || made["secure_url"] != first["secure_url"] {
		t.Errorf("told %v", m)
	}
	r = s.mustCall("image/explicit", "public_id=x", "type=upload", "eager=w_30", "eager_async=1", "batch_id=mine")
	if r.json["batch_id"] != "mine" || r.json["eager"].([]any)[0].(map[string]any)["batch_id"] != "mine" {
		t.Errorf("explicit: %s", r.body)
	}
}

func TestAsync(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.uploaded("public_id=x", "folder=f", "async=true", "notification_url=http://h/")
	if r.code != 200 || r.json["status"] != "pending" || r.json["public_id"] != "f/x" || r.json["resource_type"] != "image" || r.json["type"] != "upload" || r.json["batch_id"] == "" {
		t.Fatalf("%d %s", r.code, r.body)
	}
	if n := len(s.told()); n != 0 {
		t.Errorf("%d notifications at once", n)
	}
	unnamed := s.uploaded("async=1")
	s.keep(2)
	found := map[any]any{}
	for _, m := range s.told() {
		if m["notification_type"] == "upload" {
			found[m["public_id"]] = m["batch_id"]
		}
	}
	if len(found) != 2 || found["f/x"] != r.json["batch_id"] || found[unnamed.json["public_id"]] != unnamed.json["batch_id"] {
		t.Errorf("told %v", found)
	}
	r = s.mustCall("image/explicit", "public_id=f/x", "type=upload", "tags=a", "eager=w_5", "async=true")
	if r.json["status"] != "pending" || r.json["public_id"] != "f/x" || len(r.json) != 5 {
		t.Errorf("explicit: %s", r.body)
	}
	s.keep(1)
	if m := s.one("eager"); m["batch_id"] != r.json["batch_id"] {
		t.Errorf("eager: %v", m)
	}
	bad := s.multipart("image/upload", s.sign(values("public_id=bad", "async=1", "batch_id=b")), "x.png", "no picture")
	if bad.code != 200 || bad.json["batch_id"] != "b" {
		t.Fatalf("%d %s", bad.code, bad.body)
	}
	s.keep(1)
	if m := s.one("error"); m["batch_id"] != "b" || m["public_id"] != "bad" || m["error"].(map[string]any)["message"] == "" {
		t.Errorf("error: %v", m)
	}
}

// A failed rendition fails alone, and says why.
func TestEagerFailureIsTold(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.uploaded("public_id=x", "eager=w_10", "eager_async=true")
	s.mustCall("image/destroy", "public_id=x")
	s.keep(1)
	item := s.one("eager")["eager"].([]any)[0].(map[string]any)
	if item["status"] != "failed" || item["error"] == "" || item["reason"] != item["error"] {
		t.Errorf("got %v", item)
	}
}

func (s *site) basic(method, path string, body any) reply {
	s.t.Helper()
	var text string
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		text = string(b)
	}
	r := httptest.NewRequest(method, path, strings.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth(librarytest.Key.ID, librarytest.Key.Secret)
	return s.do(r)
}

func TestTriggers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const path = "/v1_1/demo/triggers"
	type object map[string]any
	first := s.basic("POST", path, object{"uri": "https://h.test/?a=1&b=2", "event_type": "upload", "uri_type": nil})
	id, _ := first.json["id"].(string)
	if first.code != 200 || len(id) != 32 || first.json["uri_type"] != "webhook" || first.json["event_type"] != "upload" || first.json["uri"] != "https://h.test/?a=1&b=2" || first.json["created_at"] != "2023-11-14T22:13:20Z" {
		t.Fatalf("%d %s", first.code, first.body)
	}
	if r := s.basic("POST", path, object{"uri": "poll://live_1", "event_type": "all", "uri_type": "poll"}); r.code != 200 || r.json["uri_type"] != "poll" {
		t.Errorf("%d %s", r.code, r.body)
	}
	for want, body := range map[string]object{
		"409 Trigger for upload and https://h.test/?a=1&b=2 already exists": {"uri": "https://h.test/?a=1&b=2", "event_type": "upload"},
		"400 Missing required parameter - uri":                              {"event_type": "upload"},
		"400 Missing required parameter - event_type":                       {"uri": "https://h.test/"},
		"400 event_type sunrise is not supported":                           {"uri": "https://h.test/", "event_type": "sunrise"},
		"400 Invalid uri ftp://h.test/":                                     {"uri": "ftp://h.test/", "event_type": "all"},
		"400 filter is not supported yet":                                   {"uri": "https://h.test/", "event_type": "all", "filter": object{"a": 1}},
		"400 auth_scheme mtls is not supported":                             {"uri": "https://h.test/", "event_type": "all", "auth_scheme": "mtls"},
		"400 uri_type flow is not supported":                                {"uri": "https://h.test/", "event_type": "all", "uri_type": "flow"},
		"400 The uri https://h.test/ is not of uri_type poll":               {"uri": "https://h.test/", "event_type": "all", "uri_type": "poll"},
	} {
		r := s.basic("POST", path, body)
		if got := fmt.Sprint(r.code) + " " + r.header.Get("X-Cld-Error"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if r := s.basic("GET", path, nil); len(r.json["triggers"].([]any)) != 2 || r.json["total"].(json.Number) != "2" {
		t.Errorf("list: %s", r.body)
	}
	if r := s.basic("GET", path+"?event_type=upload", nil); len(r.json["triggers"].([]any)) != 1 {
		t.Errorf("list: %s", r.body)
	}
	if r := s.basic("PUT", path+"/"+id, object{"new_uri": "https://i.test/"}); r.code != 200 || r.json["message"] != "updated" {
		t.Errorf("update: %s", r.body)
	}
	if r := s.basic("GET", path+"?event_type=upload", nil); r.json["triggers"].([]any)[0].(map[string]any)["uri"] != "https://i.test/" {
		t.Errorf("list: %s", r.body)
	}
	moved := object{"uri": "https://j.test/", "event_type": "delete", "auth_scheme": "default", "additive": false}
	for range 2 { // it is no twin of itself
		if r := s.basic("PUT", path+"/"+id, moved); r.code != 200 {
			t.Errorf("update in newer words: %s", r.body)
		}
	}
	if r := s.basic("GET", path+"?event_type=delete", nil); r.json["triggers"].([]any)[0].(map[string]any)["uri"] != "https://j.test/" {
		t.Errorf("list: %s", r.body)
	}
	twin := s.basic("POST", path, object{"uri": "https://k.test/", "event_type": "delete"}).json["id"].(string)
	if r := s.basic("PUT", path+"/"+twin, moved); r.code != 409 {
		t.Errorf("a twin of another: %d %s", r.code, r.body)
	}
	if r := s.basic("POST", path+"/"+id+"/test", object{"sample_data": nil}); r.json["trigger_id"] != id || r.json["filter_present"] != false || r.json["filter_result"] != true {
		t.Errorf("test: %s", r.body)
	}
	if r := s.basic("DELETE", path+"/"+id, object{}); r.code != 200 || r.json["message"] != "deleted" {
		t.Errorf("delete: %s", r.body)
	}
	for _, method := range []string{"PUT", "DELETE"} {
		if r := s.basic(method, path+"/"+id, object{"new_uri": "https://i.test/"}); r.code != 404 {
			t.Errorf("%s of nothing: %d %s", method, r.code, r.body)
		}
	}
}

// record notes who is told of what happens on the site.
func (s *site) record() {
	s.t.Helper()
	client, err := fetch.New(fetch.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		s.t.Fatal(err)
	}
	w, err := webhook.New(webhook.Config{
		Catalog: s.Catalog, Accounts: s.d.cfg.Accounts, Fetch: client, Envelopes: map[string]webhook.Envelope{Name: s.d}, Now: s.Clock.Now,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.Catalog.OnEvent(w.Record)
}

func TestPolling(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.record()
	type object map[string]any
	const messages = "/v2/notifications/demo/messages"
	for _, uri := range []string{"poll://live", "poll://*"} {
		if r := s.basic("POST", "/v1_1/demo/triggers", object{"uri": uri, "event_type": "upload"}); r.code != 200 {
			t.Fatal(r.body)
		}
	}
	if r := s.basic("GET", messages+"?channel=live&wait_seconds=0", nil); r.code != 200 || r.body != "{}\n" {
		t.Fatalf("%d %s", r.code, r.body)
	}
	s.uploaded("public_id=x", "batch_id=mine")
	r := s.basic("GET", messages+"?channel=live&wait_seconds=5", nil)
	list, _ := r.json["messages"].([]any)
	if len(list) != 1 {
		t.Fatalf("%d %s", r.code, r.body)
	}
	m := list[0].(map[string]any)
	signed, err := base64.RawURLEncoding.DecodeString(m["signed_payload"].(string))
	if err != nil || m["signature"] != hexSHA1(string(signed)+m["timestamp"].(string)+librarytest.Key.Secret) {
		t.Errorf("%v %v", m, err)
	}
	if p := m["payload"].(map[string]any); p["notification_type"] != "upload" || p["public_id"] != "x" || m["batch_id"] != "mine" {
		t.Errorf("payload %v", p)
	}
	if again := s.basic("GET", messages+"?channel=live&wait_seconds=0", nil); again.json["messages"] != nil {
		t.Errorf("there again at once: %s", again.body)
	}
	s.Clock.Add(time.Minute)
	again := s.basic("GET", messages+"?channel=live&wait_seconds=0&visibility_timeout=1", nil)
	receipt := again.json["messages"].([]any)[0].(map[string]any)["receipt_handle"]
	ack := s.basic("POST", messages+"/ack", object{"receipt_handles": []any{receipt, m["receipt_handle"]}})
	results, _ := ack.json["results"].([]any)
	if len(results) != 2 {
		t.Fatalf("acknowledged: %s", ack.body)
	}
	wantJSON(t, results[0], `{"receipt_handle":"ID","status":"acked"}`, receipt)
	wantJSON(t, results[1], `{"receipt_handle":"ID","status":"not_found"}`, m["receipt_handle"])
	s.Clock.Add(time.Hour)
	if gone := s.basic("GET", messages+"?channel=live&wait_seconds=0", nil); gone.json["messages"] != nil {
		t.Errorf("there after it was acknowledged: %s", gone.body)
	}
	if other := s.basic("GET", messages+"?batch_id=other&wait_seconds=0", nil); other.json["messages"] != nil {
		t.Errorf("another batch: %s", other.body)
	}
	if mine := s.basic("GET", messages+"?batch_id=mine&wait_seconds=0", nil); len(mine.json["messages"].([]any)) != 1 {
		t.Errorf("by batch: %s", mine.body)
	}
	for _, query := range []string{"", "?channel=a&batch_id=b", "?channel=a&max_messages=101", "?channel=a&wait_seconds=61", "?channel=a&visibility_timeout=0", "?channel=a%20b"} {
		if r := s.basic("GET", messages+query, nil); r.code != 400 {
			t.Errorf("%s: %d %s", query, r.code, r.body)
		}
	}
	if r := s.basic("POST", messages+"/ack", object{}); r.code != 400 {
		t.Errorf("no receipts: %d", r.code)
	}
	unknown := httptest.NewRequest("GET", messages+"?channel=live", nil)
	if r := s.do(unknown); r.code != 401 {
		t.Errorf("without credentials: %d", r.code)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                       "",
		"http://a/|https://b:8443/?x=1":          "http://a/ https://b:8443/?x=1",
		" http://a/ | ":                          "http://a/",
		"poll://orders":                          "poll://orders",
		"poll://":                                "no",
		"ftp://a/":                               "no",
		"http://":                                "no",
		"http://u@a/":                            "no",
		"a":                                      "no",
		"http://a/" + strings.Repeat("x", 1000):  "no",
		strings.Repeat("http://a/|", 11):         "no",
		"javascript:alert(1)":                    "no",
		"http://a/%zz":                           "no",
		strings.Repeat("http://a/|", 10) + " | ": strings.TrimSpace(strings.Repeat("http://a/ ", 10)),
	} {
		c := &call{form: &dialect.Form{Fields: []dialect.Field{{Name: "notification_url", Value: text}}}}
		list, err := c.addresses("notification_url")
		got := strings.Join(list, " ")
		if err != nil {
			got = "no"
			if media.CodeOf(err) != media.Invalid {
				t.Errorf("%q: %v", text, err)
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
