package cloudinary

import (
	"crypto/rand"
	"encoding/json"
	"strings"

	"tintype/internal/account"
	"tintype/internal/media"
)

type presetItem struct {
	Name       string   `json:"name"`
	Unsigned   bool     `json:"unsigned"`
	Settings   settings `json:"settings"`
	ExternalID string   `json:"external_id,omitempty"`
}

// message answers a change that has nothing to tell.
type message struct {
	Message string `json:"message"`
	Name    string `json:"name,omitempty"`
	Folder  string `json:"folder,omitempty"`
}

// presets lists the upload presets.
func (d *Dialect) presets(c *call) (any, error) {
	page, next, err := c.page(c.acc.Settings(account.KindPreset))
	if err != nil {
		return nil, err
	}
	out := struct {
		Presets    []presetItem `json:"presets"`
		NextCursor string       `json:"next_cursor,omitempty"`
	}{[]presetItem{}, next}
	for _, s := range page {
		item, err := presetOf(s)
		if err != nil {
			return nil, err
		}
		out.Presets = append(out.Presets, item)
	}
	return out, nil
}

func presetOf(s media.Setting) (presetItem, error) {
	var p preset
	err := json.Unmarshal(s.Body, &p)
	if p.Settings == nil {
		p.Settings = settings{}
	}
	return presetItem{Name: s.Name, Unsigned: p.Unsigned, Settings: p.Settings}, err
}

// presetByName describes one upload preset.
func (d *Dialect) presetByName(c *call) (any, error) {
	s, ok := c.acc.Setting(account.KindPreset, c.id)
	if !ok {
		return nil, media.Errorf(media.NotFound, "Can't find upload preset with name %s", c.id)
	}
	return presetOf(s)
}

// createPreset adds an upload preset; without a name one is made.
func (d *Dialect) createPreset(c *call) (any, error) {
	name := c.form.Get("name")
	if name == "" {
		name = strings.ToLower(rand.Text()[:12])
	}
	body, err := c.presetBody(preset{})
	if err != nil {
		return nil, err
	}
	err = d.cfg.Accounts.AddSetting(c.ctx, media.Setting{Account: c.acc.ID, Kind: account.KindPreset, Name: name, Body: body})
	if media.CodeOf(err) == media.Conflict && err != nil {
		return nil, media.Errorf(media.Conflict, "Preset name %s already exists", name)
	}
	return message{Message: "created", Name: name}, err
}

// updatePreset changes the settings that the call gives.
func (d *Dialect) updatePreset(c *call) (any, error) {
	err := d.cfg.Accounts.EditSetting(c.ctx, c.acc.ID, account.KindPreset, c.id, func(old json.RawMessage) (json.RawMessage, error) {
		var p preset
		if err := json.Unmarshal(old, &p); err != nil {
			return nil, err
		}
		return c.presetBody(p)
	})
	return message{Message: "updated"}, absent(err, "upload preset with name "+c.id)
}

func (c *call) presetBody(p preset) (json.RawMessage, error) {
	var err error
	if p.Unsigned, err = c.form.Bool("unsigned", p.Unsigned); err != nil {
		return nil, err
	}
	given, err := c.settingsOf()
	if err != nil {
		return nil, err
	}
	if err := refuseUnbuilt(c.form, unbuilt); err != nil {
		return nil, err
	}
next:
	for _, one := range given {
		for i := range p.Settings {
			if p.Settings[i].name == one.name {
				p.Settings[i].value = one.value
				continue next
			}
		}
		p.Settings = append(p.Settings, one)
	}
	return json.Marshal(p)
}

// deletePreset removes an upload preset.
func (d *Dialect) deletePreset(c *call) (any, error) {
	err := d.cfg.Accounts.DeleteSetting(c.ctx, c.acc.ID, account.KindPreset, c.id)
	return message{Message: "deleted"}, absent(err, "upload preset with name "+c.id)
}

// absent says in the vendor's words what a call named that is not there.
func absent(err error, what string) error {
	if err != nil && media.CodeOf(err) == media.NotFound {
		return media.Errorf(media.NotFound, "Can't find %s", what)
	}
	return err
}

// page cuts one page out of settings, which are in order of their names: the
// cursor is the last name of the page before.
func (c *call) page(all []media.Setting) (page []media.Setting, next string, err error) {
	limit, err := c.maxResults()
	if err != nil {
		return nil, "", err
	}
	after, err := readCursor(c.form.Get("next_cursor"))
	if err != nil {
		return nil, "", err
	}
	for _, s := range all {
		if after != "" && s.Name <= after {
			continue
		}
		if len(page) == limit {
			return page, writeCursor(page[limit-1].Name), nil
		}
		page = append(page, s)
	}
	return page, "", nil
}
