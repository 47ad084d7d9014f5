package cloudinary

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"tintype/internal/media"
)

const (
	timestampHeader = "X-Cld-Timestamp"
	signatureHeader = "X-Cld-Signature"
)

// eventNames are the vendor's words for events.
var eventNames = map[media.EventType]string{
	media.EventUploaded:        "upload",
	media.EventRendered:        "eager",
	media.EventRenamed:         "rename",
	media.EventDeleted:         "delete",
	media.EventTagsChanged:     "resource_tags_changed",
	media.EventContextChanged:  "resource_context_changed",
	media.EventMetadataChanged: "resource_metadata_changed",
	media.EventFailed:          "error",
	media.EventMoved:           "move",
	media.EventNamed:           "resource_display_name_changed",
	media.EventModerated:       "moderation",
	media.EventGrantsChanged:   "access_control_changed",
	media.EventFolderMade:      "create_folder",
	media.EventFolderDeleted:   "delete_folder",
	media.EventFolderMoved:     "move_or_rename_asset_folder",
}

// deleteByTokenName is the word for a deletion by a token.
const deleteByTokenName = "delete_by_token"

// EventName is the vendor's word for an event. A change as a whole has one
// only for those whom the call names.
func (d *Dialect) EventName(e media.Event) string {
	switch {
	case e.Type == media.EventDeleted && e.Origin.Token:
		return deleteByTokenName
	case e.Type == media.EventUpdated && len(e.Origin.Notify) > 0:
		return "explicit"
	}
	return eventNames[e.Type]
}

// notice is what every notification says.
type notice struct {
	Type         string        `json:"notification_type"`
	Timestamp    string        `json:"timestamp"`
	RequestID    string        `json:"request_id"`
	Context      noticeContext `json:"notification_context"`
	SignatureKey string        `json:"signature_key"`
	BatchID      string        `json:"batch_id,omitempty"`
}

type noticeContext struct {
	TriggeredAt string    `json:"triggered_at"`
	TriggeredBy triggerer `json:"triggered_by"`
}

type triggerer struct {
	Source string `json:"source"`
	ID     string `json:"id"`
}

