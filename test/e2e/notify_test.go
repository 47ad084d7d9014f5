package e2e

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"tintype/internal/console/sample"
	"tintype/test/harness"
)

// receiver is a subscriber on the loopback. answer decides the status of each
// notification.
type receiver struct {
	t      *testing.T
	server *httptest.Server
	answer func(n int) int

	mu    sync.Mutex
	calls int
	got   []notification
}

type notification struct {
	id     string
	status int
	body   map[string]any
}

func receive(t *testing.T, answer func(n int) int) *receiver {
	t.Helper()
	r := &receiver{t: t, answer: answer}
	r.server = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.server.Close)
	return r
}

func (r *receiver) serve(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the sender was killed
	}
	sum := sha1.Sum([]byte(string(body) + req.Header.Get("X-Cld-Timestamp") + harness.Secret))
	if req.Header.Get("X-Cld-Signature") != hex.EncodeToString(sum[:]) {
		r.t.Errorf("wrong signature of %s", body)
	}
	n := notification{id: req.Header.Get("Webhook-Id")}
	if err := json.Unmarshal(body, &n.body); err != nil {
		r.t.Errorf("%s: %v", body, err)
	}
	r.mu.Lock()
	r.calls++
	n.status = r.answer(r.calls)
	r.got = append(r.got, n)
	r.mu.Unlock()
	w.WriteHeader(n.status)
}

// all returns what has arrived of a type.
func (r *receiver) all(kind string) (list []notification) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.got {
		if n.body["notification_type"] == kind {
			list = append(list, n)
		}
	}
	return list
}

// arrives waits for a number of notifications of a type that were accepted.
func (r *receiver) arrives(kind string, n int) []notification {
	r.t.Helper()
	var accepted []notification
	waitFor(r.t, fmt.Sprintf("%d notifications of %s", n, kind), func() bool {
		accepted = nil
		for _, got := range r.all(kind) {
			if got.status == http.StatusOK {
				accepted = append(accepted, got)
			}
		}
		return len(accepted) >= n
	})
	if len(accepted) != n {
		r.t.Errorf("%d notifications of %s, want %d", len(accepted), kind, n)
	}
	return accepted
}

// allowed are the arguments that let the server reach the receiver.
func (r *receiver) allowed(more ...string) []string {
	u, err := url.Parse(r.server.URL)
	if err != nil {
		r.t.Fatal(err)
	}
	return append([]string{"--fetch-allow", "127.0.0.0/8", "--fetch-allow-port", u.Port()}, more...)
}

// call makes a signed call of the Upload API that must be answered 200.
func call(t *testing.T, s *harness.Server, path string, params map[string]string) map[string]any {
	t.Helper()
	params["timestamp"] = fmt.Sprint(time.Now().Unix())
	var pairs []string
	form := url.Values{"api_key": {harness.Key}}
	for k, v := range params {
		pairs = append(pairs, k+"="+strings.ReplaceAll(v, "&", "%26"))
		form.Set(k, v)
	}
	sort.Strings(pairs)
	sum := sha1.Sum([]byte(strings.Join(pairs, "&") + harness.Secret))
	form.Set("signature", hex.EncodeToString(sum[:]))
	answer, err := http.PostForm(s.URL+"/v1_1/"+harness.Account+"/"+path, form)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s %v", path, answer.StatusCode, body, err)
	}
	return object(t, body)
}

func object(t *testing.T, body []byte) (m map[string]any) {
	t.Helper()
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return m
}

func badge(t *testing.T) []byte {
	t.Helper()
	png, err := sample.PNG(sample.Badge(64))
	if err != nil {
		t.Fatal(err)
	}
	return png
}

func always(int) int { return http.StatusOK }

