package cloudinary

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"tintype/internal/account"
	"tintype/internal/dialect"
	"tintype/internal/media"
)

// maxRepresentations bounds a streaming profile.
const maxRepresentations = 20

// profile is the body of a setting of account.KindProfile.
type profile struct {
	DisplayName string `json:"display_name,omitempty"`
	// Transformations are the representations', as their author wrote them.
	Transformations []string `json:"transformations"`
}

// rung is one representation of the ladder that the predefined profiles share.
type rung struct{ transformation, lines string }

var ladder = []rung{
	{"br_15m,c_limit,h_2160,w_3840", "2160"},
	{"br_9m,c_limit,h_1440,w_2560", "1440"},
	{"br_5500k,c_limit,h_1080,w_1920", "1080"},
	{"br_3m,c_limit,h_720,w_1280", "720"},
	{"br_2m,c_limit,h_540,w_960", "540"},
	{"br_900k,c_limit,h_360,w_640", "360"},
	{"br_400k,c_limit,h_270,w_480", "270"},
}

// predefinedProfiles name rungs of the ladder. An account's own profile of
// the same name goes first.
var predefinedProfiles = map[string]string{
	"4k":           "2160 1440 1080 720 540 360 270",
	"full_hd":      "1080 720 540 360 270",
	"full_hd_lean": "1080 540 270",
	"full_hd_wifi": "1080 720 540",
	"hd":           "720 540 360 270",
	"hd_lean":      "720 360",
	"sd":           "360 270",
}

func predefinedProfile(name string) (profile, bool) {
	lines, ok := predefinedProfiles[name]
	var p profile
	for _, r := range ladder {
		if slices.Contains(strings.Fields(lines), r.lines) {
			p.Transformations = append(p.Transformations, r.transformation)
		}
	}
	return p, ok
}

// profileNamed is an account's profile of that name, else the predefined one.
func (c *call) profileNamed(name string) (profile, error) {
	if s, ok := c.acc.Setting(account.KindProfile, name); ok {
		var p profile
		return p, json.Unmarshal(s.Body, &p)
	}
	p, ok := predefinedProfile(name)
	if !ok {
		return p, notFoundProfile(name)
	}
	return p, nil
}

func notFoundProfile(name string) error {
	return media.Errorf(media.NotFound, "Can't find streaming profile with name %s", dialect.Quotable(name))
}

type profileItem struct {
	Name        string  `json:"name"`
	DisplayName *string `json:"display_name"`
	Predefined  bool    `json:"predefined"`
}

type profileDetails struct {
	profileItem
	Representations []representation `json:"representations"`
}

type representation struct {
	Transformation []settings `json:"transformation"`
}

func itemOf(name string, p profile) profileItem {
	item := profileItem{Name: name}
	_, item.Predefined = predefinedProfiles[name]
	if p.DisplayName != "" {
		item.DisplayName = &p.DisplayName
	}
	return item
}

func detailsOf(name string, p profile) profileDetails {
	d := profileDetails{profileItem: itemOf(name, p), Representations: []representation{}}
	for _, text := range p.Transformations {
		d.Representations = append(d.Representations, representation{explain(text)})
	}
	return d
}

// profileAnswer wraps what the calls about profiles tell.
type profileAnswer struct {
	Message string `json:"message,omitempty"`
	Data    any    `json:"data,omitempty"`
}

// profiles lists the streaming profiles, the predefined ones among them.
func (d *Dialect) profiles(c *call) (any, error) {
	names := []string{}
	for name := range predefinedProfiles {
		names = append(names, name)
	}
	for _, s := range c.acc.Settings(account.KindProfile) {
		if _, known := predefinedProfiles[s.Name]; !known {
			names = append(names, s.Name)
		}
	}
	slices.Sort(names)
	items := []profileItem{}
	for _, name := range names {
		p, err := c.profileNamed(name)
		if err != nil {
			return nil, err
		}
		items = append(items, itemOf(name, p))
	}
	return profileAnswer{Data: items}, nil
}

