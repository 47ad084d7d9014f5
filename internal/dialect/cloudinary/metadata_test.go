package cloudinary

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"tintype/internal/media"
)

func metadataCases(t testing.TB) [][2]string {
	t.Helper()
	text, err := os.ReadFile("testdata/metadata/values.txt")
	if err != nil {
		t.Fatal(err)
	}
	var cases [][2]string
	for _, line := range strings.Split(string(text), "\n") {
		if given, want, ok := strings.Cut(line, " => "); ok && !strings.HasPrefix(line, "# ") {
			cases = append(cases, [2]string{given, want})
		}
	}
	if len(cases) < 20 {
		t.Fatalf("%d cases", len(cases))
	}
	return cases
}

func TestMetadataValues(t *testing.T) {
	t.Parallel()
	for _, c := range metadataCases(t) {
		given, err := parseMetadata(c[0])
		if err != nil {
			if got := "! " + media.MessageOf(err); got != c[1] || media.CodeOf(err) != media.Invalid {
				t.Errorf("%s:\n got %s\nwant %s", c[0], got, c[1])
			}
			continue
		}
		means := map[string]any{}
		for id, v := range given {
			switch {
			case v.List == nil:
				means[id] = v.Text
			case v.Text == "":
				means[id] = v.List
			default:
				means[id] = map[string]any{"text": v.Text, "list": v.List}
			}
		}
		if strings.HasPrefix(c[1], "!") {
			t.Errorf("%s: %v, want %s", c[0], means, c[1])
			continue
		}
		got, _ := json.Marshal(means)
		if want := compacted(t, json.RawMessage(c[1])); compacted(t, got) != want {
			t.Errorf("%s:\n got %s\nwant %s", c[0], got, want)
		}
	}
}

// FuzzMetadata writes values as the official libraries do and reads them back.
func FuzzMetadata(f *testing.F) {
	for _, c := range metadataCases(f) {
		f.Add(c[0], "a=b|c", "plain")
	}
	f.Fuzz(func(t *testing.T, text, one, two string) {
		if given, err := parseMetadata(text); err != nil && media.CodeOf(err) != media.Invalid {
			t.Fatalf("%q: %v, %v", text, given, err)
		}
		list, err := json.Marshal([]string{one, two})
		if err != nil {
			return
		}
		escape := strings.NewReplacer("=", `\=`, "|", `\|`).Replace
		given, err := parseMetadata("x=" + escape(string(list)) + "|y=1")
		if err != nil {
			t.Fatalf("%s: %v", list, err)
		}
		var want []string
		_ = json.Unmarshal(list, &want) // what is no UTF-8 is another text by now
		if got := given["x"].List; fmt.Sprint(got) != fmt.Sprint(want) || given["y"].Text != "1" {
			t.Fatalf("%s: %q and %q", list, got, given["y"].Text)
		}
	})
}

// newFields is a site whose account has fields.
func newFields(t *testing.T) *site {
	s := newSite(t)
	const list = `"datasource":{"values":[{"external_id":"r","value":"Red"},{"external_id":"g","value":"Green"},{"external_id":"b","value":"Blue"}]}`
	for _, body := range []string{
		`{"external_id":"sku","label":"SKU","type":"string"}`,
		`{"external_id":"stock","label":"Stock","type":"integer","validation":{"type":"greater_than","value":0,"equals":true}}`,
		`{"external_id":"colours","label":"Colours","type":"set",` + list + `}`,
		`{"external_id":"state","label":"State","type":"string","default_value":"new"}`,
	} {
		if r := s.admin("POST", "metadata_fields", body); r.code != 200 {
			t.Fatal(r.body)
		}
	}
	return s
}

func TestMetadataAtUpload(t *testing.T) {
	t.Parallel()
	s := newFields(t)
	s.has(s.put(values("public_id=plain")), map[string]any{"metadata": "map[state:new]"})
	s.has(s.put(values("public_id=x", `metadata=sku=a\=b\|c|stock=5|colours=["r","g"]`)),
		map[string]any{"metadata": "map[colours:[r g] sku:a=b|c state:new stock:5]"})
	s.has(s.put(values("public_id=x", `metadata={"sku":"json","stock":7}`)), map[string]any{"metadata": "map[sku:json state:new stock:7]", "overwritten": true})
	for given, says := range map[string]string{
		"none=1":          "Metadata field none does not exist",
		"stock=many":      "The value many of metadata field stock is not a whole number",
		"stock=-1":        "The value -1 of metadata field stock does not pass its validation",
		`colours=["r,x"]`: "The value r,x of metadata field colours is not one of its active values",
		"sku":             "metadata (sku) is invalid",
	} {
		r := s.multipart("image/upload", s.sign(values("public_id=refused", "metadata="+given)), "boot.png", boot)
		if r.code != 400 || !strings.Contains(r.message(), says) {
			t.Errorf("%s: %d %s, want %s", given, r.code, r.body, says)
		}
	}
	if r := s.admin("GET", "resources/image/upload/refused", ""); r.code != 404 {
		t.Errorf("a refused upload is there: %s", r.body)
	}
	if left := s.Leftovers(); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	s.has(s.put(values("public_id=y", "metadata=none=1|stock=many|sku=1", "clear_invalid=true")), map[string]any{"metadata": "map[sku:1 state:new]"})

	s.steps(
		step{method: "POST", path: "metadata_fields", body: `{"external_id":"owner","label":"Owner","type":"string","mandatory":true}`, want: `{}`},
		step{method: "POST", path: "upload_presets", body: `{"name":"p","unsigned":true,"metadata":"owner=preset|stock=1"}`, want: `{"message":"created"}`},
		step{method: "GET", path: "upload_presets/p", want: `{"settings":{"metadata":"owner=preset|stock=1"}}`},
	)
	r := s.multipart("image/upload", s.sign(values("public_id=z")), "boot.png", boot)
	if r.code != 400 || r.message() != "Metadata field owner is mandatory and has no value" {
		t.Errorf("without a mandatory value: %d %s", r.code, r.body)
	}
	r = s.multipart("image/upload", values("upload_preset=p", "public_id=z", "metadata=owner=me"), "boot.png", boot)
	s.has(r.json, map[string]any{"metadata": "map[owner:preset state:new stock:1]"})
	s.has(s.put(values("public_id=s", "upload_preset=p", "metadata=owner=me")), map[string]any{"metadata": "map[owner:me state:new]"})
}

