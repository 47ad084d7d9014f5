package cloudinary

import (
	"context"
	"testing"
)

func TestUsageAndConfig(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.put(values("public_id=a", "eager=c_scale,w_3"))
	for _, path := range []string{"image/upload/a.png", "image/upload/a.png", "image/upload/none.png"} {
		s.delivered(path)
	}
	// What was counted is recorded when the delivery ends, as the server's does.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.d.cfg.Delivery.Run(ctx); err != nil {
		t.Fatal(err)
	}
	r := s.admin("GET", "usage", "").json
	s.has(r, map[string]any{"requests": 2, "resources": 1, "derived_resources": 1, "last_updated": "2023-11-14", "date_requested": "2023-11-14T22:13:20Z"})
	for name, want := range map[string]any{"bandwidth": 2 * len(boot), "objects": 2, "transformations": 1} {
		s.has(r[name].(map[string]any), map[string]any{"usage": want})
	}
	for _, name := range []string{"plan", "storage", "media_limits"} {
		if r[name] == nil {
			t.Errorf("there is no %s", name)
		}
	}
	before := s.admin("GET", "usage/13-11-2023", "").json
	s.has(before, map[string]any{"requests": 0})
	s.lacks(before["bandwidth"].(map[string]any), "limit", "used_percent")
	for _, day := range []string{"2023-11-13", "15-11-2023", "x"} {
		if r := s.admin("GET", "usage/"+day, ""); r.code != 400 {
			t.Errorf("%s: %d %s", day, r.code, r.body)
		}
	}
	r = s.admin("GET", "config", "").json
	s.has(r, map[string]any{"cloud_name": "demo", "created_at": "2023-11-14T22:13:20Z"})
	s.lacks(r, "settings")
	s.has(s.admin("GET", "config?settings=true", "").json, map[string]any{"settings": "map[folder_mode:fixed]"})
	s.has(newDynamicSite(t).admin("GET", "config?settings=true", "").json, map[string]any{"settings": "map[folder_mode:dynamic]"})
}
