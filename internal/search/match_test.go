package search

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"tintype/internal/media"
)

func shoe() *media.Asset {
	return &media.Asset{
		Ref:         media.Ref{Kind: media.KindImage, Access: media.Public, Name: "shop/Shoes/red_sneaker-12", ID: "0123456789abcdef0123456789abcdef"},
		DisplayName: "Red Sneaker (left)", Folder: "shop/Shoes", Tags: []string{"Sale", "new in", "my_tag_1"},
		Context:   map[string]string{"alt": "A sneaker", "rank": "7"},
		Metadata:  map[string]json.RawMessage{"price": json.RawMessage("59.5"), "sizes": json.RawMessage(`["s40","s41"]`), "until": json.RawMessage(`"2024-05-01"`)},
		CreatedAt: time.Unix(1_700_000_000, 0), UpdatedAt: time.Unix(1_700_000_100, 0),
		Version: media.Version{MD5: "aa", CreatedAt: time.Unix(1_700_000_050, 0), Info: media.Info{Format: "jpeg", Bytes: 2048, Width: 300, Height: 200, Pages: 1, Space: "srgb"}},
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	d := Of(shoe())
	at := func(n float64) *Bound { return &Bound{Value: n} }
	open := func(n float64) *Bound { return &Bound{Value: n, Open: true} }
	for _, c := range []struct {
		e    Expr
		want bool
	}{
		{nil, true}, {All{}, true}, {And{}, true}, {Or{}, false}, {Not{All{}}, false},
		{Contains{Field: "name", Text: "RED_sneaker-12"}, true},
		{Contains{Field: "name", Text: "red"}, false},
		{Contains{Field: "name", Text: "red", Prefix: true}, true},
		{Contains{Field: "name", Text: "shop shoes"}, true},
		{Contains{Field: "name", Text: "shop/Sh", Prefix: true}, true},
		{Contains{Field: "name", Text: "Shoes/red", Prefix: true}, false},
		{Contains{Field: "folder", Text: "shop/", Prefix: true}, true},
		{Contains{Field: "folder", Text: "shop/Shoes/", Prefix: true}, false},
		{Contains{Field: "tags", Text: "my_tag_2"}, false},
		{Contains{Field: "tags", Text: "my_tag_1"}, true},
		{Contains{Field: "tags", Text: "sale"}, true},
		{Contains{Field: "tags", Text: "In NEW"}, true},
		{Contains{Field: "tags", Text: "new i", Prefix: true}, true},
		{Contains{Field: "tags", Text: "", Prefix: true}, true},
		{Contains{Field: "source", Text: "", Prefix: true}, false},
		{Contains{Field: "tags", Text: "!"}, false},
		{Contains{Text: "left"}, true}, {Contains{Text: "s41"}, true}, {Contains{Text: "snea", Prefix: true}, true},
		{Contains{Text: "left s41"}, true}, {Contains{Text: "left s42"}, false}, {Contains{Text: "image"}, false},
		{Equals{Field: "tags", Text: "Sale"}, true}, {Equals{Field: "tags", Text: "sale"}, false},
		{Equals{Field: "tags", Text: "new", Prefix: true}, true}, {Equals{Field: "tags", Text: "new"}, false},
		{Equals{Field: "filename", Text: "red_sneaker-12"}, true}, {Equals{Field: "format", Text: "jpg"}, true},
		{Equals{Field: "status", Text: "active"}, true}, {Equals{Field: "transparent", Text: "false"}, true},
		{Range{Field: "bytes", Min: at(2048), Max: at(2048)}, true}, {Range{Field: "bytes", Min: open(2048)}, false},
		{Range{Field: "bytes", Max: open(2048)}, false}, {Range{Field: "duration"}, false}, {Range{Field: "width"}, true},
		{Range{Field: "aspect_ratio", Min: open(1)}, true},
		{Range{Field: "metadata.price", Min: at(59), Max: at(60)}, true}, {Range{Field: "context.rank", Min: at(7)}, true},
		{Range{Field: "context.alt"}, false},
		{Range{Field: "metadata.until", Min: at(Micros(time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC))), Max: at(Micros(time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)))}, true},
		{Present{"metadata.sizes"}, true}, {Present{"metadata.none"}, false}, {Present{"bytes"}, true}, {Present{"duration"}, false},
		{And{Present{"tags"}, Not{Present{"pages"}}}, false},
	} {
		if got := Match(c.e, d); got != c.want {
			t.Errorf("%s is %v", String(c.e), got)
		}
		if got := Match(Plain(c.e), d); got != c.want {
			t.Errorf("%s, which is %s, is %v", String(c.e), String(Plain(c.e)), got)
		}
	}
}

