package cloudinary

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"tintype/internal/media"
)

// outcome answers the removal of one asset.
type outcome struct {
	Result string `json:"result"`
}

// destroy removes an asset. One that is not there is no error.
func (d *Dialect) destroy(c *call) (any, error) {
	id, err := c.needed("public_id")
	if err != nil {
		return nil, err
	}
	access, made := madeAccesses[c.form.Get("type")]
	if !made {
		if access, err = c.accessOf("type", media.Public); err != nil {
			return nil, err
		}
	}
	return d.remove(c, media.Ref{Kind: c.kind, Access: access, Name: id})
}

func (d *Dialect) remove(c *call, ref media.Ref) (any, error) {
	_, err := d.cfg.Library.Delete(c.ctx, c.acc.ID, ref)
	if media.CodeOf(err) == media.NotFound {
		return outcome{"not found"}, nil
	}
	if err != nil {
		return nil, err
	}
	return outcome{"ok"}, nil
}

// tokenLife is how long a delete token lasts.
const tokenLife = 10 * time.Minute

// deletePermit is what a delete token says. It holds for one asset of one
// account, until it expires or its key is gone.
type deletePermit struct {
	Account media.AccountID `json:"a"`
	Asset   media.AssetID   `json:"i"`
	Key     string          `json:"k"`
	Expires int64           `json:"e"` // Unix seconds
}

// deleteToken lets its bearer, a browser for instance, take back an upload.
// Nothing is stored: the key's secret signs it.
func deleteToken(key media.Key, a *media.Asset, now time.Time) string {
	// Strings and a number always marshal.
	permit, _ := json.Marshal(deletePermit{a.Account, a.ID, key.ID, now.Add(tokenLife).Unix()})
	return base64.RawURLEncoding.EncodeToString(append(permitMAC(permit, key.Secret), permit...))
}

func permitMAC(permit []byte, secret string) []byte {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte("delete token\n"))
	m.Write(permit)
	return m.Sum(nil)
}

// openedPermit is what a token claims, and what it takes to believe it.
type openedPermit struct {
	deletePermit
	mac, text []byte
}

func openPermit(token string) (p openedPermit, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) <= sha256.Size || strings.ContainsAny(token, "\r\n") {
		return p, false
	}
	p.mac, p.text = raw[:sha256.Size], raw[sha256.Size:]
	return p, json.Unmarshal(p.text, &p.deletePermit) == nil
}

// signed takes the same time for every wrong signature.
func (p openedPermit) signed(secret string) bool { return hmac.Equal(p.mac, permitMAC(p.text, secret)) }

// deleteByToken removes the asset that a token names.
func (d *Dialect) deleteByToken(c *call) (any, error) {
	token, err := c.needed("token")
	if err != nil {
		return nil, err
	}
	p, ok := openPermit(token)
	key, known := c.acc.Key(p.Key)
	if !ok || !known || p.Account != c.acc.ID || !p.signed(key.Secret) || d.cfg.Now().Unix() >= p.Expires {
		return nil, media.Errorf(media.Invalid, "Invalid token")
	}
	return d.remove(c, media.Ref{ID: p.Asset})
}
