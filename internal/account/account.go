// Package account keeps the accounts, their keys and their endpoints in
// memory. Every request reads them, so a lookup takes no lock and no SQL: it
// reads an immutable snapshot, which a change published by any node replaces.
package account

import (
	"fmt"

	"tintype/internal/media"
)

// Account is an account as the directory knew it at one moment. It never
// changes: a later change is a new Account. Safe for concurrent use.
type Account struct {
	media.Account
	keys map[string]media.Key
}

// New builds an Account from a record. The record's slices are not copied and
// must not be changed afterwards. Duplicate key ids are Invalid.
func New(rec media.Account) (*Account, error) {
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

// Endpoint says which account answers at a place, and in which dialect.
type Endpoint struct {
	// Host is the only host that the endpoint answers at; "" is any.
	Host string
	// Prefix is the part of the escaped path that belongs to the endpoint and
	// not to the dialect, without a trailing slash: "/demo".
	Prefix  string
	Dialect string
	Account *Account
}

// snapshot is everything a lookup reads. It is never changed once stored.
type snapshot struct {
	accounts map[media.AccountID]*Account
	// first finds an endpoint by the first segment of the path.
	first map[string]Endpoint
}

func newSnapshot(recs []media.Account, dialect string) (*snapshot, error) {
	s := &snapshot{
		accounts: make(map[media.AccountID]*Account, len(recs)),
		first:    make(map[string]Endpoint, len(recs)),
	}
	for _, rec := range recs {
		a, err := New(rec)
		if err != nil {
			return nil, fmt.Errorf("account %q: %w", rec.ID, err)
		}
		s.accounts[a.ID] = a
		s.first[string(a.ID)] = Endpoint{Prefix: "/" + string(a.ID), Dialect: dialect, Account: a}
	}
	return s, nil
}
