package rendition

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"strconv"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// key is the hash of everything that a rendition's bytes depend on. Each part
// is preceded by its length, so that no two lists of parts read the same. plan
// is the resolved transformation, in which everything is that was asked,
// measured or known of the asset and its layers; further are the versions that
// it draws on besides its own, in its order. How it was asked for, and by
// which name a layer was called, does not count.
func key(acc media.AccountID, v media.VersionID, plan []byte, further ...media.VersionID) string {
	h := sha256.New()
	part(h, strconv.Itoa(transform.Revision))
	part(h, string(acc))
	part(h, string(v))
	part(h, string(plan))
	for _, v := range further {
		part(h, string(v))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// nameless writes a plan without the names of its sources, whose versions
// stand for them in a key.
func nameless(p transform.Plan) ([]byte, error) {
	sources := make([]transform.PlanSource, len(p.Sources))
	for i, s := range p.Sources {
		sources[i].Use = s.Use
	}
	p.Sources = sources
	raw, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("write the plan: %w", err)
	}
	return raw, nil
}

func part(h hash.Hash, s string) {
	h.Write(strconv.AppendInt(nil, int64(len(s)), 10))
	h.Write([]byte{':'})
	h.Write([]byte(s))
}

// blobKey is where the bytes of a rendition lie.
func blobKey(acc media.AccountID, key string) string {
	return "rendition/" + string(acc) + "/" + key[:2] + "/" + key
}

func md5Hex(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

func sha256Hex(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
