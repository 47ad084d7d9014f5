package account_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tintype/internal/account"
	"tintype/internal/catalog"
	"tintype/internal/cluster"
	"tintype/internal/media"
)

func openCatalog(t *testing.T) *catalog.DB {
	t.Helper()
	db, err := catalog.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "catalog.db"), catalog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func open(t *testing.T, cfg account.Config) *account.Directory {
	t.Helper()
	cfg.DefaultDialect = "plain"
	d, err := account.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// openDemo opens a directory that has the account demo.
func openDemo(t *testing.T) *account.Directory {
	t.Helper()
	c := cluster.NewLocal()
	t.Cleanup(func() { c.Close() })
	d := open(t, account.Config{Catalog: openCatalog(t), Cluster: c})
	if err := d.Put(t.Context(), demo()); err != nil {
		t.Fatal(err)
	}
	return d
}

func demo() media.Account {
	return media.Account{ID: "demo", CreatedAt: time.Unix(1700000000, 0), Keys: []media.Key{
		{ID: "1", Secret: "s1"}, {ID: "2", Secret: "s2", Disabled: true},
	}}
}

func TestPutIsKnownAtOnce(t *testing.T) {
	t.Parallel()
	c := cluster.NewLocal()
	defer c.Close()
	d := open(t, account.Config{Catalog: openCatalog(t), Cluster: c, Reserved: []string{"v1"}})
	if _, ok := d.ByName("demo"); ok {
		t.Fatal("there is an account already")
	}
	if err := d.Put(t.Context(), demo()); err != nil {
		t.Fatal(err)
	}
	a, ok := d.ByName("demo")
	if !ok {
		t.Fatal("the account is not known")
	}
	if k, ok := a.Key("1"); !ok || k.Secret != "s1" {
		t.Errorf("key 1: %v %v", k, ok)
	}
	if _, ok := a.Key("2"); ok {
		t.Error("a disabled key is found")
	}
	if _, ok := a.Key("3"); ok {
		t.Error("an unknown key is found")
	}
	if a, ok := d.ByKey("1"); !ok || a.ID != "demo" {
		t.Errorf("the account of key 1: %v %v", a, ok)
	}
	if a, ok := d.ByKey("2"); ok {
		t.Errorf("a disabled key is of %s", a.ID)
	}
	for segment, want := range map[string]bool{"demo": true, "dem%6f": true, "Demo": false, "de%mo": false, "": false} {
		if a, ok := d.BySegment(segment); ok != want || ok && a.ID != "demo" {
			t.Errorf("the segment %q: %v %v", segment, a, ok)
		}
	}
	if err := d.Put(t.Context(), media.Account{ID: "other", Keys: []media.Key{{ID: "1", Secret: "s"}}}); err != nil {
		t.Fatal(err)
	}
	if a, ok := d.ByKey("1"); ok {
		t.Errorf("a key that two accounts have is of %s", a.ID)
	}
}

func TestPutRefuses(t *testing.T) {
	t.Parallel()
	c := cluster.NewLocal()
	defer c.Close()
	d := open(t, account.Config{Catalog: openCatalog(t), Cluster: c, Reserved: []string{"v1"}})
	for name, a := range map[string]media.Account{
		"no name":    {ID: ""},
		"bad name":   {ID: "../demo"},
		"reserved":   {ID: "v1"},
		"twice":      {ID: "x", Keys: []media.Key{{ID: "1", Secret: "a"}, {ID: "1", Secret: "b"}}},
		"no secret":  {ID: "x", Keys: []media.Key{{ID: "1"}}},
		"upper case": {ID: "Demo"},
	} {
		if err := d.Put(t.Context(), a); media.CodeOf(err) != media.Invalid || err == nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, id := range []media.AccountID{"v1", "x"} {
		if _, ok := d.ByName(id); ok {
			t.Errorf("the account %s was made", id)
		}
	}
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	c := cluster.NewLocal()
	defer c.Close()
	d := open(t, account.Config{Catalog: openCatalog(t), Cluster: c})
	if err := d.Put(t.Context(), demo()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		"/demo/image/upload/a.jpg": true,
		"/demo":                    true,
		"/demo/":                   true,
		"/demo//x":                 true,
		"/demo/../other":           true, // the dialect's to refuse
		"/dem%6f/x":                false,
		"/Demo/x":                  false,
		"//demo/x":                 false,
		"/./demo/x":                false,
		"/demo%2fx":                false,
		"/demo%00/x":               false,
		"/demo;a/x":                false,
		"/demos/x":                 false,
		"/":                        false,
		"":                         false,
		"demo/x":                   false,
		"*":                        false,
	} {
		e, ok := d.Endpoint("example.com", path)
		if ok != want {
			t.Errorf("%q: %v", path, ok)
		}
		if ok && (e.Prefix != "/demo" || e.Dialect != "plain" || e.Account.ID != "demo" || e.Host != "") {
			t.Errorf("%q: %+v", path, e)
		}
	}
}

func TestLookupsAllocateNothing(t *testing.T) {
	c := cluster.NewLocal()
	defer c.Close()
	d := open(t, account.Config{Catalog: openCatalog(t), Cluster: c})
	if err := d.Put(t.Context(), demo()); err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(100, func() {
		if _, ok := d.Endpoint("h", "/demo/image/upload/a.jpg"); !ok {
			t.Fatal("not found")
		}
		if _, ok := d.ByName("demo"); !ok {
			t.Fatal("not found")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// waitFor polls a directory until it knows an account; Run is what makes it.
func waitFor(t *testing.T, d *account.Directory, id media.AccountID) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if _, ok := d.ByName(id); ok {
			return
		}
	}
	t.Fatalf("the account %s never became known", id)
}

func TestRunFollowsOtherNodes(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"told": false, "polling": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, here := openCatalog(t), cluster.NewLocal()
			defer here.Close()
			there, poll := here, time.Hour
			if lost { // messages of the other node do not arrive
				there, poll = cluster.NewLocal(), time.Millisecond
				defer there.Close()
			}
			d := open(t, account.Config{Catalog: db, Cluster: here, Poll: poll})
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- d.Run(ctx) }()
			other := open(t, account.Config{Catalog: db, Cluster: there})
			if err := other.Put(t.Context(), demo()); err != nil {
				t.Fatal(err)
			}
			waitFor(t, d, "demo")
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLastSnapshotStaysWithoutCatalog(t *testing.T) {
	t.Parallel()
	c := cluster.NewLocal()
	defer c.Close()
	db := openCatalog(t)
	d := open(t, account.Config{Catalog: db, Cluster: c})
	if err := d.Put(t.Context(), demo()); err != nil {
		t.Fatal(err)
	}
	db.Close()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := d.Run(ctx); err != nil {
		t.Error(err)
	}
	if _, ok := d.ByName("demo"); !ok {
		t.Error("the account is forgotten")
	}
}

func TestMountsAndHosts(t *testing.T) {
	t.Parallel()
	c := cluster.NewLocal()
	defer c.Close()
	d := open(t, account.Config{Catalog: openCatalog(t), Cluster: c,
		Mounts: []account.Mount{{First: "a1", Dialect: "one"}, {First: "a2", Dialect: "two"}},
		Hosts:  []account.HostEndpoint{{Host: "Media.Example.com", Dialect: "one", Account: "demo"}, {Host: "late.example.com", Dialect: "two", Account: "later"}},
	})
	if err := d.Put(t.Context(), demo()); err != nil {
		t.Fatal(err)
	}
	for place, want := range map[string]account.Endpoint{
		"x /demo/a":                      {Prefix: "/demo", Dialect: "plain"},
		"x /a1/demo/a":                   {Prefix: "/a1/demo", Dialect: "one"},
		"x /a2/demo":                     {Prefix: "/a2/demo", Dialect: "two"},
		"media.example.com /a":           {Host: "media.example.com", Dialect: "one"},
		"MEDIA.example.COM /a2/demo/a":   {Host: "media.example.com", Dialect: "one"},
		"media.example.com:8080 /demo/a": {Prefix: "/demo", Dialect: "plain"},
	} {
		host, path, _ := strings.Cut(place, " ")
		got, ok := d.Endpoint(host, path)
		if !ok || got.Account == nil || got.Account.ID != "demo" {
			t.Errorf("%s: %+v %v", place, got, ok)
			continue
		}
		got.Account = nil
		if got != want {
			t.Errorf("%s: %+v, want %+v", place, got, want)
		}
	}
	for _, path := range []string{"/a1", "/a1/", "/a1/nobody/x", "/a1//demo"} {
		if e, ok := d.Endpoint("x", path); ok {
			t.Errorf("%s leads to %+v", path, e)
		}
	}
	if _, ok := d.Endpoint("late.example.com", "/x"); ok {
		t.Error("an account that is not there answers at its host")
	}
	if err := d.Put(t.Context(), media.Account{ID: "later"}); err != nil {
		t.Fatal(err)
	}
	if e, ok := d.Endpoint("late.example.com", "/x"); !ok || e.Account.ID != "later" {
		t.Errorf("the account that has come: %+v %v", e, ok)
	}
	if err := d.Put(t.Context(), media.Account{ID: "a1"}); media.CodeOf(err) != media.Invalid {
		t.Errorf("an account named like a mount: %v", err)
	}
}

func TestBadMountsAndHosts(t *testing.T) {
	t.Parallel()
	c := cluster.NewLocal()
	defer c.Close()
	db := openCatalog(t)
	for name, cfg := range map[string]account.Config{
		"no dialect":    {Mounts: []account.Mount{{First: "a"}}},
		"two segments":  {Mounts: []account.Mount{{First: "a/b", Dialect: "x"}}},
		"mounted twice": {Mounts: []account.Mount{{First: "a", Dialect: "x"}, {First: "a", Dialect: "y"}}},
		"no host":       {Hosts: []account.HostEndpoint{{Dialect: "x", Account: "demo"}}},
		"host twice":    {Hosts: []account.HostEndpoint{{Host: "h", Dialect: "x", Account: "demo"}, {Host: "H", Dialect: "y", Account: "demo"}}},
	} {
		cfg.Catalog, cfg.Cluster = db, c
		if _, err := account.Open(t.Context(), cfg); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