func TestMetadataOfAssets(t *testing.T) {
	t.Parallel()
	s := newFields(t)
	up := s.put(values("public_id=a", "metadata=sku=1"))
	s.put(values("public_id=b"))
	explicit := func(params ...string) reply {
		return s.form("image/explicit", s.sign(values(append(params, "public_id=a", "type=upload")...)))
	}
	s.has(explicit("metadata=stock=3").json, map[string]any{"metadata": "map[sku:1 state:new stock:3]"})
	s.has(explicit("metadata=sku=|stock=4").json, map[string]any{"metadata": "map[state:new stock:4]"})
	if r := explicit("metadata=sku=2|stock=x", "tags=t"); r.code != 400 || !strings.Contains(r.message(), "stock") {
		t.Errorf("%d %s", r.code, r.body)
	}
	s.has(explicit().json, map[string]any{"metadata": "map[state:new stock:4]", "tags": "[]"})

	bulk := func(params ...string) reply {
		p := url.Values{"public_ids[]": {"b", "none", "a"}}
		for _, pair := range params {
			name, value, _ := strings.Cut(pair, "=")
			p.Set(name, value)
		}
		return s.form("image/metadata", s.sign(p))
	}
	s.has(bulk(`metadata=colours=["b"]|state=`).json, map[string]any{"public_ids": "[b a]"})
	for params, says := range map[string]string{
		"metadata=stock=x":          "metadata field stock",
		"metadata=sku=9|stock=-3":   "metadata field stock",
		"metadata=":                 "Missing required parameter - metadata",
		"metadata=sku=1&public_ids": "Missing required parameter - public_ids",
	} {
		name, none, _ := strings.Cut(params, "&")
		p := url.Values{"public_ids[]": {"a", "b"}}
		if none != "" {
			p = url.Values{}
		}
		key, value, _ := strings.Cut(name, "=")
		p.Set(key, value)
		if r := s.form("image/metadata", s.sign(p)); r.code != 400 || !strings.Contains(r.message(), says) {
			t.Errorf("%s: %d %s, want %s", params, r.code, r.body, says)
		}
	}
	rows := s.admin("GET", "resources/image/upload?metadata=true&direction=asc&public_ids[]=a&public_ids[]=b", "").json["resources"].([]any)
	for _, row := range rows {
		m := row.(map[string]any)
		s.has(m, map[string]any{"metadata": map[string]string{"a": "map[colours:[b] stock:4]", "b": "map[colours:[b]]"}[fmt.Sprint(m["public_id"])]})
	}
	s.lacks(s.admin("GET", "resources/image/upload?metadata=false&public_ids[]=a", "").json["resources"].([]any)[0].(map[string]any), "metadata")
	row := s.admin("GET", "resources/image/upload?fields=metadata&public_ids[]=a", "").json["resources"].([]any)[0].(map[string]any)
	s.has(row, map[string]any{"metadata": "map[colours:[b] stock:4]"})
	s.lacks(row, "url", "tags")
	s.has(s.admin("GET", "resources/image/upload/a", "").json, map[string]any{"metadata": "map[colours:[b] stock:4]"})
	s.has(s.admin("POST", "resources/image/upload/a", `{"metadata":"sku=admin"}`).json, map[string]any{"metadata": "map[colours:[b] sku:admin stock:4]"})
	s.has(s.admin("PUT", "resources/"+fmt.Sprint(up["asset_id"]), `{"metadata":{"sku":null}}`).json, map[string]any{"metadata": "map[colours:[b] stock:4]"})

	renamed := s.form("image/rename", s.sign(values("from_public_id=a", "to_public_id=c", "metadata=true")))
	s.has(renamed.json, map[string]any{"metadata": "map[colours:[b] stock:4]"})
	s.lacks(s.form("image/rename", s.sign(values("from_public_id=c", "to_public_id=a"))).json, "metadata")

	found := s.admin("POST", "resources/search", `{"expression":"metadata.stock=4","with_field":["metadata"]}`).json["resources"].([]any)
	if len(found) != 1 {
		t.Fatalf("found %v", found)
	}
	s.has(found[0].(map[string]any), map[string]any{"public_id": "a", "metadata": "map[colours:[b] stock:4]"})
}

