package native

import (
	"net/http"
	"strings"

	"tintype/internal/account"
	"tintype/internal/dialect"
	"tintype/internal/media"
)

// authorize finds the account that a call is for, and the key that makes it:
// Basic credentials, or "Bearer KEY:SECRET". An account that does not exist is
// told apart from a wrong key by nothing.
func (d *Dialect) authorize(r *http.Request, segment string) (*account.Account, media.Key, error) {
	id, secret, ok := credentials(r)
	if !ok {
		return nil, media.Key{}, media.Errorf(media.Unauthorized, "Send a key and its secret as Basic or Bearer credentials")
	}
	wrong := media.Errorf(media.Unauthorized, "The key or its secret is wrong")
	acc, ok := d.cfg.Accounts.BySegment(segment)
	if !ok {
		return nil, media.Key{}, d.guard.Wrong(r, "", id, wrong)
	}
	if err := d.guard.Check(r, acc.ID, id); err != nil {
		return nil, media.Key{}, err
	}
	key, known := acc.Key(id)
	if same := dialect.SameSecret(secret, key.Secret); !known || !same {
		return nil, media.Key{}, d.guard.Wrong(r, acc.ID, id, wrong)
	}
	return acc, key, nil
}

// credentials reads a key and its secret.
func credentials(r *http.Request) (id, secret string, ok bool) {
	if id, secret, ok = r.BasicAuth(); ok {
		return id, secret, id != ""
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	id, secret, ok = strings.Cut(strings.TrimSpace(token), ":")
	return id, secret, ok && strings.EqualFold(scheme, "Bearer") && id != ""
}
