package cloudinary

import (
	"strconv"
	"strings"

	"tintype/internal/media"
)

// buildURL writes a delivery URL's path, to follow the endpoint's prefix, the
// way the vendor's libraries write it. It is the inverse of splitURL for the
// URL's first candidate; a public id that would not be read as one gets a version.
func buildURL(u deliveryURL) string {
	id := u.IDs[0]
	var b strings.Builder
	b.WriteString("/" + string(u.Kind) + "/" + deliveryType(u.Access) + "/")
	if u.Signature != "" {
		b.WriteString("s--" + u.Signature + "--/")
	}
	for _, c := range u.Components {
		b.WriteString(c + "/")
	}
	if u.Version == 0 && strings.Contains(id.PublicID, "/") {
		u.Version = 1
	}
	if u.Version > 0 {
		b.WriteString("v" + strconv.FormatInt(u.Version, 10) + "/")
	}
	b.WriteString(escapeID(id.PublicID))
	if id.Ext != "" {
		b.WriteString("." + id.Ext)
	}
	return b.String()
}

// assetPath is the path of an asset's own URL: of its version, in its format
// ("jpeg"), which is "" for raw files. URLs of assets that are not public
// carry a signature made with the secret.
func assetPath(ref media.Ref, version int64, format, secret string) string {
	u := deliveryURL{Kind: ref.Kind, Access: ref.Access, Version: version}
	id := candidate{PublicID: ref.Name}
	source := escapeID(ref.Name)
	if ref.Kind != media.KindRaw && format != "" {
		id.Ext = media.Extension(format)
		source += "." + id.Ext
	}
	if !ref.Access.Open() {
		u.Signature = deliverySignature("", source, secret)
	}
	u.IDs = []candidate{id}
	return buildURL(u)
}

// OriginalURL is where an asset's original is delivered, below the URL at which
// clients reach the server; signed with a secret where that is needed.
func OriginalURL(publicURL string, a *media.Asset, secret string) string {
	return strings.TrimSuffix(publicURL, "/") + "/" + string(a.Account) + assetPath(a.Ref, versionNumber(a), a.Version.Info.Format, secret)
}

// deliveryType is the vendor's word for who may read an asset.
func deliveryType(a media.Access) string {
	switch a {
	case media.Private:
		return "private"
	case media.Authenticated:
		return "authenticated"
	case media.Remote:
		return "fetch"
	case media.Drawn:
		return "text"
	case media.Sequence:
		return "multi"
	case media.Sheet:
		return "sprite"
	}
	return "upload"
}

const upperHex = "0123456789ABCDEF"

// escapeID percent-encodes a public id as encodeURIComponent does, but
// leaves slashes and colons.
func escapeID(id string) string {
	var b strings.Builder
	for i := 0; i < len(id); i++ {
		c := id[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if letter || strings.IndexByte("-_.!~*'()/:", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
	}
	return b.String()
}