// TestLongTexts: what is told apart ends at MaxText, on both sides alike.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", MaxText)
	d := NewDoc()
	d.AddText("source", long+"1")
	if n := len(d.Texts["source"][0]); n != MaxText {
		t.Errorf("%d bytes are kept", n)
	}
	for _, e := range []Expr{Equals{Field: "source", Text: long + "2"}, Contains{Field: "source", Text: long}} {
		if !Match(e, d) {
			t.Errorf("%T does not find it", e)
		}
	}
	d.AddText("source", "a"+long)
	if n := len(d.Texts["source"][1]); n != MaxText-1 {
		t.Errorf("a character was cut: %d bytes", n)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", " /.!": "", "a": "a", "A-b_C 1,2": "a-b_c 1 2", "ÄÖ/日本語.jpg": "äö 日本語 jpg", "e\u0301t\u0327e": "e\u0301t\u0327e",
	} {
		if got := strings.Join(Tokens(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	number := func(n float64) Value { return Value{Number: &n} }
	text := func(s string) Value { return Value{Text: &s} }
	values := []Value{text("b"), number(2), {}, text("a"), number(10)}
	for _, c := range []struct {
		descending bool
		want       []Value
	}{
		{false, []Value{number(2), number(10), text("a"), text("b"), {}}},
		{true, []Value{number(10), number(2), text("b"), text("a"), {}}},
	} {
		got := slices.SortedFunc(slices.Values(values), Key{Descending: c.descending}.Compare)
		for i := range got {
			if (Key{}).Compare(got[i], c.want[i]) != 0 {
				t.Errorf("descending %v: place %d has %+v", c.descending, i, got[i])
			}
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	deep := Expr(All{})
	for range MaxDepth + 1 {
		deep = Not{deep}
	}
	for _, q := range []Query{
		{Where: deep}, {Where: make(And, MaxNodes+1)}, {Where: Contains{Text: strings.Repeat("a ", MaxNodes+1)}}, {Where: Contains{Field: "none"}}, {Where: Contains{Field: "context."}},
		{Where: Range{Field: "tags"}}, {Where: Equals{Field: "bytes"}}, {Where: Present{"x"}}, {Where: Contains{Text: "\x00"}}, {Where: Equals{Field: "context.\xff"}},
		{Where: Present{"context." + strings.Repeat("x", MaxField)}},
		{Sort: []Key{{Field: "tags"}}}, {Sort: []Key{{Field: "none"}}}, {Sort: make([]Key, MaxKeys+1)},
		{Aggregate: []Aggregation{{Field: "none"}}}, {Aggregate: []Aggregation{{Field: "bytes"}}}, {Aggregate: []Aggregation{{Field: "format", Ranges: []Bucket{{}}}}},
		{Aggregate: make([]Aggregation, MaxCounted+1)}, {Aggregate: []Aggregation{{Field: "bytes", Ranges: make([]Bucket, MaxBuckets+1)}}},
	} {
		if err := q.Validate(); media.CodeOf(err) != media.Invalid || err == nil {
			t.Errorf("%+v: %v", q, err)
		}
	}
	fine := Query{
		Where: And{Present{"context.a"}, Range{Field: "metadata.x"}}, Sort: []Key{{Field: "name"}, {Field: "metadata.x"}},
		Aggregate: []Aggregation{{Field: "format"}, {Field: "bytes", Ranges: []Bucket{{Name: "all"}}}},
	}
	if err := fine.Validate(); err != nil {
		t.Error(err)
	}
	if got := Uses(And{Or{Not{Present{"status"}}}}, "status"); !got {
		t.Error("the status is asked for")
	}
}
