package account

import (
	"encoding/json"
	"strings"
	"time"
)

// Trigger is the body of a setting of KindTrigger, whose name is its ID: whom
// to tell of which events.
type Trigger struct {
	ID string `json:"-"`
	// Dialect is the language that it is told in, and that Event is a word of.
	Dialect string `json:"dialect"`
	// Event is the only one that it is told of; AllEvents is every one.
	Event string `json:"event"`
	// URI is where to send it, or a channel that it is fetched from (see
	// Channel).
	URI                  string    `json:"uri"`
	CreatedAt, UpdatedAt time.Time `json:"-"`
}

// AllEvents is what the Event of a trigger says that is told of everything.
const AllEvents = "all"

// channelScheme begins the URIs of channels.
const channelScheme = "poll://"

// Channel returns the name of the channel that a URI means; false when it is
// no channel but an address to send to.
func Channel(uri string) (name string, ok bool) {
	if name, ok = strings.CutPrefix(uri, channelScheme); !ok {
		return "", false
	}
	return name, true
}

// ChannelURI is the URI of a channel.
func ChannelURI(name string) string { return channelScheme + name }

// indexTriggers reads the triggers. One that cannot be read is as one that is
// not there.
func (a *Account) indexTriggers() {
	for _, s := range a.settings[KindTrigger] {
		t := Trigger{ID: s.Name, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt}
		if json.Unmarshal(s.Body, &t) == nil {
			a.triggers = append(a.triggers, t)
		}
	}
}

// Triggers returns the account's triggers by their ids. The slice is shared:
// nobody changes it.
func (a *Account) Triggers() []Trigger { return a.triggers }