// Notify implements dialect.Dialect. Body and headers are signed as of now.
func (d *Dialect) Notify(e media.Event, k media.Key) (http.Header, []byte, error) {
	n := notice{
		Type: d.EventName(e), Timestamp: rfc3339(e.At), RequestID: requestOf(e), SignatureKey: k.ID, BatchID: e.Origin.Batch,
		Context: noticeContext{rfc3339(e.At), triggerer{"api", e.Origin.Key}},
	}
	if n.Type == "" {
		return nil, nil, nil
	}
	payload, err := d.payload(n, e, k)
	if err != nil {
		return nil, nil, fmt.Errorf("notify of event %d: %w", e.ID, err)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(payload); err != nil {
		return nil, nil, err
	}
	body := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	timestamp := strconv.FormatInt(d.cfg.Now().Unix(), 10)
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set(timestampHeader, timestamp)
	header.Set(signatureHeader, notificationSignature(body, timestamp, k.Secret, d.cfg.SignatureSHA256))
	return header, body, nil
}

// notificationSignature signs the very bytes of a body.
func notificationSignature(body []byte, timestamp, secret string, long bool) string {
	text := string(body) + timestamp + secret
	if long {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	return hexSHA1(text)
}

// requestOf is the id of the call that caused an event, or else one that is
// always the same for the event.
func requestOf(e media.Event) string {
	if e.Origin.Request != "" {
		return e.Origin.Request
	}
	sum := md5.Sum(fmt.Appendf(nil, "%s/%d", e.Account, e.ID))
	return hex.EncodeToString(sum[:])
}

// payload is a whole notification.
func (d *Dialect) payload(n notice, e media.Event, k media.Key) (any, error) {
	c := &call{key: k}
	c.acc, _ = d.cfg.Accounts.ByName(e.Account)
	switch e.Type {
	case media.EventUploaded, media.EventUpdated:
		data, err := read[media.AssetData](e)
		r := d.result(c, &data.Asset)
		r.Existing, r.Overwritten = data.Existing, data.Overwritten
		r.Eager = d.eagerTold(c, &data.Asset, data.Ahead, e.Origin.Batch, data.Later)
		return struct {
			notice
			*result
			BatchID string `json:"batch_id,omitempty"` // both of the above have it
		}{n, r, n.BatchID}, err
	case media.EventRendered:
		data, err := read[media.AssetData](e)
		return struct {
			notice
			AssetID  string        `json:"asset_id"`
			PublicID string        `json:"public_id"`
			Eager    []eagerResult `json:"eager"`
		}{n, string(data.Asset.ID), data.Asset.Name, d.eagerTold(c, &data.Asset, data.Ahead, "", false)}, err
	case media.EventRenamed:
		data, err := read[media.RenameData](e)
		a := &data.Asset
		return struct {
			notice
			ResourceType string `json:"resource_type"`
			Type         string `json:"type"`
			AssetID      string `json:"asset_id"`
			From         string `json:"from_public_id"`
			To           string `json:"to_public_id"`
			Folder       string `json:"folder"`
		}{n, string(a.Kind), deliveryType(a.Access), string(a.ID), data.From.Name, a.Name, a.Folder}, err
	case media.EventDeleted:
		data, err := read[media.AssetData](e)
		a := &data.Asset
		return struct {
			notice
			Resources []deletedTold `json:"resources"`
		}{n, []deletedTold{{toldOf(a), versionNumber(a), a.Folder}}}, err
	case media.EventFailed:
		data, err := read[media.FailureData](e)
		return struct {
			notice
			Error    errorDetail `json:"error"`
			PublicID string      `json:"public_id,omitempty"`
		}{n, errorDetail{data.Message}, data.Name}, err
	}
	return d.changeTold(n, e)
}

func read[T any](e media.Event) (v T, err error) {
	err = json.Unmarshal(e.Data, &v)
	return v, err
}

// told is how a notification refers to an asset.
type told struct {
	ResourceType string `json:"resource_type"`
	Type         string `json:"type"`
	AssetID      string `json:"asset_id"`
	PublicID     string `json:"public_id"`
}

func toldOf(a *media.Asset) told {
	return told{string(a.Kind), deliveryType(a.Access), string(a.ID), a.Name}
}

type deletedTold struct {
	told
	Version int64  `json:"version"`
	Folder  string `json:"folder"`
}

type metadataTold struct {
	told
	Previous fieldValues `json:"previous_metadata"`
	New      fieldValues `json:"new_metadata"`
}

type nameValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type valueChange struct {
	Name     string `json:"name"`
	Previous string `json:"previous_value"`
	New      string `json:"new_value"`
}

type tagsTold struct {
	told
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
}

type contextTold struct {
	told
	Added   []nameValue   `json:"added"`
	Removed []nameValue   `json:"removed"`
	Updated []valueChange `json:"updated"`
}

// resourcesTold tells of assets, in the form that its event has for them.
type resourcesTold struct {
	notice
	Source    string `json:"source"`
	Resources any    `json:"resources"`
}

// changeTold tells of a part of an asset's record that has changed.
func (d *Dialect) changeTold(n notice, e media.Event) (any, error) {
	out := resourcesTold{notice: n, Source: n.Context.TriggeredBy.Source}
	switch e.Type {
	case media.EventTagsChanged:
		data, err := read[media.ListChange](e)
		out.Resources = []tagsTold{{toldOf(&data.Asset), orEmpty(data.Added), orEmpty(data.Removed)}}
		return out, err
	case media.EventContextChanged:
		data, err := read[media.PairsChange](e)
		r := contextTold{told: toldOf(&data.Asset), Added: pairsTold(data.Added), Removed: pairsTold(data.Removed), Updated: []valueChange{}}
		for _, name := range slices.Sorted(maps.Keys(data.Updated)) {
			v := data.Updated[name]
			r.Updated = append(r.Updated, valueChange{name, v[0], v[1]})
		}
		out.Resources = map[string]contextTold{data.Asset.Name: r}
		return out, err
	case media.EventMetadataChanged:
		data, err := read[media.ValuesChange](e)
		r := metadataTold{told: toldOf(&data.Asset), Previous: data.Before, New: data.After}
		for _, v := range []*fieldValues{&r.Previous, &r.New} {
			if *v == nil {
				*v = fieldValues{}
			}
		}
		out.Resources = map[string]metadataTold{data.Asset.Name: r}
		return out, err
	}
	return d.managedTold(n, e)
}

func pairsTold(pairs map[string]string) []nameValue {
	list := []nameValue{}
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		list = append(list, nameValue{name, pairs[name]})
	}
	return list
}

// eagerTold describes renditions that were asked for, of which those without
// a result are under way.
func (d *Dialect) eagerTold(c *call, a *media.Asset, ahead []media.Ahead, batch string, later bool) []eagerResult {
	var out []eagerResult
	for _, item := range ahead {
		r := eagerResult{Transformation: item.Label}
		list, err := parseEager(item.Label)
		switch {
		case item.Error != "":
			r.Status, r.Error, r.Reason = "failed", item.Error, item.Error
		case err != nil || len(list) != 1: // of a call in another language
		case item.Info != nil:
			d.eagerMade(c, a, list[0], item.Info, &r)
		default:
			r.URL, r.SecureURL = d.eagerURLs(c, a, list[0])
			if later {
				r.Status, r.BatchID = "processing", batch
			}
		}
		out = append(out, r)
	}
	return out
}

// processing answers renditions that are made in the background.
func (d *Dialect) processing(c *call, a *media.Asset, list eagerList) []eagerResult {
	var ahead []media.Ahead
	for _, item := range list {
		ahead = append(ahead, media.Ahead{Label: item.text})
	}
	return d.eagerTold(c, a, ahead, c.batch(), true)
}

// pending answers a call whose work is done in the background.
type pending struct {
	Status       string `json:"status"`
	ResourceType string `json:"resource_type"`
	Type         string `json:"type"`
	PublicID     string `json:"public_id,omitempty"`
	BatchID      string `json:"batch_id"`
}

func (c *call) pending(kind media.Kind, access media.Access, publicID string) pending {
	p := pending{Status: "pending", ResourceType: string(kind), Type: deliveryType(access), PublicID: publicID, BatchID: c.batch()}
	if kind == "" {
		p.ResourceType = "auto"
	}
	return p
}
