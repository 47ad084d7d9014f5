package cloudinary

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"tintype/internal/account"
	"tintype/internal/cluster"
	"tintype/internal/dialect"
	"tintype/internal/media"
)

// preset is the body of a setting of account.KindPreset.
type preset struct {
	Unsigned bool `json:"unsigned"`
	// Settings are parameters of an upload, as they are echoed: lists as
	// arrays, booleans as booleans, everything else as it came.
	Settings settings `json:"settings"`
}

// settings keep the order in which they were given.
type settings []setting

type setting struct {
	name  string
	value any // string, bool, []string
}

// MarshalJSON implements json.Marshaler.
func (s settings) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, one := range s {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, v := range []any{one.name, one.value} {
			if j == 1 {
				b.WriteByte(':')
			}
			raw, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			b.Write(raw)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *settings) UnmarshalJSON(raw []byte) error {
	*s = nil
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var v any
		if err := d.Decode(&v); err != nil {
			return err
		}
		if list, ok := v.([]any); ok {
			texts := make([]string, 0, len(list))
			for _, item := range list {
				text, _ := item.(string)
				texts = append(texts, text)
			}
			v = texts
		}
		text, _ := name.(string)
		*s = append(*s, setting{text, v})
	}
	return nil
}

func (s settings) get(name string) (any, bool) {
	i := slices.IndexFunc(s, func(one setting) bool { return one.name == name })
	if i < 0 {
		return nil, false
	}
	return s[i].value, true
}

// fields are the settings as parameters of a call.
func (s settings) fields() []dialect.Field {
	var fields []dialect.Field
	for _, one := range s {
		switch v := one.value.(type) {
		case string:
			fields = append(fields, dialect.Field{Name: one.name, Value: v})
		case bool:
			text := "false"
			if v {
				text = "true"
			}
			fields = append(fields, dialect.Field{Name: one.name, Value: text})
		case []string:
			for _, item := range v {
				fields = append(fields, dialect.Field{Name: one.name, Value: item, Indexed: true})
			}
		}
	}
	return fields
}

// presetOwn are parameters of the calls about presets that are no settings.
var presetOwn = words("name unsigned timestamp signature api_key cloud_name")

// presetLists and presetBools are the settings that are echoed as such.
var (
	presetLists = words("tags allowed_formats")
	presetBools = words(`use_filename unique_filename discard_original_filename overwrite invalidate
		return_delete_token backup faces colors exif image_metadata media_metadata phash quality_analysis
		accessibility_analysis cinemagraph_analysis eager_async async live disallow_public_id default
		use_asset_folder_as_public_id_prefix unique_display_name use_filename_as_display_name
		clear_invalid auto_transcription auto_chaptering visual_search`)
)

// settingsOf reads the settings in a call.
func (c *call) settingsOf() (settings, error) {
	var s settings
	for _, f := range c.form.Fields {
		if presetOwn[f.Name] || slices.ContainsFunc(s, func(one setting) bool { return one.name == f.Name }) {
			continue
		}
		one := setting{name: f.Name, value: c.form.Get(f.Name)}
		switch {
		case presetLists[f.Name]:
			one.value = orEmpty(c.form.List(f.Name))
		case presetBools[f.Name]:
			if c.form.Get(f.Name) == "" {
				continue
			}
			if v, err := c.form.Bool(f.Name, false); err == nil {
				one.value = v // what is no boolean may be a richer form of the same parameter
			}
		}
		s = append(s, one)
	}
	if len(s) > maxPresetSettings {
		return nil, media.Errorf(media.Invalid, "An upload preset has at most %d settings", maxPresetSettings)
	}
	return s, nil
}

const maxPresetSettings = 200

// preset finds an upload preset.
func (c *call) preset(name string) (preset, error) {
	var p preset
	s, ok := c.acc.Setting(account.KindPreset, name)
	if !ok {
		return p, media.Errorf(media.Invalid, "Upload preset not found")
	}
	return p, json.Unmarshal(s.Body, &p)
}

