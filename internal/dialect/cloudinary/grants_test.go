package cloudinary

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"tintype/internal/media"
)

// delivered answers a request for a path of the account, as a status.
func (s *site) delivered(path string) (status int, cache string) {
	s.t.Helper()
	r := httptest.NewRequest("GET", "/demo/"+path, nil)
	rec := httptest.NewRecorder()
	if s.d.cfg.Delivery.Hot(rec, r) {
		return rec.Code, rec.Header().Get("Cache-Control")
	}
	q, err := s.d.Parse(r, testSiteEndpoint(s))
	if err == nil {
		err = s.d.cfg.Delivery.Serve(rec, r, q)
	}
	if err != nil {
		return deliveryStatus(media.CodeOf(err)), ""
	}
	return rec.Code, rec.Header().Get("Cache-Control")
}

func TestAccessControl(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	// The clock stands at 2023-11-14 22:13:20.
	r := s.put(values("public_id=a", `access_control=[{"access_type":"token"},{"access_type":"anonymous","start":"2023-11-15 00:00 +0100","end":"2023-11-15T00:00:00Z"}]`))
	s.has(r, map[string]any{"access_control": "[map[access_type:token] map[access_type:anonymous end:2023-11-15T00:00:00Z start:2023-11-14T23:00:00Z]]"})
	for _, step := range []struct {
		move   time.Duration
		status int
	}{{0, 404}, {47 * time.Minute, 200}, {time.Hour - 21*time.Second, 200}, {21 * time.Second, 404}} {
		s.Clock.Add(step.move)
		status, cache := s.delivered("image/upload/a.png")
		if status != step.status {
			t.Errorf("at %v: %d", s.Clock.Now(), status)
		}
		if status == 200 && !strings.Contains(cache, "max-age=3") && !strings.HasSuffix(cache, "max-age=1") {
			t.Errorf("at %v: kept for %s", s.Clock.Now(), cache)
		}
	}
	// It is not there as a layer either.
	s.put(values("public_id=base"))
	if status, _ := s.delivered("image/upload/l_a/fl_layer_apply/base.png"); status == 200 {
		t.Errorf("as a layer: %d", status)
	}
	r = s.admin("POST", "resources/image/upload/a", `{"access_control":[{"access_type":"anonymous"}]}`).json
	s.has(r, map[string]any{"access_control": "[map[access_type:anonymous]]", "access_mode": "public"})
	if status, _ := s.delivered("image/upload/a.png"); status != 200 {
		t.Errorf("open to anybody: %d", status)
	}
	// An overwrite keeps what it does not name.
	s.has(s.put(values("public_id=a")), map[string]any{"access_control": "[map[access_type:anonymous]]"})
	for rules, says := range map[string]string{
		`x`:                          "access_control x is no list of {access_type, start, end}",
		`[{"access_type":"public"}]`: "Invalid access_type public",
		`[{"access_type":"anonymous","start":"soon"}]`:                          "Invalid start in access_control: soon",
		`[{"access_type":"anonymous"},{"access_type":"anonymous"}]`:             "access_control may have one rule of access_type anonymous only",
		`[{"access_type":"anonymous","start":"2024-01-02","end":"2024-01-01"}]`: "end is not after start in access_control",
		`[{"access_type":"token","key":"x"}]`:                                   "key and path in access_control are not supported",
		`[{"access_type":"token","start":"2024-01-01"}]`:                        "start and end in access_control need access_type anonymous",
	} {
		r := s.form("image/explicit", s.sign(values("public_id=a", "type=upload", "access_control="+rules)))
		if r.code != 400 || r.message() != says {
			t.Errorf("%s: %d %s", rules, r.code, r.body)
		}
	}
	if got := count(s.Events(), media.EventGrantsChanged); got != 1 {
		t.Errorf("%d changes of access were told", got)
	}
}

func TestAccessMode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.has(s.put(values("public_id=a", "access_mode=authenticated", "tags=t")), map[string]any{"access_mode": "authenticated"})
	s.put(values("public_id=b", "tags=t"))
	if status, _ := s.delivered("image/upload/a.png"); status != 404 {
		t.Errorf("guarded: %d", status)
	}
	// A signature of the URL is for everybody who sees the page.
	signed := s.admin("GET", "resources/image/upload/a", "").json
	s.has(signed, map[string]any{"access_mode": "authenticated", "access_control": "[map[access_type:token]]"})
	if status, _ := s.delivered("image/upload/s--" + deliverySignature("", "a.png", "abcdefghijklmnopqrstuvwxyz1") + "--/a.png"); status == 200 {
		t.Errorf("with a signature: %d", status)
	}
	r := s.admin("POST", "resources/image/upload/update_access_mode", `{"access_mode":"public","public_ids":["a","none"]}`)
	s.has(r.json, map[string]any{"failed": "[]"})
	if got := ids(r.json["updated"]); !slices.Equal(got, []string{"a"}) {
		t.Errorf("updated: %s", r.body)
	}
	if status, _ := s.delivered("image/upload/a.png"); status != 200 {
		t.Errorf("public: %d", status)
	}
	r = s.admin("POST", "resources/image/upload/update_access_mode", `{"access_mode":"authenticated","tag":"t"}`)
	if got := ids(r.json["updated"]); len(got) != 2 {
		t.Errorf("updated: %s", r.body)
	}
	for body, says := range map[string]string{
		`{"public_ids":["a"]}`:                            "Missing required parameter - access_mode",
		`{"access_mode":"secret","public_ids":["a"]}`:     "Invalid access_mode secret",
		`{"access_mode":"public"}`:                        "Exactly one of public_ids, prefix and tag must be given",
		`{"access_mode":"public","prefix":"a","tag":"t"}`: "Exactly one of public_ids, prefix and tag must be given",
	} {
		if r := s.admin("POST", "resources/image/upload/update_access_mode", body); r.code != 400 || r.message() != says {
			t.Errorf("%s: %d %s", body, r.code, r.body)
		}
	}
}

