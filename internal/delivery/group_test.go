package delivery

import (
	"net/url"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
	"tintype/internal/rendition/renditiontest"
)

func TestGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.Put(renditiontest.Image("shoe"), []byte("A"))
	gone := media.AssetID("0123456789abcdef0123456789abcdef")
	g := &media.Group{
		Account: w.acc.ID, ID: "g", CreatedAt: time.Unix(1700000000, 0),
		Members: []media.Member{{Asset: a.ID, Transformation: "200"}, {Asset: gone}},
	}
	w.Update(func(tx *catalog.Tx) error { return tx.AddGroup(g) })
	ask := func(id media.GroupID, size, nth int) Request {
		return Request{Account: w.acc, Group: &Group{ID: id, Size: size, Nth: nth, Member: func(m media.Member) (Request, error) {
			q := Request{Account: w.acc, Refs: []media.Ref{{ID: m.Asset}}}
			if m.Transformation == "200" {
				q.Chain = width(200, "png")
			}
			return q, nil
		}}}
	}
	for _, hot := range []bool{false, true} {
		if r := w.get("/g/0", ask("g", 2, 0)); r.err != nil || r.hot != hot || r.Body.String()[:11] != "png 200x150" {
			t.Errorf("hot %v: %s, %v", r.hot, r.Body, r.err)
		}
	}
	for name, q := range map[string]Request{
		"a removed file":       ask("g", 2, 1),
		"past the end":         ask("g", 2, 2),
		"before the beginning": ask("g", 2, -1),
		"another size":         ask("g", 3, 0),
		"no such group":        ask("h", 2, 0),
	} {
		if r := w.get("/not/"+url.PathEscape(name), q); media.CodeOf(r.err) != media.NotFound {
			t.Errorf("%s: %v", name, r.err)
		}
	}
	list := ask("g", 2, 0)
	list.Group.List = func(g *media.Group) (string, []byte) { return "text/plain; charset=utf-8", []byte(g.Members[0].Asset) }
	if r := w.get("/g/", list); r.err != nil || r.Body.String() != string(a.ID) || r.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("the list: %s %v %v", r.Body, r.Header(), r.err)
	}
	// A changed member is another picture at once.
	a.Version.Info.Width = 800
	w.Put(*a, []byte("BB"))
	w.Renditions.Announce(t.Context(), a.Account, a.ID)
	if r := w.get("/g/0", ask("g", 2, 0)); r.hot || r.Body.String()[:10] != "png 200x75" {
		t.Errorf("after a change: hot %v, %s, %v", r.hot, r.Body, r.err)
	}
}
