package cloudinary

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
	"tintype/internal/script"
)

// apart are parameters that belong to the call, not to the upload: scripts
// neither see nor change them.
var apart = words("api_key signature timestamp eval file upload_preset cloud_name resource_type unsigned")

// evaluate has the script of eval change what an upload asks for, once it is
// known what the file is.
func (d *Dialect) evaluate(c *call, code string, eager *eagerList) func(context.Context, *library.File, *library.Upload) error {
	return func(ctx context.Context, f *library.File, u *library.Upload) error {
		if d.cfg.Scripts == nil {
			return media.Errorf(media.Invalid, "eval is switched off here")
		}
		w, err := c.wanted()
		if err != nil {
			return err
		}
		info, err := d.resourceInfo(ctx, w, f)
		if err != nil {
			return err
		}
		out, err := d.cfg.Scripts.Run(ctx, script.Script{Code: code, Values: map[string]any{
			"resource_info": info, "upload_options": c.options(),
		}})
		if err != nil {
			return err
		}
		if err := c.setOptions(out.Values["upload_options"]); err != nil {
			return err
		}
		c.keepOthers()
		changed, err := c.uploadOf()
		if err != nil {
			return err
		}
		if *eager, changed.Ahead, err = c.ahead(); err != nil {
			return err
		}
		changed.EagerLater = u.EagerLater // the call was told already
		*u = changed
		return nil
	}
}

// resourceInfo is what a script may know of a file.
func (d *Dialect) resourceInfo(ctx context.Context, w wanted, f *library.File) (map[string]any, error) {
	found, err := f.Analyse(ctx, w.parts())
	if err != nil {
		return nil, err
	}
	a := &media.Asset{Version: media.Version{Info: f.Info}}
	a.Kind = f.Kind
	a.Detail.Analysis = &found
	info, err := asMap(w.findings(a))
	if err != nil {
		return nil, err
	}
	i := f.Info
	info["resource_type"], info["bytes"], info["format"] = string(f.Kind), i.Bytes, media.Extension(i.Format)
	if i.Width > 0 {
		info["width"], info["height"] = i.Width, i.Height
	}
	if f.Kind == media.KindImage {
		info["pages"] = i.Pages
	}
	if f.Kind == media.KindVideo {
		info["duration"], info["frame_rate"], info["bit_rate"] = i.Duration.Seconds(), i.FrameRate, i.BitRate
	}
	if name, _, _ := strings.Cut(f.Filename, "."); name != "" {
		info["original_filename"] = name
	}
	return info, nil
}

func asMap(v any) (map[string]any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	return out, json.Unmarshal(raw, &out)
}

// options are the parameters of the upload: texts, and lists of texts.
func (c *call) options() map[string]any {
	out := map[string]any{}
	for _, f := range c.form.Fields {
		if apart[f.Name] {
			continue
		}
		switch old := out[f.Name].(type) {
		case nil:
			out[f.Name] = f.Value
			if f.Indexed {
				out[f.Name] = []string{f.Value}
			}
		case string:
			out[f.Name] = []string{old, f.Value}
		case []string:
			out[f.Name] = append(old, f.Value)
		}
	}
	return out
}

// setOptions replaces the parameters of the upload.
func (c *call) setOptions(raw json.RawMessage) error {
	var options map[string]json.RawMessage
	if err := json.Unmarshal(raw, &options); err != nil || options == nil {
		return media.Errorf(media.Invalid, "The script made upload_options no object")
	}
	const most = 200
	if len(options) > most {
		return media.Errorf(media.Invalid, "The script made more than %d upload_options", most)
	}
	fields := slices.DeleteFunc(slices.Clone(c.form.Fields), func(f dialect.Field) bool { return !apart[f.Name] })
	for name, v := range options {
		if apart[name] {
			return media.Errorf(media.Invalid, "A script cannot set %s", dialect.Quotable(name))
		}
		var list []json.RawMessage
		if json.Unmarshal(v, &list) != nil || list == nil {
			fields = append(fields, dialect.Field{Name: name, Value: plainText(v)})
			continue
		}
		for _, item := range list {
			fields = append(fields, dialect.Field{Name: name, Value: plainText(item), Indexed: true})
		}
	}
	c.form.Fields = fields
	return nil
}

// plainText is a text itself, nothing for null, and the JSON of other values.
func plainText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// hook says what became of a script that ran after an upload.
type hook struct {
	Status string `json:"status"`
	Error  string `json:"error,omitempty"`
}

// succeed runs the script of on_success on an asset that was stored. Its
// failure is told and takes nothing back. The asset comes back as it is then.
func (d *Dialect) succeed(c *call, code string, a *media.Asset, r *result) (*media.Asset, *hook) {
	changed, err := d.afterUpload(c, code, a, r)
	if err != nil {
		if media.CodeOf(err) == media.Internal {
			d.cfg.Logger.Error("on_success", "account", a.Account, "asset", a.ID, "error", err)
		}
		return changed, &hook{Status: "failed", Error: media.MessageOf(err)}
	}
	return changed, &hook{Status: "success"}
}

func (d *Dialect) afterUpload(c *call, code string, a *media.Asset, r *result) (*media.Asset, error) {
	if d.cfg.Scripts == nil {
		return a, media.Errorf(media.Invalid, "on_success is switched off here")
	}
	info, err := asMap(r)
	if err != nil {
		return a, err
	}
	event := map[string]any{"upload_info": info}
	out, err := d.cfg.Scripts.Run(c.ctx, script.Script{
		Code: code, Values: map[string]any{"current_asset": info, "e": event, "event": event}, Recorders: []string{"current_asset"},
	})
	if err != nil {
		return a, err
	}
	for _, raw := range out.Updates {
		change, err := changeOf(raw)
		if err != nil {
			return a, err
		}
		changed, err := d.cfg.Library.Update(c.ctx, a.Account, media.Ref{ID: a.ID}, change)
		if err != nil {
			return a, err
		}
		a = changed
	}
	return a, nil
}

// changeOf reads the argument of update.
func changeOf(raw json.RawMessage) (change library.Change, err error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return change, media.Errorf(media.Invalid, "update takes an object")
	}
	for name, v := range members {
		switch name {
		case "tags":
			var tags []string
			if json.Unmarshal(v, &tags) != nil {
				tags = strings.Split(plainText(v), ",")
			}
			if len(tags) > maxTags {
				return change, media.Errorf(media.Invalid, "There are more than %d tags", maxTags)
			}
			change.Tags = &tags
		case "context":
			pairs := map[string]string{}
			var values map[string]any
			if json.Unmarshal(v, &values) == nil {
				for key, value := range values {
					pairs[key] = fmt.Sprint(value)
				}
			} else if pairs, err = parseContext(plainText(v)); err != nil {
				return change, err
			}
			change.Context = &pairs
		default:
			return change, media.Errorf(media.Invalid, "update of %s is not supported yet", dialect.Quotable(name))
		}
	}
	return change, nil
}
