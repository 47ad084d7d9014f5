package cloudinary

import (
	"encoding/json"
	"net/url"
	"strings"

	"tintype/internal/account"
	"tintype/internal/dialect"
	"tintype/internal/media"
)

type mappingItem struct {
	Folder   string `json:"folder"`
	Template string `json:"template"`
}

func mappingOf(s media.Setting) (mappingItem, error) {
	var m account.Mapping
	err := json.Unmarshal(s.Body, &m)
	return mappingItem{s.Name, m.Template}, err
}

// mappings lists the folders that are mapped to other servers, or describes one.
func (d *Dialect) mappings(c *call) (any, error) {
	if folder := mappedFolder(c.form.Get("folder")); folder != "" {
		s, ok := c.acc.Setting(account.KindMapping, folder)
		if !ok {
			return nil, media.Errorf(media.NotFound, "Can't find upload mapping with folder %s", folder)
		}
		return mappingOf(s)
	}
	page, next, err := c.page(c.acc.Settings(account.KindMapping))
	if err != nil {
		return nil, err
	}
	out := struct {
		Mappings   []mappingItem `json:"mappings"`
		NextCursor string        `json:"next_cursor,omitempty"`
	}{[]mappingItem{}, next}
	for _, s := range page {
		item, err := mappingOf(s)
		if err != nil {
			return nil, err
		}
		out.Mappings = append(out.Mappings, item)
	}
	return out, nil
}

func mappedFolder(text string) string { return strings.Trim(text, "/") }

// mapping reads the folder and the template of a call.
func (c *call) mapping() (s media.Setting, err error) {
	folder, err := c.needed("folder")
	if err != nil {
		return s, err
	}
	template, err := c.needed("template")
	if err != nil {
		return s, err
	}
	u, err := url.Parse(template)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" || len(template) > 1000 {
		return s, media.Errorf(media.Invalid, "Invalid template %s: give the beginning of a URL, such as https://example.com/images/", dialect.Quotable(template))
	}
	if folder = mappedFolder(folder); validID(folder) != nil {
		return s, media.Errorf(media.Invalid, "Invalid folder %s", dialect.Quotable(folder))
	}
	body, err := json.Marshal(account.Mapping{Template: template})
	return media.Setting{Account: c.acc.ID, Kind: account.KindMapping, Name: folder, Body: body}, err
}

// createMapping maps a folder to another server.
func (d *Dialect) createMapping(c *call) (any, error) {
	s, err := c.mapping()
	if err != nil {
		return nil, err
	}
	err = d.cfg.Accounts.AddSetting(c.ctx, s)
	if err != nil && media.CodeOf(err) == media.Conflict {
		return nil, media.Errorf(media.Conflict, "Upload mapping for folder %s already exists", s.Name)
	}
	return message{Message: "created", Folder: s.Name}, err
}

// updateMapping gives a mapped folder another server.
func (d *Dialect) updateMapping(c *call) (any, error) {
	s, err := c.mapping()
	if err != nil {
		return nil, err
	}
	err = d.cfg.Accounts.EditSetting(c.ctx, c.acc.ID, s.Kind, s.Name, func(json.RawMessage) (json.RawMessage, error) { return s.Body, nil })
	return message{Message: "updated", Folder: s.Name}, absent(err, "upload mapping with folder "+s.Name)
}

// deleteMapping removes a mapping; what was read through it stays.
func (d *Dialect) deleteMapping(c *call) (any, error) {
	folder, err := c.needed("folder")
	if err != nil {
		return nil, err
	}
	folder = mappedFolder(folder)
	err = d.cfg.Accounts.DeleteSetting(c.ctx, c.acc.ID, account.KindMapping, folder)
	return message{Message: "deleted", Folder: folder}, absent(err, "upload mapping with folder "+folder)
}
