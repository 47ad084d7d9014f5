package rendition

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"math"
	"slices"
	"strconv"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// answers holds what was measured on a version for one transformation.
type answers map[transform.Question]transform.Answer

// key is the hash of everything that a rendition's bytes depend on. Each part
// is preceded by its length, so that no two lists of parts read the same.
func key(acc media.AccountID, v media.VersionID, text string, measured answers) string {
	h := sha256.New()
	part(h, strconv.Itoa(transform.Revision))
	part(h, string(acc))
	part(h, string(v))
	part(h, text)
	for _, q := range sorted(measured) {
		part(h, string(q))
		part(h, number(measured[q].X))
		part(h, number(measured[q].Y))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func part(h hash.Hash, s string) {
	h.Write(strconv.AppendInt(nil, int64(len(s)), 10))
	h.Write([]byte{':'})
	h.Write([]byte(s))
}

func number(f float64) string { return strconv.FormatUint(math.Float64bits(f), 16) }

func sorted(m answers) []transform.Question {
	qs := make([]transform.Question, 0, len(m))
	for q := range m {
		qs = append(qs, q)
	}
	slices.Sort(qs)
	return qs
}

// blobKey is where the bytes of a rendition lie.
func blobKey(acc media.AccountID, key string) string {
	return "rendition/" + string(acc) + "/" + key[:2] + "/" + key
}

func md5Hex(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}