// An account-level trigger and the addresses of calls hear of uploads, eager
// renditions, renames and deletions, signed, and with real renditions in them.
func TestNotifications(t *testing.T) {
	t.Parallel()
	r := receive(t, always)
	server := harness.Start(t, harness.Options{Args: r.allowed()})
	trigger(t, server, r.server.URL+"/all", "all")

	answer := object(t, server.MustUpload(t, "image", "badge.png", badge(t), map[string]string{
		"public_id": "a/badge", "eager": "c_scale,w_32/jpg|c_fill,h_10,w_20", "tags": "x",
	}))
	told := r.arrives("upload", 1)[0].body
	for _, name := range []string{"asset_id", "public_id", "version", "signature", "secure_url", "eager", "tags", "etag"} {
		if fmt.Sprint(told[name]) != fmt.Sprint(answer[name]) {
			t.Errorf("%s: told %v, answered %v", name, told[name], answer[name])
		}
	}

	later := object(t, server.MustUpload(t, "image", "badge.png", badge(t), map[string]string{
		"public_id": "b", "eager": "c_scale,w_16|l_missing", "eager_async": "true",
	}))
	eager := r.arrives("eager", 1)[0].body
	items := eager["eager"].([]any)
	made, failed := items[0].(map[string]any), items[1].(map[string]any)
	if eager["batch_id"] != later["batch_id"] || made["width"] != 16.0 || failed["status"] != "failed" || failed["error"] == "" {
		t.Errorf("eager: %v", eager)
	}
	path := strings.TrimPrefix(made["url"].(string), server.URL)
	if status, _, body := server.Get(t, path); status != http.StatusOK || float64(len(body)) != made["bytes"] {
		t.Errorf("%s: %d with %d bytes, told %v", path, status, len(body), made["bytes"])
	}

	call(t, server, "image/rename", map[string]string{"from_public_id": "b", "to_public_id": "c"})
	if m := r.arrives("rename", 1)[0].body; m["to_public_id"] != "c" {
		t.Errorf("rename: %v", m)
	}
	mine := receive(t, always)
	other := harness.Start(t, harness.Options{Args: mine.allowed()}) // a port that the first server may not reach
	object(t, other.MustUpload(t, "raw", "x.bin", []byte("x"), map[string]string{"public_id": "x", "async": "true", "notification_url": mine.server.URL}))
	if m := mine.arrives("upload", 1)[0].body; m["public_id"] != "x" || m["bytes"] != 1.0 {
		t.Errorf("async: %v", m)
	}
	call(t, server, "image/destroy", map[string]string{"public_id": "c"})
	r.arrives("delete", 1)
}

func trigger(t *testing.T, s *harness.Server, uri, event string) {
	t.Helper()
	body := fmt.Sprintf(`{"uri":%q,"event_type":%q}`, uri, event)
	req, err := http.NewRequest(http.MethodPost, s.URL+"/v1_1/"+harness.Account+"/triggers", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth(harness.Key, harness.Secret)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("create trigger: %d", answer.StatusCode)
	}
}

// A receiver that fails is tried again, and knows the repetitions by their id.
func TestNotificationsAreRetried(t *testing.T) {
	t.Parallel()
	r := receive(t, func(n int) int {
		if n <= 2 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	})
	server := harness.Start(t, harness.Options{Args: r.allowed("--notify-retry", "0s,0s,0s")})
	server.MustUpload(t, "raw", "x.bin", []byte("x"), map[string]string{"notification_url": r.server.URL})
	last := r.arrives("upload", 1)[0]
	all := r.all("upload")
	if len(all) != 3 || last.id == "" || all[0].id != last.id || all[1].id != last.id {
		t.Errorf("%d deliveries: %+v", len(all), all)
	}
}

// Whatever was acknowledged is done and told after a crash: an upload whose
// receiver was silent when the server was killed, one that was to be taken in
// later, and renditions that were to be made.
func TestKillBetweenCommitAndDelivery(t *testing.T) {
	t.Parallel()
	killed, hold := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(hold) })
	r := receive(t, always)
	silent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		select {
		case <-killed:
			r.serve(w, req)
		default:
			<-hold
		}
	}))
	t.Cleanup(silent.CloseClientConnections)
	u, err := url.Parse(silent.URL)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"--fetch-allow", "127.0.0.0/8", "--fetch-allow-port", u.Port()}
	data := t.TempDir()
	server := harness.Start(t, harness.Options{Data: data, Args: args})
	trigger(t, server, silent.URL, "all")
	for i := range 10 {
		server.MustUpload(t, "raw", "x.bin", []byte{byte(i)}, map[string]string{"public_id": fmt.Sprint("now", i)})
		server.MustUpload(t, "image", "x.png", badge(t), map[string]string{"public_id": fmt.Sprint("eager", i), "eager": fmt.Sprint("w_", 10+i), "eager_async": "true"})
		server.MustUpload(t, "raw", "x.bin", []byte{1, byte(i)}, map[string]string{"public_id": fmt.Sprint("later", i), "async": "true"})
	}
	server.Kill()
	close(killed)
	server = harness.Start(t, harness.Options{Data: data, Args: args})
	r.arrives("eager", 10)
	ids := map[any]bool{}
	for _, n := range r.arrives("upload", 30) {
		ids[n.body["public_id"]] = true
	}
	for i := range 10 {
		for _, name := range []string{"now", "eager", "later"} {
			if id := fmt.Sprint(name, i); !ids[id] {
				t.Errorf("nobody was told of %s", id)
			}
		}
		if status, _, body := server.Get(t, fmt.Sprint("/demo/raw/upload/later", i)); status != http.StatusOK || string(body) != string([]byte{1, byte(i)}) {
			t.Errorf("later%d: %d %q", i, status, body)
		}
	}
	verifyBlobs(t, data)
}
