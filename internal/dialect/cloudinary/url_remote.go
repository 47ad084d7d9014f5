package cloudinary

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"tintype/internal/account"
	"tintype/internal/delivery"
	"tintype/internal/dialect"
	"tintype/internal/media"
)

// remoteText is how the URL begins that a delivery of type fetch is for. A
// proxy may have taken one of its slashes, or escaped its colon.
var remoteText = regexp.MustCompile(`(?i)^[a-z][a-z0-9+.-]*(:|%3a)$`)

// remoteID reads the end of a path as the URL of a remote file, escaped once.
func remoteID(raw string) (candidate, error) {
	text, err := decodeRemote(raw)
	if err != nil {
		return candidate{}, err
	}
	return candidate{PublicID: text, source: raw}, nil
}

// tailOf is the end of a path, as it was sent, from the first of its last
// segments on. Slashes that end the path, or follow each other, are part of it.
func tailOf(path string, last []string) string {
	at := len(strings.TrimRight(path, "/"))
	for _, segment := range last {
		if segment != "" {
			at = strings.LastIndexByte(strings.TrimRight(path[:at], "/"), '/') + 1
		}
	}
	return path[at:]
}

func decodeRemote(raw string) (string, error) {
	text, err := url.PathUnescape(raw)
	if err != nil || !printable(text) {
		return "", media.Errorf(media.Invalid, "public_id (%s) is invalid", dialect.Quotable(raw))
	}
	scheme, rest, ok := strings.Cut(text, ":/")
	scheme = strings.ToLower(scheme)
	if !ok || scheme != "http" && scheme != "https" {
		return "", media.Errorf(media.Invalid, "Unsupported source URL: %s", dialect.Quotable(text))
	}
	rest, _, _ = strings.Cut(rest, "#") // which no server gets to see
	text = scheme + "://" + strings.TrimLeft(rest, "/")
	if u, err := url.Parse(text); err != nil || u.Host == "" {
		return "", media.Errorf(media.Invalid, "Unsupported source URL: %s", dialect.Quotable(text))
	}
	return text, nil
}

// ownParams are parameters of a delivery URL's query that are no part of a
// remote URL's, should that have been written without escaping.
var ownParams = []string{"_a", TokenParam}

// withQuery appends to a remote URL the query of a delivery URL.
func withQuery(remote, query string) string {
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(pair, "="); pair != "" && !slices.Contains(ownParams, name) {
			kept = append(kept, pair)
		}
	}
	switch {
	case len(kept) == 0:
		return remote
	case strings.Contains(remote, "?"):
		return remote + "&" + strings.Join(kept, "&")
	}
	return remote + "?" + strings.Join(kept, "&")
}

// askAlso takes the query of a delivery URL for part of the remote URL.
func (u deliveryURL) askAlso(query string) {
	if u.Access == media.Remote {
		u.IDs[0].PublicID = withQuery(u.IDs[0].PublicID, query)
	}
}

// imports are the remote files that a URL may mean: what it names itself, or
// what the account has mapped its folder to.
func (u deliveryURL) imports(acc *account.Account) []delivery.Import {
	var found []delivery.Import
	for _, id := range u.IDs {
		switch u.Access {
		case media.Remote:
			as := media.RemoteRef(id.PublicID)
			as.Kind = u.Kind
			found = append(found, delivery.Import{As: as, URL: id.PublicID})
		case media.Public:
			name := id.PublicID
			if id.Ext != "" {
				name += "." + id.Ext
			}
			if from, ok := acc.Mapped(name); ok {
				found = append(found, delivery.Import{As: media.Ref{Kind: u.Kind, Access: u.Access, Name: id.PublicID}, URL: from})
			}
		}
	}
	return found
}

// refs are what a URL may mean, by name.
func (u deliveryURL) refs() []media.Ref {
	refs := make([]media.Ref, len(u.IDs))
	for i, id := range u.IDs {
		refs[i] = media.Ref{Kind: u.Kind, Access: u.Access, Name: id.PublicID}
		if u.Access == media.Remote {
			refs[i].Name = media.RemoteRef(id.PublicID).Name
		}
	}
	return refs
}
