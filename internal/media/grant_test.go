package media_test

import (
	"testing"
	"time"

	"tintype/internal/media"
)

func TestReadable(t *testing.T) {
	t.Parallel()
	at := func(hour int) time.Time { return time.Date(2024, 1, 1, hour, 0, 0, 0, time.UTC) }
	none := time.Time{}
	token := media.Grant{Token: true}
	for name, c := range map[string]struct {
		grants []media.Grant
		open   bool
		until  time.Time
	}{
		"no grants":       {nil, true, none},
		"token":           {[]media.Grant{token}, false, none},
		"anybody":         {[]media.Grant{{}}, true, none},
		"not yet":         {[]media.Grant{{Start: at(13)}}, false, at(13)},
		"now":             {[]media.Grant{token, {Start: at(12), End: at(14)}}, true, at(14)},
		"since then":      {[]media.Grant{{Start: at(11)}}, true, none},
		"over":            {[]media.Grant{{Start: at(10), End: at(12)}}, false, none},
		"until":           {[]media.Grant{{End: at(13)}}, true, at(13)},
		"earliest change": {[]media.Grant{{Start: at(15)}, {End: at(13)}}, true, at(13)},
	} {
		a := media.Asset{Detail: media.Detail{Grants: c.grants}}
		if open, until := a.Readable(at(12)); open != c.open || !until.Equal(c.until) {
			t.Errorf("%s: %v until %v", name, open, until)
		}
		a.Detail.Moderation = []media.Moderation{{Kind: "x", Status: media.Rejected}}
		if open, _ := a.Readable(at(12)); open {
			t.Errorf("%s: rejected, and open", name)
		}
	}
}

func TestModerated(t *testing.T) {
	t.Parallel()
	now := time.Unix(1, 0)
	m := func(kind string, s media.ModerationStatus) media.Moderation {
		return media.Moderation{Kind: kind, Status: s, UpdatedAt: now}
	}
	queue := []media.Moderation{m("a", media.Awaited), m("b", media.Queued), m("c", media.Queued)}
	for name, c := range map[string]struct {
		list []media.Moderation
		by   media.Moderation
		want []media.ModerationStatus
		next string
	}{
		"approved": {queue, m("a", media.Approved), []media.ModerationStatus{media.Approved, media.Awaited, media.Queued}, "b"},
		"rejected": {queue, m("a", media.Rejected), []media.ModerationStatus{media.Rejected, media.Aborted, media.Aborted}, ""},
		"none yet": {nil, m("manual", media.Approved), []media.ModerationStatus{media.Approved}, ""},
		"another":  {queue, m("manual", media.Rejected), []media.ModerationStatus{media.Awaited, media.Queued, media.Queued, media.Rejected}, ""},
	} {
		got, next := media.Moderated(c.list, c.by)
		if len(got) != len(c.want) {
			t.Fatalf("%s: %v", name, got)
		}
		for i := range got {
			if got[i].Status != c.want[i] {
				t.Errorf("%s: %v", name, got)
			}
		}
		if next == nil && c.next != "" || next != nil && next.Kind != c.next {
			t.Errorf("%s: next is %v", name, next)
		}
	}
	if queue[0].Status != media.Awaited {
		t.Error("the list itself was changed")
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	for _, c := range []struct {
		asset media.Asset
		want  bool
	}{
		{media.Asset{Ref: media.Ref{Access: media.Public}}, true},
		{media.Asset{Ref: media.Ref{Access: media.Private}}, false},
		{media.Asset{Ref: media.Ref{Access: media.Public}, Detail: media.Detail{Grants: []media.Grant{{Token: true}}}}, false},
		{media.Asset{Ref: media.Ref{Access: media.Public}, Detail: media.Detail{Grants: []media.Grant{{End: now.Add(1)}}}}, true},
		{media.Asset{Ref: media.Ref{Access: media.Public}, Detail: media.Detail{Moderation: []media.Moderation{{Kind: media.Manual, Status: media.Rejected}}}}, false},
	} {
		if got := c.asset.Shown(now); got != c.want {
			t.Errorf("%+v: %v", c.asset, got)
		}
	}
}
