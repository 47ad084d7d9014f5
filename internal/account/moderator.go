package account

import (
	"encoding/json"

	"tintype/internal/media"
)

// KindModerator is the kind of setting that names a service which says whether
// assets may be shown.
const KindModerator media.SettingKind = "moderator"

// Moderator is the body of a setting of KindModerator.
type Moderator struct {
	URL string `json:"url"`
	// Secret signs what it is asked.
	Secret string `json:"secret"`
}

// Moderator finds a moderator by its name.
func (a *Account) Moderator(name string) (m Moderator, ok bool) {
	s, ok := a.Setting(KindModerator, name)
	return m, ok && json.Unmarshal(s.Body, &m) == nil
}