// profileByName describes one streaming profile.
func (d *Dialect) profileByName(c *call) (any, error) {
	p, err := c.profileNamed(c.id)
	if err != nil {
		return nil, err
	}
	return profileAnswer{Data: detailsOf(c.id, p)}, nil
}

var profileName = regexp.MustCompile(`^[\pL\pN_.\-]{1,255}$`)

// createProfile adds a streaming profile.
func (d *Dialect) createProfile(c *call) (any, error) {
	name, err := c.needed("name")
	if err != nil {
		return nil, err
	}
	if !profileName.MatchString(name) {
		return nil, media.Errorf(media.Invalid, "Invalid streaming profile name %s", dialect.Quotable(name))
	}
	taken := media.Errorf(media.Conflict, "Streaming profile %s already exists", name)
	if _, predefined := predefinedProfiles[name]; predefined {
		return nil, taken
	}
	if !c.form.Has("representations") {
		return nil, media.Errorf(media.Invalid, "Missing required parameter - representations")
	}
	p, err := c.editProfile(profile{})
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	err = d.cfg.Accounts.AddSetting(c.ctx, media.Setting{Account: c.acc.ID, Kind: account.KindProfile, Name: name, Body: body})
	if err != nil && media.CodeOf(err) == media.Conflict {
		return nil, taken
	}
	return profileAnswer{"created", detailsOf(name, p)}, err
}

// updateProfile changes a streaming profile. A predefined one becomes the
// account's own until it is deleted.
func (d *Dialect) updateProfile(c *call) (any, error) {
	p, err := c.profileNamed(c.id)
	if err != nil {
		return nil, err
	}
	if p, err = c.editProfile(p); err != nil {
		return nil, err
	}
	body, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	err = d.cfg.Accounts.PutSetting(c.ctx, media.Setting{Account: c.acc.ID, Kind: account.KindProfile, Name: c.id, Body: body})
	return profileAnswer{"updated", detailsOf(c.id, p)}, err
}

// deleteProfile removes a streaming profile; a predefined one is as at first again.
func (d *Dialect) deleteProfile(c *call) (any, error) {
	err := d.cfg.Accounts.DeleteSetting(c.ctx, c.acc.ID, account.KindProfile, c.id)
	if err != nil && media.CodeOf(err) == media.NotFound {
		if _, predefined := predefinedProfiles[c.id]; !predefined {
			return nil, notFoundProfile(c.id)
		}
		err = nil
	}
	return profileAnswer{Message: "deleted"}, err
}

// editProfile puts what the call gives into a profile.
func (c *call) editProfile(p profile) (profile, error) {
	if c.form.Has("display_name") {
		p.DisplayName = c.form.Get("display_name")
	}
	if len(p.DisplayName) > 255 {
		return p, media.Errorf(media.Invalid, "display_name is longer than 255 bytes")
	}
	if !c.form.Has("representations") {
		return p, nil
	}
	var given []struct {
		Transformation string `json:"transformation"`
	}
	text := strings.TrimSpace(c.form.Get("representations"))
	if strings.HasPrefix(text, "{") {
		text = "[" + text + "]" // a list of the body, instead of its text
	}
	if json.Unmarshal([]byte(text), &given) != nil || len(given) == 0 || len(given) > maxRepresentations {
		return p, media.Errorf(media.Invalid, `Invalid representations: give 1 to %d, such as [{"transformation":"c_limit,h_720,w_1280,br_3m"}]`, maxRepresentations)
	}
	p.Transformations = nil
	for _, r := range given {
		if err := checkRepresentation(r.Transformation); err != nil {
			return p, err
		}
		p.Transformations = append(p.Transformations, r.Transformation)
	}
	return p, nil
}

// checkRepresentation accepts components whose parameters all have names that
// the grammar of transformations knows.
func checkRepresentation(text string) error {
	for component := range strings.SplitSeq(text, "/") {
		for part := range strings.SplitSeq(component, ",") {
			prefix, value, ok := strings.Cut(part, "_")
			if _, known := params[prefix]; !ok || !known || value == "" {
				return media.Errorf(media.Invalid, "Invalid transformation in representations: %s", dialect.Quotable(part))
			}
		}
	}
	return nil
}
