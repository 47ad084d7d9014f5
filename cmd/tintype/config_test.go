package main

import (
	"net/url"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"tintype/internal/media"
)

func TestSize(t *testing.T) {
	for text, want := range map[string]size{"1": 1, "64MiB": 64 << 20, "1 GiB": 1 << 30, "10MB": 10_000_000, "512KiB": 512 << 10, "7B": 7} {
		var s size
		if err := s.Set(text); err != nil || s != want {
			t.Errorf("%q is %d, %v; want %d", text, s, err, want)
		}
	}
	for _, text := range []string{"", "0", "-1", "1.5GB", "MiB", "9999999999GiB", "ten"} {
		var s size
		if err := s.Set(text); err == nil {
			t.Errorf("%q is taken for %d", text, s)
		}
	}
	for s, want := range map[size]string{64 << 20: "64MiB", 1 << 30: "1GiB", 1000: "1000"} {
		if got := s.String(); got != want {
			t.Errorf("%d is written %s, want %s", int64(s), got, want)
		}
	}
}

func TestAccountsFromFlags(t *testing.T) {
	c := config{accounts: []string{"a:1:s1", "b:2:with:colons", "a:3:s3"}}
	got, err := c.parseAccounts()
	if err != nil || len(got) != 2 || len(got[0].Keys) != 2 || got[1].Keys[0].Secret != "with:colons" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, text := range []string{"", "a", "a:1", "a::s", "a:1:", "A:1:s", "-a:1:s"} {
		c := config{accounts: []string{text}}
		if _, err := c.parseAccounts(); err == nil {
			t.Errorf("--account %q is taken", text)
		}
	}
}

func TestEndpointsFromFlags(t *testing.T) {
	c := config{endpoints: []string{"media.example.com:8443=cloudinary:shop"}}
	got, err := c.hosts()
	if err != nil || len(got) != 1 || got[0].Host != "media.example.com:8443" || got[0].Account != "shop" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, text := range []string{"", "h", "h=cloudinary", "h=:shop", "h=other:shop", "=cloudinary:shop", "a/b=cloudinary:shop", "h=cloudinary:SHOP"} {
		c := config{endpoints: []string{text}}
		if _, err := c.hosts(); err == nil || !strings.Contains(err.Error(), "--endpoint") {
			t.Errorf("--endpoint %q: %v", text, err)
		}
	}
}

func TestMappedHosts(t *testing.T) {
	c := config{fetchMap: []string{"a.example=/srv/a", "b.example=http://10.0.0.5:9000"}}
	got, err := c.mappedHosts()
	if err != nil || len(got) != 2 || got["a.example"].Dir != "/srv/a" || got["b.example"].Base.Host != "10.0.0.5:9000" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, list := range [][]string{{"a.example"}, {"a.example=/srv/a", "A.example=/srv/b"}} {
		c := config{fetchMap: list}
		if _, err := c.mappedHosts(); err == nil || !strings.Contains(err.Error(), "--fetch-map") {
			t.Errorf("--fetch-map %q: %v", list, err)
		}
	}
}

func TestMergeKeys(t *testing.T) {
	known := media.Account{ID: "a", Keys: []media.Key{{ID: "1", Secret: "s1", Name: "first"}}}
	if _, changed := mergeKeys(known, []media.Key{{ID: "1", Secret: "s1"}}); changed {
		t.Error("nothing new, and yet changed")
	}
	merged, changed := mergeKeys(known, []media.Key{{ID: "1", Secret: "new"}, {ID: "2", Secret: "s2"}})
	if !changed || len(merged.Keys) != 2 || merged.Keys[0] != (media.Key{ID: "1", Secret: "new", Name: "first"}) {
		t.Errorf("%+v", merged)
	}
	if known.Keys[0].Secret != "s1" {
		t.Error("the account that was handed in has changed")
	}
}

func TestOlder(t *testing.T) {
	for _, c := range []struct {
		v, than string
		want    bool
	}{
		{"8.14.1", "8.18.3", true}, {"8.18.3", "8.18.3", false}, {"8.19", "8.18.3", false}, {"8.18", "8.18.3", true},
		{"5.1.9-0+deb12u1", "8.1.3", true}, {"10.0", "8.1.3", false},
	} {
		if got := older(c.v, c.than); got != c.want {
			t.Errorf("older(%s, %s) is %v", c.v, c.than, got)
		}
	}
}

func TestValidateNamesTheFlag(t *testing.T) {
	good := config{data: "d", listen: []string{":1"}, logLevel: "info", logFormat: "text"}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for flag, change := range map[string]func(*config){
		"--data":             func(c *config) { c.data = "" },
		"--listen":           func(c *config) { c.listen = nil },
		"--workers":          func(c *config) { c.workers = -1 },
		"--public-url":       func(c *config) { c.publicURL = "media.example.com" },
		"--fetch-allow:":     func(c *config) { c.fetchAllow = []string{"10.0.0.1"} },
		"--fetch-allow-port": func(c *config) { c.fetchPorts = []string{"9-1"} },
		"--notify-retry":     func(c *config) { c.notifyRetry = "3m,soon" },
		"--log-level":        func(c *config) { c.logLevel = "loud" },
		"--log-format":       func(c *config) { c.logFormat = "xml" },
	} {
		c := good
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
}

func TestSDKURL(t *testing.T) {
	for base, want := range map[string]string{
		"http://localhost:8080":     "cloudinary://k:s@a?upload_prefix=http://localhost:8080&cname=localhost:8080&secure=false",
		"https://media.example.com": "cloudinary://k:s@a?upload_prefix=https://media.example.com&secure_distribution=media.example.com",
	} {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		if got := sdkURL("a", "k", "s", u); got != want {
			t.Errorf("%s\n got %s\nwant %s", base, got, want)
		}
	}
}

func TestTrustedProxies(t *testing.T) {
	c := config{proxies: []string{"10.1.2.3/8", "2001:db8::/32"}}
	got, err := c.trustedProxies()
	if err != nil || len(got) != 2 || got[0].String() != "10.0.0.0/8" {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"", "10.0.0.1", "proxy.example.com", "10.0.0.0/40"} {
		c := config{proxies: []string{text}}
		if _, err := c.trustedProxies(); err == nil || !strings.Contains(err.Error(), "--trusted-proxy") {
			t.Errorf("--trusted-proxy %q: %v", text, err)
		}
	}
	t.Setenv("TINTYPE_TRUSTED_PROXIES", "10.0.0.0/8 192.168.0.0/16")
	t.Setenv("TINTYPE_SIGNATURE_V2_ONLY", "true")
	cmd := &cobra.Command{}
	var e config
	e.flags(cmd.Flags())
	if err := fromEnvironment(cmd); err != nil || len(e.proxies) != 2 || !e.v2Only || e.sha256Only {
		t.Errorf("%+v, %v", e, err)
	}
}
