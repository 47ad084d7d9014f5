package cloudinary

import (
	"encoding/json"
	"strings"

	"tintype/internal/media"
	"tintype/internal/schema"
)

// metadata reads the parameters that change values of structured fields; nil
// where the call has none.
func (c *call) metadata() (*schema.Change, error) {
	given, err := parseMetadata(c.form.Get("metadata"))
	if err != nil {
		return nil, err
	}
	change := schema.Change{Given: given}
	if change.ClearInvalid, err = c.form.Bool("clear_invalid", false); err != nil || change.Zero() {
		return nil, err
	}
	return &change, nil
}

// parseMetadata reads "id=value|id=value", where a backslash makes "=" and "|"
// part of a value and a list is written as ["a","b"], or an object in JSON.
func parseMetadata(text string) (map[string]schema.Value, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	if strings.HasPrefix(text, "{") {
		return parseMetadataObject(text)
	}
	given := map[string]schema.Value{}
	for _, part := range splitEscaped(text, '|') {
		if strings.TrimSpace(part) == "" {
			continue
		}
		kv := splitEscaped(part, '=')
		id := strings.TrimSpace(unescape(kv[0]))
		if len(kv) < 2 || id == "" {
			return nil, media.Errorf(media.Invalid, "metadata (%s) is invalid, it must be like external_id=value|external_id=value", quoted(part))
		}
		value := unescape(strings.Join(kv[1:], "="))
		v := schema.Value{Text: value, List: listIn(value)}
		if v.List != nil && len(v.List) == 0 {
			v.Text = ""
		}
		given[id] = v
	}
	return given, nil
}

// parseMetadataObject reads values in JSON; null takes one away.
func parseMetadataObject(text string) (map[string]schema.Value, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return nil, &media.Error{Code: media.Invalid, Message: "metadata is not proper JSON: " + quoted(text), Err: err}
	}
	given := map[string]schema.Value{}
	for id, raw := range object {
		v, ok := schema.Stored(raw)
		if !ok && string(raw) != "null" {
			return nil, media.Errorf(media.Invalid, "metadata has the value %s for %s, which is neither a text nor a number nor a list of texts", quoted(string(raw)), quoted(id))
		}
		given[id] = v
	}
	return given, nil
}

// listIn reads a text that is written as a list; nil where it is not. Some
// client libraries leave quotation marks in the texts as they are.
func listIn(text string) []string {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "[") || !strings.HasSuffix(text, "]") {
		return nil
	}
	if v, ok := schema.Stored(json.RawMessage(text)); ok {
		return v.List
	}
	var numbers []json.Number
	if json.Unmarshal([]byte(text), &numbers) == nil {
		list := make([]string, len(numbers))
		for i, n := range numbers {
			list[i] = n.String()
		}
		return list
	}
	inner, begins := strings.CutPrefix(text, `["`)
	inner, ends := strings.CutSuffix(inner, `"]`)
	if !begins || !ends {
		return nil
	}
	return strings.Split(inner, `","`)
}

// bulkMetadata changes values of structured fields of many assets.
func (d *Dialect) bulkMetadata(c *call) (any, error) {
	refs, err := c.bulkRefs()
	if err != nil {
		return nil, err
	}
	change, err := c.metadata()
	if err != nil {
		return nil, err
	}
	if change == nil {
		return nil, media.Errorf(media.Invalid, "Missing required parameter - metadata")
	}
	assets, err := d.cfg.Library.SetMetadata(c.ctx, c.acc.ID, refs, *change)
	if err != nil {
		return nil, err
	}
	out := changedIDs{PublicIDs: []string{}}
	for _, a := range assets {
		out.PublicIDs = append(out.PublicIDs, a.Name)
	}
	return out, nil
}
