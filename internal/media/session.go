package media

import (
	"strings"
	"time"
)

// SessionID names an upload in parts within its account.
type SessionID string

// GuestSession begins the ids of sessions of those who upload without
// credentials, so that they can be bounded apart.
const GuestSession = "guest-"

// Guest reports whether a session is of somebody without credentials.
func (id SessionID) Guest() bool { return strings.HasPrefix(string(id), GuestSession) }

// UnknownTotal is Session.Total while nobody has said how large the file is.
const UnknownTotal = -1

// Session is an upload whose bytes arrive in parts, in any order.
type Session struct {
	Account AccountID
	ID      SessionID
	// Total is the size of the file, or UnknownTotal.
	Total int64
	// Received counts the bytes of all parts that are there. Parts never
	// overlap, so a session is complete when Received is Total.
	Received int64
	// Note is JSON of whoever began the session, kept as it is.
	Note []byte
	// Asset and Version are what the session became; "" before it finished.
	Asset   AssetID
	Version VersionID
	// Existing and Overwritten are what the finished upload was answered with.
	Existing, Overwritten bool

	CreatedAt, ExpiresAt time.Time
}