// unsignedAllowed are the parameters that an upload without signature may have;
// unsignedIgnored come along and mean nothing.
var (
	unsignedAllowed = strings.Split("upload_preset,callback,public_id,folder,asset_folder,tags,context,metadata,face_coordinates,custom_coordinates,"+
		"source,filename_override,manifest_transformation,manifest_json,template,template_vars,regions,public_id_prefix", ",")
	unsignedIgnored = words("timestamp api_key unsigned resource_type cloud_name signature file")
)

// unsignedRate bounds the unsigned uploads of one address.
var unsignedRate = cluster.Rate{Limit: 60, Per: time.Minute, Burst: 60}

// unsigned finds the preset that lets a call upload without a signature, and
// the key in whose name the answer is signed.
func (d *Dialect) unsigned(c *call) (media.Key, error) {
	name := c.form.Get("upload_preset")
	if name == "" {
		return media.Key{}, media.Errorf(media.Invalid, "Upload preset must be specified when using unsigned upload")
	}
	p, err := c.preset(name)
	if err != nil {
		return media.Key{}, err
	}
	if !p.Unsigned {
		return media.Key{}, media.Errorf(media.Invalid, "Upload preset must be whitelisted for unsigned uploads")
	}
	for _, f := range c.form.Fields {
		if !slices.Contains(unsignedAllowed, f.Name) && !unsignedIgnored[f.Name] {
			return media.Key{}, media.Errorf(media.Invalid,
				"%s parameter is not allowed when using unsigned upload. Only %s upload parameters are allowed.",
				dialect.Quotable(upperFirst(strings.ReplaceAll(f.Name, "_", " "))), strings.Join(unsignedAllowed, ","))
		}
	}
	if blocked, _ := p.Settings.get("disallow_public_id"); blocked == true && c.form.Get("public_id") != "" {
		return media.Key{}, media.Errorf(media.Invalid, "public_id is not allowed with this upload preset")
	}
	a, err := d.cfg.Cluster.Allow(c.ctx, "unsigned/"+string(c.acc.ID)+"/"+dialect.Address(c.r), unsignedRate)
	if err == nil && !a.OK {
		return media.Key{}, media.Errorf(media.Limited, "Too many unsigned uploads from this address, try again later")
	}
	k, ok := c.acc.FirstKey()
	if !ok {
		return k, media.Errorf(media.Unauthorized, "The account has no key that is enabled")
	}
	c.unsigned = true
	return k, nil
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// applyPreset fills the call's parameters from its preset. What the call says
// wins, except without a signature, where the preset does. Tags add up, and
// what was uploaded without a signature never replaces an asset.
func (c *call) applyPreset() error {
	name := c.form.Get("upload_preset")
	if name == "" {
		return nil
	}
	p, err := c.preset(name)
	if err != nil {
		return err
	}
	for _, one := range p.Settings {
		given := c.form.Get(one.name) != ""
		switch fields := (settings{one}).fields(); {
		case one.name == "tags":
			tags := append(fields, listFields("tags", c.form.List("tags"))...)
			c.replaceFields("tags", tags)
		case given && !c.unsigned:
		default:
			c.replaceFields(one.name, fields)
		}
	}
	c.keepOthers()
	return nil
}

// keepOthers has a call without a signature replace nothing.
func (c *call) keepOthers() {
	if c.unsigned {
		c.replaceFields("overwrite", []dialect.Field{{Name: "overwrite", Value: "false"}})
	}
}

func listFields(name string, values []string) []dialect.Field {
	fields := make([]dialect.Field, len(values))
	for i, v := range values {
		fields[i] = dialect.Field{Name: name, Value: v, Indexed: true}
	}
	return fields
}

func (c *call) replaceFields(name string, fields []dialect.Field) {
	c.form.Fields = slices.DeleteFunc(c.form.Fields, func(f dialect.Field) bool { return f.Name == name })
	c.form.Fields = append(c.form.Fields, fields...)
}
