package account

import "encoding/json"

// Options are how an account wants to be served; the zero value is usual. They
// are the body of the setting of KindOptions that is named OptionsName.
type Options struct {
	// DynamicFolders: an asset's folder is apart from its name. Otherwise it
	// is the part of the name before the last slash.
	DynamicFolders bool `json:"dynamic_folders,omitempty"`
	// Strict: without a signature only transformations that are allowed make
	// renditions, whichever the dialect.
	Strict bool `json:"strict,omitempty"`
}

// OptionsName is the name of the setting that holds Options.
const OptionsName = "account"

func (a *Account) readOptions() (o Options) {
	if s, ok := a.Setting(KindOptions, OptionsName); ok {
		_ = json.Unmarshal(s.Body, &o) // what cannot be read is as usual
	}
	return o
}

// Options returns how the account wants to be served.
func (a *Account) Options() Options { return a.options }

// AllowsNamed reports whether a named transformation may be used where only
// allowed ones are.
func (a *Account) AllowsNamed(name string) bool {
	s, ok := a.Setting(KindTransformation, name)
	var n NamedTransformation
	return ok && json.Unmarshal(s.Body, &n) == nil && n.Allowed
}