func TestPublish(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.put(values("public_id=p/a", "type=private"))
	s.put(values("public_id=p/b", "type=authenticated", "tags=t"))
	s.put(values("public_id=p/a"))
	r := s.admin("POST", "resources/image/publish_resources", `{"public_ids":["p/b"],"type":"private"}`)
	s.has(r.json, map[string]any{"published": "[]", "failed": "[]"})
	r = s.admin("POST", "resources/image/publish_resources", `{"prefix":"p/"}`)
	if got := ids(r.json["published"]); !slices.Equal(got, []string{"p/b"}) || len(r.json["failed"].([]any)) != 1 || !strings.Contains(r.body, "/image/upload/v") {
		t.Errorf("published: %s", r.body)
	}
	r = s.admin("POST", "resources/image/publish_resources", `{"public_ids":["p/a"],"overwrite":true}`)
	if got := ids(r.json["published"]); !slices.Equal(got, []string{"p/a"}) {
		t.Errorf("published: %s", r.body)
	}
	if r := s.admin("POST", "resources/image/publish_resources", `{}`); r.code != 400 {
		t.Errorf("%d %s", r.code, r.body)
	}
}

func TestModeration(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.put(values("public_id=a", "moderation=manual"))
	s.has(r, map[string]any{"moderation": "[map[kind:manual status:pending updated_at:2023-11-14T22:13:20Z]]"})
	s.put(values("public_id=b"))
	s.put(values("public_id=later"))
	if r := s.form("image/explicit", s.sign(values("public_id=later", "type=upload", "moderation=manual"))); fmt.Sprint(r.json["moderation"].([]any)[0].(map[string]any)["status"]) != "pending" {
		t.Errorf("asked afterwards: %s", r.body)
	}
	s.form("image/destroy", s.sign(values("public_id=later")))
	listed := func(status string) []string {
		return ids(s.admin("GET", "resources/image/moderations/manual/"+status+"?moderations=true", "").json["resources"])
	}
	if got := listed("pending"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("pending: %v", got)
	}
	if status, _ := s.delivered("image/upload/a.png"); status != 200 {
		t.Errorf("pending: %d", status)
	}
	r = s.admin("POST", "resources/image/upload/a", `{"moderation_status":"rejected"}`).json
	s.has(r["moderation"].([]any)[0].(map[string]any), map[string]any{"status": "rejected"})
	if status, _ := s.delivered("image/upload/a.png"); status != 404 {
		t.Errorf("rejected: %d", status)
	}
	s.admin("POST", "resources/image/upload/b", `{"moderation_status":"approved"}`)
	if a, b := listed("rejected"), listed("approved"); !slices.Equal(a, []string{"a"}) || !slices.Equal(b, []string{"b"}) || listed("pending") != nil {
		t.Errorf("rejected %v, approved %v", a, b)
	}
	row := s.admin("GET", "resources/image/upload?moderations=true&public_ids=a", "").json["resources"].([]any)[0].(map[string]any)
	if len(row["moderation"].([]any)) != 1 {
		t.Errorf("row: %v", row)
	}
	s.lacks(s.admin("GET", "resources/image/upload?public_ids=a", "").json["resources"].([]any)[0].(map[string]any), "moderation")
	if r := s.admin("POST", "resources/image/upload/a", `{"moderation_status":"illegal"}`); r.code != 400 || !strings.Contains(r.message(), "Illegal value") {
		t.Errorf("%d %s", r.code, r.body)
	}
	if r := s.multipart("image/upload", s.sign(values("moderation=aws_rek")), "a.png", boot); r.code != 400 || r.message() != "moderation aws_rek is an add-on that this server does not have" {
		t.Errorf("%d %s", r.code, r.body)
	}
	if r := s.admin("GET", "resources/image/moderations/manual/odd", ""); r.code != 400 {
		t.Errorf("%d %s", r.code, r.body)
	}
	if n := count(s.Events(), media.EventModerated); n != 2 {
		t.Errorf("%d moderations were told", n)
	}
}
