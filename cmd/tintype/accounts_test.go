package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"tintype/internal/account"
	"tintype/internal/catalog"
	"tintype/internal/cluster"
)

// command runs tintype with arguments.
func command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	root := rootCommand()
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// The commands work beside a server that has the records open, and it sees
// what they did.
func TestAccountsAndKeys(t *testing.T) {
	data := t.TempDir()
	if _, err := command(t, "account", "list", "--data", data); err == nil {
		t.Error("a folder without data is taken")
	}
	run := func(args ...string) string {
		t.Helper()
		out, err := command(t, append(args, "--data", data)...)
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return out
	}
	made := regexp.MustCompile(`key +(\d{15})\nsecret +([A-Za-z0-9_-]{27})\n`).FindStringSubmatch(run("account", "add", "shop"))
	if made == nil {
		t.Fatal("no key is printed")
	}
	c := config{data: data}
	db, err := openCatalog(t.Context(), c.database(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	dir, err := account.Open(t.Context(), account.Config{Catalog: db, Cluster: cluster.NewLocal(), DefaultDialect: "x", Poll: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	go dir.Run(t.Context())
	sees := func(what string, is func(*account.Account) bool) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
			if a, ok := dir.ByName("shop"); ok && is(a) {
				return
			}
		}
		t.Errorf("the server does not see that %s", what)
	}
	sees("there is a key", func(a *account.Account) bool { k, ok := a.Key(made[1]); return ok && k.Secret == made[2] })
	second := regexp.MustCompile(`\d{15}`).FindString(run("key", "add", "shop", "--name", "new one"))
	run("key", "disable", "shop", made[1])
	sees("the old key is disabled", func(a *account.Account) bool { _, old := a.Key(made[1]); _, ok := a.Key(second); return ok && !old })
	list := run("key", "list", "shop")
	if strings.Contains(list, made[2]) || !strings.Contains(list, "disabled") || !strings.Contains(list, "new one") {
		t.Errorf("keys: %s", list)
	}
	run("key", "enable", "shop", made[1])
	run("key", "remove", "shop", second)
	sees("the new key is gone", func(a *account.Account) bool { _, old := a.Key(made[1]); _, ok := a.Key(second); return !ok && old })
	if out := run("account", "set", "shop", "--folders", "dynamic", "--moderator", "nudity=https://m.test/"); !strings.Contains(out, "secret") {
		t.Errorf("no secret: %s", out)
	}
	run("account", "set", "shop", "--strict", "on")
	sees("it is served in another way", func(a *account.Account) bool {
		m, ok := a.Moderator("nudity")
		return ok && m.URL == "https://m.test/" && m.Secret != "" && a.Options() == account.Options{DynamicFolders: true, Strict: true}
	})
	if out := run("account", "list"); !strings.Contains(out, "shop") || !strings.Contains(out, "dynamic") {
		t.Errorf("accounts: %s", out)
	}
	for _, args := range [][]string{
		{"account", "add", "shop"}, {"account", "add", "v1_1"}, {"account", "add", "uc"}, {"account", "add", "A"},
		{"account", "set", "shop"}, {"account", "set", "none", "--strict", "on"}, {"account", "set", "shop", "--strict", "perhaps"},
		{"account", "set", "shop", "--moderator", "manual=https://x"}, {"account", "set", "shop", "--moderator", "x=ftp://x"},
		{"key", "list", "none"}, {"key", "add", "none"}, {"key", "remove", "shop", "none"},
	} {
		if out, err := command(t, append(args, "--data", data)...); err == nil {
			t.Errorf("%v: %s", args, out)
		}
	}
	var accounts int
	if err := db.View(t.Context(), func(tx *catalog.Tx) error { all, err := tx.Accounts(); accounts = len(all); return err }); err != nil || accounts != 1 {
		t.Errorf("%d accounts, %v", accounts, err)
	}
}
