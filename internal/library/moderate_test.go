package library_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"testing"

	"tintype/internal/fetch"
	"tintype/internal/library"
	"tintype/internal/library/librarytest"
	"tintype/internal/media"
)

// The moderator is asked by a job, signed, and its answer is recorded once.
func TestModerate(t *testing.T) {
	t.Parallel()
	answer, asked := `{"status":"pending"}`, 0
	var last struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		body, _ := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, []byte("secret"))
		mac.Write([]byte(r.Header.Get("Tintype-Timestamp") + "."))
		mac.Write(body)
		if r.Header.Get("Tintype-Signature") != hex.EncodeToString(mac.Sum(nil)) {
			t.Errorf("a wrong signature of %s", body)
		}
		if err := json.Unmarshal(body, &last); err != nil {
			t.Error(err)
		}
		io.WriteString(w, answer)
	}))
	defer srv.Close()
	at, _ := url.Parse(srv.URL)
	port, _ := strconv.Atoi(at.Port())
	client, err := fetch.New(fetch.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AllowPorts: []uint16{uint16(port)}})
	if err != nil {
		t.Fatal(err)
	}
	w := librarytest.New(t, func(c *library.Config) {
		c.Fetch = client
		c.Moderator = func(_ media.AccountID, kind string) (library.Moderator, bool) {
			return library.Moderator{URL: srv.URL, Secret: "secret", Original: func(a *media.Asset) string { return "x:" + a.Name }}, kind == "robot"
		}
	})
	up, err := w.Library.Upload(t.Context(), library.Upload{
		Account: librarytest.Account, Name: "a", Staged: w.Stage(librarytest.Picture("png", 2, 2, "")), Moderators: []string{"robot", media.Manual},
	})
	if err != nil {
		t.Fatal(err)
	}
	args, _ := json.Marshal(map[string]any{"account": librarytest.Account, "asset": up.Asset.ID, "version": up.Asset.Version.ID, "kind": "robot"})
	states := func() (s string) {
		a, err := w.Library.Find(context.Background(), librarytest.Account, media.Ref{ID: up.Asset.ID})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range a.Detail.Moderation {
			s += m.Kind + "=" + string(m.Status) + " "
		}
		return s
	}
	for _, step := range []struct {
		answer, want string
		asked        int
		fails        bool
	}{
		{`{"status":"pending"}`, "robot=pending manual=queued ", 1, false},
		{`{"status":"perhaps"}`, "robot=pending manual=queued ", 2, true},
		{`no JSON`, "robot=pending manual=queued ", 3, true},
		{`{"status":"approved","response":{"score":0.1}}`, "robot=approved manual=pending ", 4, false},
		{`{"status":"rejected"}`, "robot=approved manual=pending ", 4, false}, // it is not asked again
	} {
		answer = step.answer
		if err := w.Library.Moderate(t.Context(), args); (err != nil) != step.fails {
			t.Errorf("%s: %v", step.answer, err)
		}
		if got := states(); got != step.want || asked != step.asked {
			t.Errorf("%s: %s, asked %d times", step.answer, got, asked)
		}
	}
	if last.Name != "a" || last.URL != "x:a" {
		t.Errorf("asked %+v", last)
	}
	// A person may overrule.
	no := media.Rejected
	a, err := w.Library.Update(t.Context(), librarytest.Account, media.Ref{ID: up.Asset.ID}, library.Change{Moderation: &no})
	if err != nil || !a.Withheld() || states() != "robot=approved manual=rejected " {
		t.Errorf("%v: %s", err, states())
	}
	gone, _ := json.Marshal(map[string]any{"account": librarytest.Account, "asset": "none", "version": "v", "kind": "robot"})
	if err := w.Library.Moderate(t.Context(), gone); err != nil {
		t.Errorf("of an asset that is gone: %v", err)
	}
	n := 0
	for _, e := range w.Events() {
		if e == media.EventModerated {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d moderations were told", n)
	}
}
