package native

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/media"
)

// algorithms are the hashes that an Upload-Checksum may name.
var algorithms = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "md5": md5.New}

// checksumNames lists algorithms, as the header does.
const checksumNames = "sha1,sha256,md5"

// checksum is what the bytes of one request must sum up to.
type checksum struct {
	hash hash.Hash
	want []byte
}

// parseChecksum reads "ALGORITHM BASE64"; nothing at all is no checksum.
func parseChecksum(header string) (*checksum, error) {
	if header == "" {
		return nil, nil
	}
	name, sum, _ := strings.Cut(header, " ")
	make, ok := algorithms[name]
	if !ok {
		return nil, media.Errorf(media.Invalid, "The checksum algorithm %s is not one of %s", dialect.Quotable(name), checksumNames)
	}
	c := &checksum{hash: make()}
	var err error
	if c.want, err = base64.StdEncoding.DecodeString(sum); err != nil || len(c.want) != c.hash.Size() {
		return nil, media.Errorf(media.Invalid, "Upload-Checksum is no %s in base64", name)
	}
	return c, nil
}

func (c *checksum) matches() bool { return bytes.Equal(c.hash.Sum(nil), c.want) }
