// Package account keeps the accounts, their keys and their endpoints in
// memory. Every request reads them, so a lookup takes no lock and no SQL: it
// reads an immutable snapshot, which a change published by any node replaces.
package account

import (
	"fmt"
	"strings"

	"tintype/internal/media"
	"tintype/internal/schema"
	"tintype/internal/transform"
)

// Account is an account as the directory knew it at one moment. It never
// changes: a later change is a new Account. Safe for concurrent use.
type Account struct {
	media.Account
	keys     map[string]media.Key
	settings map[media.SettingKind][]media.Setting // by name
	byName   map[settingKey]media.Setting
	triggers []Trigger
	named    map[string]transform.Transformation
	options  Options
	schema   *schema.Schema
}

// New builds an Account from a record and its settings, which are in order of
// their names. The slices are not copied and must not be changed afterwards.
// Duplicate key ids are Invalid.
func New(rec media.Account, settings ...media.Setting) (*Account, error) {
	if !media.ValidAccount(string(rec.ID)) {
		return nil, media.Errorf(media.Invalid, "Invalid account name: %q", rec.ID)
	}
	a := &Account{Account: rec, keys: make(map[string]media.Key, len(rec.Keys))}
	for _, k := range rec.Keys {
		if k.ID == "" || k.Secret == "" {
			return nil, media.Errorf(media.Invalid, "Account %s has a key without id or secret", rec.ID)
		}
		if _, dup := a.keys[k.ID]; dup {
			return nil, media.Errorf(media.Invalid, "Account %s has the key %s twice", rec.ID, k.ID)
		}
		a.keys[k.ID] = k
	}
	a.indexSettings(settings)
	a.options = a.readOptions()
	a.indexTriggers()
	a.schema = SchemaOf(settings)
	return a, nil
}

// Key finds an enabled key by its public id.
func (a *Account) Key(id string) (media.Key, bool) {
	k, ok := a.keys[id]
	if !ok || k.Disabled {
		return media.Key{}, false
	}
	return k, true
}

// FirstKey is the first enabled key, which signs what no call has asked for.
func (a *Account) FirstKey() (media.Key, bool) {
	for _, k := range a.Keys {
		if !k.Disabled {
			return k, true
		}
	}
	return media.Key{}, false
}

// Endpoint says which account answers at a place, and in which dialect.
type Endpoint struct {
	// Host is the only host that the endpoint answers at; "" is any.
	Host string
	// Prefix is the part of the escaped path that belongs to the endpoint and
	// not to the dialect, without a trailing slash: "/demo". It is empty where
	// the endpoint has a host of its own.
	Prefix  string
	Dialect string
	Account *Account
}

// Mount gives every account a place in a dialect: /<First>/<account>/… .
type Mount struct {
	First   string // the path's first segment
	Dialect string
}

// HostEndpoint gives a host of its own to one account in one dialect.
type HostEndpoint struct {
	Host    string // as in the Host header, with the port unless it is the scheme's own
	Dialect string
	Account media.AccountID
}

// snapshot is everything a lookup reads. It is never changed once stored.
type snapshot struct {
	revision int64 // of the catalog's directory, that all this is of
	accounts map[media.AccountID]*Account
	// keys finds an account by an enabled key; nil where several have it.
	keys map[string]*Account
	// first finds an endpoint by the first segment of the path.
	first map[string]Endpoint
	// mounted finds it by the second one, for each first segment of a Mount.
	mounted map[string]map[string]Endpoint
	hosts   map[string]Endpoint
}

func newSnapshot(recs []media.Account, settings []media.Setting, cfg Config) (*snapshot, error) {
	of := map[media.AccountID][]media.Setting{}
	for _, s := range settings {
		of[s.Account] = append(of[s.Account], s)
	}
	s := &snapshot{
		accounts: make(map[media.AccountID]*Account, len(recs)),
		keys:     make(map[string]*Account, len(recs)),
		first:    make(map[string]Endpoint, len(recs)),
		mounted:  make(map[string]map[string]Endpoint, len(cfg.Mounts)),
		hosts:    make(map[string]Endpoint, len(cfg.Hosts)),
	}
	for _, m := range cfg.Mounts {
		s.mounted[m.First] = make(map[string]Endpoint, len(recs))
	}
	for _, rec := range recs {
		a, err := New(rec, of[rec.ID]...)
		if err != nil {
			return nil, fmt.Errorf("account %q: %w", rec.ID, err)
		}
		s.accounts[a.ID] = a
		for _, k := range rec.Keys {
			if k.Disabled {
				continue
			}
			if _, several := s.keys[k.ID]; several {
				s.keys[k.ID] = nil
				continue
			}
			s.keys[k.ID] = a
		}
		s.first[string(a.ID)] = Endpoint{Prefix: "/" + string(a.ID), Dialect: cfg.DefaultDialect, Account: a}
		for _, m := range cfg.Mounts {
			s.mounted[m.First][string(a.ID)] = Endpoint{Prefix: "/" + m.First + "/" + string(a.ID), Dialect: m.Dialect, Account: a}
		}
	}
	for _, h := range cfg.Hosts {
		if a, ok := s.accounts[h.Account]; ok {
			host := strings.ToLower(h.Host)
			s.hosts[host] = Endpoint{Host: host, Dialect: h.Dialect, Account: a}
		}
	}
	return s, nil
}

// endpoint finds who answers. A host of its own comes before the path.
func (s *snapshot) endpoint(host, escapedPath string) (Endpoint, bool) {
	if len(s.hosts) > 0 {
		if e, ok := s.hosts[strings.ToLower(host)]; ok {
			return e, true
		}
	}
	if len(escapedPath) < 2 || escapedPath[0] != '/' {
		return Endpoint{}, false
	}
	segment, rest, _ := strings.Cut(escapedPath[1:], "/")
	if accounts, ok := s.mounted[segment]; ok {
		segment, _, _ = strings.Cut(rest, "/")
		e, ok := accounts[segment]
		return e, ok
	}
	e, ok := s.first[segment]
	return e, ok
}
