package media

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

func TestOriginTravelsByContext(t *testing.T) {
	t.Parallel()
	o := Origin{Dialect: "d", Key: "k", Notify: []string{"u"}}
	if got := OriginOf(context.WithoutCancel(WithOrigin(t.Context(), o))); !reflect.DeepEqual(got, o) {
		t.Errorf("got %+v", got)
	}
	if got := OriginOf(t.Context()); !got.IsZero() {
		t.Errorf("got %+v from nowhere", got)
	}
	if o.IsZero() || o.Aside().Notify != nil || o.Notify == nil {
		t.Errorf("%+v, aside %+v", o, o.Aside())
	}
}

func TestListsAndPairs(t *testing.T) {
	t.Parallel()
	added, removed := Lists([]string{"a", "b"}, []string{"c", "b"})
	if !reflect.DeepEqual(added, []string{"c"}) || !reflect.DeepEqual(removed, []string{"a"}) {
		t.Errorf("added %v, removed %v", added, removed)
	}
	c := Pairs(map[string]string{"same": "1", "gone": "2", "other": "3"}, map[string]string{"same": "1", "new": "4", "other": "5"})
	want := PairsChange{Added: map[string]string{"new": "4"}, Removed: map[string]string{"gone": "2"}, Updated: map[string][2]string{"other": {"3", "5"}}}
	if !reflect.DeepEqual(c, want) || !c.Changed() || Pairs(nil, nil).Changed() {
		t.Errorf("got %+v", c)
	}
}

// What an event says of an asset is the whole asset.
func TestAssetDataRoundTrip(t *testing.T) {
	t.Parallel()
	a := Asset{Account: "demo", Ref: Ref{Kind: KindImage, Access: Public, Name: "a/b", ID: "0"}, Folder: "a", Tags: []string{"x"},
		Context: map[string]string{"k": "v"}, OriginalName: "o", CreatedAt: time.Unix(1, 5000).UTC(), UpdatedAt: time.Unix(2, 0).UTC(),
		Version: Version{ID: "1", Blob: "b", SHA256: "s", MD5: "m", Info: Info{Format: "png", Width: 3, Height: 4}, CreatedAt: time.Unix(3, 0).UTC()}}
	e := NewEvent(EventUploaded, &a, a.CreatedAt, AssetData{Asset: a, Overwritten: true})
	var got AssetData
	if err := json.Unmarshal(e.Data, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Asset, a) || !got.Overwritten {
		t.Errorf("got  %+v\nwant %+v", got.Asset, a)
	}
	if e.Asset != a.ID || e.Ref != a.Ref || e.Account != a.Account {
		t.Errorf("%+v", e)
	}
}
