package cloudinary

import (
	"encoding/json"
	"fmt"

	"tintype/internal/media"
)

type movedTold struct {
	told
	From        string `json:"from_asset_folder"`
	To          string `json:"to_asset_folder"`
	DisplayName string `json:"display_name"`
}

type namedTold struct {
	told
	Previous string `json:"previous_display_name"`
	New      string `json:"new_display_name"`
}

type grantsTold struct {
	told
	Previous []accessRule `json:"previous_access_control"`
	New      []accessRule `json:"new_access_control"`
}

// managedTold tells of a folder, a place or a right that has changed.
func (d *Dialect) managedTold(n notice, e media.Event) (any, error) {
	out := resourcesTold{notice: n, Source: n.Context.TriggeredBy.Source}
	switch e.Type {
	case media.EventMoved:
		data, err := read[media.TextChange](e)
		out.Resources = map[string]movedTold{data.Asset.Name: {toldOf(&data.Asset), data.Before, data.Asset.Folder, data.Asset.DisplayName}}
		return out, err
	case media.EventNamed:
		data, err := read[media.TextChange](e)
		out.Resources = map[string]namedTold{data.Asset.Name: {toldOf(&data.Asset), data.Before, data.Asset.DisplayName}}
		return out, err
	case media.EventGrantsChanged:
		data, err := read[media.GrantsChange](e)
		out.Resources = []grantsTold{{toldOf(&data.Asset), rulesOf(data.Before), rulesOf(data.Asset.Detail.Grants)}}
		return out, err
	case media.EventModerated:
		data, err := read[media.ModerationData](e)
		m := data.Moderation
		return struct {
			notice
			told
			Version   int64           `json:"version"`
			Kind      string          `json:"moderation_kind"`
			Status    string          `json:"moderation_status"`
			UpdatedAt string          `json:"moderation_updated_at"`
			Response  json.RawMessage `json:"moderation_response,omitempty"`
		}{n, toldOf(&data.Asset), versionNumber(&data.Asset), m.Kind, string(m.Status), rfc3339(m.UpdatedAt), m.Response}, err
	case media.EventFolderMade, media.EventFolderDeleted:
		data, err := read[media.FolderData](e)
		return struct {
			notice
			Source string `json:"source"`
			Path   string `json:"folder_path"`
			Name   string `json:"folder_name"`
		}{n, out.Source, data.Path, baseOf(data.Path)}, err
	case media.EventFolderMoved:
		data, err := read[media.FolderData](e)
		return struct {
			notice
			Source string `json:"source"`
			From   string `json:"from_path"`
			To     string `json:"to_path"`
			Status string `json:"status"`
		}{n, out.Source, data.From, data.Path, "completed"}, err
	}
	return nil, fmt.Errorf("no payload for an event of type %s", e.Type)
}
