package cloudinary

import (
	"context"
	"errors"

	"tintype/internal/dialect"
	"tintype/internal/library"
	"tintype/internal/media"
)

// maxRelated bounds the assets of one call.
const maxRelated = 10

type relatedAsset struct {
	AssetID      string `json:"asset_id"`
	PublicID     string `json:"public_id"`
	ResourceType string `json:"resource_type"`
	Type         string `json:"type"`
}

// relationAnswer says what became of one asset of a call.
type relationAnswer struct {
	Message string `json:"message"`
	Code    string `json:"code"`
	Asset   string `json:"asset"`
	Status  int    `json:"status"`
}

type relationAnswers struct {
	Failed  []relationAnswer `json:"failed"`
	Success []relationAnswer `json:"success"`
}

// relate makes assets related, named by public id or, where the path names an
// asset by its id, by these.
func (d *Dialect) relate(c *call) (any, error) {
	return d.relations(c, "assets_to_relate", d.cfg.Library.Relate)
}

// unrelate undoes relate.
func (d *Dialect) unrelate(c *call) (any, error) {
	return d.relations(c, "assets_to_unrelate", d.cfg.Library.Unrelate)
}

type relating func(ctx context.Context, acc media.AccountID, ref media.Ref, others []media.Ref) ([]error, error)

func (d *Dialect) relations(c *call, param string, do relating) (any, error) {
	names := c.form.List(param)
	if len(names) == 0 {
		return nil, media.Errorf(media.Invalid, "Missing required parameter - %s", param)
	}
	if len(names) > maxRelated {
		return nil, tooMany(param, maxRelated, len(names))
	}
	ref, byID := media.Ref{Kind: c.kind, Access: c.access, Name: c.id}, c.kind == ""
	if byID {
		ref = media.Ref{ID: media.AssetID(c.id)}
	}
	out := relationAnswers{Failed: []relationAnswer{}, Success: []relationAnswer{}}
	var refs []media.Ref
	var known []string
	for _, name := range names {
		other, ok := media.Ref{ID: media.AssetID(name)}, assetID(name)
		if !byID {
			other, ok = qualifiedID(name)
		}
		if !ok {
			out.Failed = append(out.Failed, relationAnswer{"This is no id of an asset", "invalid_ids", name, 400})
			continue
		}
		refs, known = append(refs, other), append(known, name)
	}
	answers, err := do(c.ctx, c.acc.ID, ref, refs)
	if err != nil {
		return nil, missing(err, c.id)
	}
	for i, err := range answers {
		if err == nil {
			out.Success = append(out.Success, relationAnswer{"success", "success_ids", known[i], 200})
			continue
		}
		out.Failed = append(out.Failed, relationFailed(known[i], err))
	}
	return out, nil
}

func relationFailed(name string, err error) relationAnswer {
	a := relationAnswer{Message: media.MessageOf(err), Asset: name, Status: dialect.StatusOf(media.CodeOf(err))}
	switch {
	case errors.Is(err, library.ErrNoRelation):
		a.Code = "relation_does_not_exist_ids"
	case media.CodeOf(err) == media.NotFound:
		a.Code = "non_existing_ids"
	case media.CodeOf(err) == media.Conflict:
		a.Code = "already_exists_ids"
	default:
		a.Code = "invalid_relate_to_self_id"
	}
	return a
}

// related describes the assets that are related to one, a page of them.
func (d *Dialect) related(c *call, a *media.Asset, limit int) ([]relatedAsset, string, error) {
	others, next, err := d.cfg.Library.Related(c.ctx, a.Account, a.ID, c.form.Get("related_next_cursor"), limit)
	list := []relatedAsset{}
	for _, o := range others {
		list = append(list, relatedAsset{string(o.ID), o.Name, string(o.Kind), deliveryType(o.Access)})
	}
	return list, next, err
}