// What is not valid any more goes when a call wants that, and with its field.
func TestMetadataClears(t *testing.T) {
	t.Parallel()
	s := newFields(t)
	s.put(values("public_id=a", `metadata=sku=1|stock=2|colours=["r","g"]`))
	s.steps(
		step{method: "DELETE", path: "metadata_fields/colours/datasource", body: `{"external_ids":["g"]}`, want: `{}`},
		step{method: "POST", path: "resources/image/upload/a", body: `{"metadata":"sku=2"}`, want: `{"metadata":{"colours":["r","g"],"sku":"2","state":"new","stock":2}}`},
		step{method: "POST", path: "resources/image/upload/a", body: `{"clear_invalid":true}`, want: `{"metadata":{"colours":["r"],"sku":"2","state":"new","stock":2}}`},
		step{method: "DELETE", path: "metadata_fields/stock", want: `{"message":"ok"}`},
		step{method: "GET", path: "resources/image/upload/a", want: `{"metadata":{"colours":["r"],"sku":"2","state":"new"}}`},
		step{method: "POST", path: "resources/image/upload/a", body: `{"metadata":"stock=1"}`, code: 400, says: "Metadata field stock does not exist"},
		step{method: "POST", path: "resources/search", body: `{"expression":"public_id=a","with_field":["metadata"],"fields":["public_id","metadata"]}`, want: `{"total_count":1}`},
	)
}

func TestMetadataRulesAtUpload(t *testing.T) {
	t.Parallel()
	s := newFields(t)
	s.steps(
		step{method: "POST", path: "metadata_rules", body: `{"metadata_field_id":"stock","name":"red is counted","condition":{"metadata_field_id":"colours","includes":["r"]},"result":{"enable":true,"set_mandatory":true}}`, want: `{}`},
		step{method: "POST", path: "metadata_rules", body: `{"external_id":"g","metadata_field_id":"sku","name":"green has a name","condition":{"metadata_field_id":"colours","equals":["g"]},"result":{"apply_value":{"value":"GREEN","mode":"default"}}}`, want: `{}`},
	)
	for given, says := range map[string]string{
		`colours=["r"]`:         "Metadata field stock is mandatory and has no value",
		`colours=["b"]|stock=1`: "Metadata field stock may not have a value beside the other values",
	} {
		r := s.multipart("image/upload", s.sign(values("metadata="+given)), "boot.png", boot)
		if r.code != 400 || r.message() != says {
			t.Errorf("%s: %d %s, want %s", given, r.code, r.body, says)
		}
	}
	s.has(s.put(values("public_id=a", "metadata=colours=g")), map[string]any{"metadata": "map[colours:[g] sku:GREEN state:new]"})
	s.has(s.put(values("public_id=b", "metadata=colours=r|stock=1")), map[string]any{"metadata": "map[colours:[r] state:new stock:1]"})
	s.steps(
		step{method: "POST", path: "resources/image/upload/b", body: `{"metadata":"colours=b"}`, code: 400, says: "Metadata field stock may not have a value"},
		step{method: "POST", path: "resources/image/upload/b", body: `{"metadata":"colours=b","clear_invalid":true}`, want: `{"metadata":{"colours":["b"],"state":"new"}}`},
		step{method: "PUT", path: "metadata_rules/g", body: `{"state":"inactive"}`, want: `{}`},
	)
	s.has(s.put(values("public_id=c", "metadata=colours=g")), map[string]any{"metadata": "map[colours:[g] state:new]"})
}

func TestMetadataTold(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := media.Asset{Account: "demo", Ref: media.Ref{Kind: media.KindImage, Access: media.Public, Name: "x", ID: "1"}}
	e := media.NewEvent(media.EventMetadataChanged, &a, s.Clock.Now(), media.ValuesChange{Asset: a, After: map[string]json.RawMessage{"sku": json.RawMessage(`"1"`)}})
	_, body, err := s.d.Notify(e, media.Key{ID: "k", Secret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	var told struct {
		Type      string `json:"notification_type"`
		Resources map[string]struct {
			ID       string         `json:"asset_id"`
			Previous map[string]any `json:"previous_metadata"`
			New      map[string]any `json:"new_metadata"`
		}
	}
	if err := json.Unmarshal(body, &told); err != nil {
		t.Fatal(err)
	}
	r := told.Resources["x"]
	if told.Type != "resource_metadata_changed" || r.ID != "1" || r.Previous == nil || len(r.Previous) != 0 || r.New["sku"] != "1" {
		t.Errorf("%s", body)
	}
}
