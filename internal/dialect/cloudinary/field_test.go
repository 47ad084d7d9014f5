package cloudinary

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// step is one call of the Admin API and what it answers: members of the body
// in JSON, or the status and a part of the message.
type step struct {
	method, path, body string
	want               string // a JSON object that is part of the answer
	code               int    // of an error
	says               string
}

func (s *site) steps(steps ...step) {
	s.t.Helper()
	for _, st := range steps {
		s.Clock.Add(time.Second)
		r := s.admin(st.method, st.path, st.body)
		where := st.method + " " + st.path + " " + st.body
		if st.code != 0 {
			if r.code != st.code || !strings.Contains(r.message(), st.says) || st.says == "" {
				s.t.Errorf("%s: %d %s, want %d %q", where, r.code, r.body, st.code, st.says)
			}
			continue
		}
		if r.code != 200 {
			s.t.Errorf("%s: %d %s", where, r.code, r.body)
			continue
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(st.want), &want); err != nil {
			s.t.Fatalf("%s: %v", where, err)
		}
		for k, v := range want {
			got, there := r.json[k]
			text, _ := json.Marshal(got)
			if !there || string(text) != compacted(s.t, v) {
				s.t.Errorf("%s: %s is %s, want %s", where, k, text, v)
			}
		}
	}
}

func compacted(t *testing.T, raw json.RawMessage) string {
	var v any
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	out, _ := json.Marshal(v)
	return string(out)
}

func TestMetadataFields(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.steps(
		step{method: "GET", path: "metadata_fields", want: `{"metadata_fields":[]}`},
		step{method: "POST", path: "metadata_fields", body: `{"external_id":"sku","label":"SKU","type":"string"}`,
			want: `{"external_id":"sku","label":"SKU","type":"string","mandatory":false,"default_value":null,"validation":null,"default_disabled":false,"restrictions":null,"allow_dynamic_list_values":false}`},
		step{method: "POST", path: "metadata_fields", body: `{"external_id":"sku","label":"Other","type":"string"}`, code: 400, says: "external id sku already exists"},
		step{method: "POST", path: "metadata_fields", body: `{"external_id":"other","label":"SKU","type":"string"}`, code: 400, says: "label SKU already exists"},
		step{method: "POST", path: "metadata_fields", body: `{"external_id":"other","label":"SKU","type":"integer","default_value":"x"}`, code: 400, says: "default_value is invalid"},
		step{method: "POST", path: "metadata_fields", body: `{"external_id":"other","label":"Other"}`, code: 400, says: "Missing required parameter - type"},
		step{method: "POST", path: "metadata_fields", body: `{"external_id":"other","label":"Other","type":"enum"}`, code: 400, says: "datasource is required"},
		step{method: "GET", path: "metadata_fields/sku", want: `{"label":"SKU"}`},
		step{method: "GET", path: "metadata_fields/none", code: 404, says: "Can't find metadata field with external_id none"},
		// Type and id stay as they are, whatever a call says.
		step{method: "PUT", path: "metadata_fields/sku", body: `{"external_id":"x","label":"New","type":"integer","mandatory":true,"default_value":"d","restrictions":{"readonly_ui":true}}`,
			want: `{"external_id":"sku","label":"New","type":"string","mandatory":true,"default_value":"d","restrictions":{"readonly_ui":true}}`},
		step{method: "PUT", path: "metadata_fields/sku", body: `{"default_value":null,"mandatory":false,"default_disabled":true}`,
			want: `{"label":"New","mandatory":false,"default_value":null,"default_disabled":true}`},
		step{method: "PUT", path: "metadata_fields/none", body: `{"label":"x"}`, code: 404, says: "none"},
		// Another library sends an empty datasource with every field.
		step{method: "POST", path: "metadata_fields", body: `{"type":"string","external_id":"go","label":"Go","mandatory":false,"default_value":"Gopher","validation":{"type":"strlen","min":2,"max":6},"datasource":{"values":null}}`,
			want: `{"default_value":"Gopher","validation":{"type":"strlen","min":2,"max":6}}`},
		step{method: "POST", path: "metadata_fields", body: `{"type":"date","external_id":"day","label":"Day","default_value":"2024-06-25","validation":{"type":"greater_than","value":"2024-06-24T12:13:14.5+02:00","equals":false}}`,
			want: `{"default_value":"2024-06-25","validation":{"type":"greater_than","value":"2024-06-24T12:13:14.5+02:00","equals":false}}`},
		step{method: "POST", path: "metadata_fields", body: `{"type":"integer","external_id":"n","label":"N","default_value":6,"validation":{"type":"less_than","equals":true,"value":5}}`, code: 400, says: "default_value is invalid"},
		step{method: "POST", path: "metadata_fields", body: `{"type":"integer","external_id":"n","label":"N","default_value":5,"validation":{"type":"and","rules":[{"type":"less_than","equals":true,"value":5},{"type":"greater_than","value":0}]}}`,
			want: `{"default_value":5,"validation":{"type":"and","rules":[{"type":"less_than","equals":true,"value":5},{"type":"greater_than","equals":false,"value":0}]}}`},
		step{method: "PUT", path: "metadata_fields/n", body: `{"validation":{"type":"less_than","value":5}}`, code: 400, says: "default_value is invalid"},
		step{method: "PUT", path: "metadata_fields/n", body: `{"validation":null}`, want: `{"validation":null,"default_value":5}`},
		step{method: "PUT", path: "metadata_fields/n", body: `{"validation":{"type":"odd"}}`, code: 400, says: "validation type odd is not known"},
		step{method: "PUT", path: "metadata_fields/n", body: `{"validation":{"type":"less_than","size":5}}`, code: 400, says: "validation is invalid"},
		step{method: "POST", path: "metadata_fields", body: `{"type":"string","external_id":"re","label":"Re","validation":{"type":"strregex","value":"^[a-z]+$"}}`, want: `{"validation":{"type":"strregex","value":"^[a-z]+$"}}`},
		step{method: "DELETE", path: "metadata_fields/sku", body: `{}`, want: `{"message":"ok"}`},
		step{method: "DELETE", path: "metadata_fields/sku", code: 404, says: "sku"},
		step{method: "GET", path: "metadata_fields/sku", code: 404, says: "sku"},
		step{method: "POST", path: "metadata_fields", body: `{"external_id":"sku","label":"SKU","type":"string"}`, code: 400, says: "external id sku already exists"},
		step{method: "POST", path: "metadata_fields", body: `{"external_id":"sku2","label":"New","type":"string"}`, want: `{"label":"New"}`},
		step{method: "PUT", path: "metadata_fields/order", body: `{"order_by":"rank"}`, code: 400, says: "order_by must be"},
		step{method: "POST", path: "metadata_fields", body: `{"external_id":"order","label":"O","type":"string"}`, code: 400, says: "external_id order"},
	)
	for path, want := range map[string]string{"metadata_fields": "go day n re sku2", "metadata_fields?external_ids[]=re&external_ids[]=day": "day re"} {
		if got := externalIDs(s.admin("GET", path, "").json["metadata_fields"]); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	for _, c := range [][3]string{
		{"order", `{"order_by":"label"}`, "day go n sku2 re"},
		{"order", `{"order_by":"external_id","direction":"desc"}`, "sku2 re n go day"},
		{"re/reorder", `{"position":0}`, "re sku2 n go day"},
		{"order", `{"order_by":"created_at","direction":"asc"}`, "go day n re sku2"},
	} {
		r := s.admin("PUT", "metadata_fields/"+c[0], c[1])
		again := s.admin("GET", "metadata_fields", "")
		for _, list := range []any{r.json["metadata_fields"], again.json["metadata_fields"]} {
			if got := externalIDs(list); got != c[2] {
				t.Errorf("%s %s: %s, want %s", c[0], c[1], got, c[2])
			}
		}
	}
	if id := s.admin("POST", "metadata_fields", `{"label":"Generated","type":"date"}`).json["external_id"]; len(fmt.Sprint(id)) != 20 {
		t.Errorf("the id of a field that was given none is %v", id)
	}
}

func externalIDs(list any) string {
	var ids []string
	items, _ := list.([]any)
	for _, f := range items {
		ids = append(ids, fmt.Sprint(f.(map[string]any)["external_id"]))
	}
	return strings.Join(ids, " ")
}

func TestMetadataDatasource(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.steps(
		step{method: "POST", path: "metadata_fields", body: `{"external_id":"text","label":"Text","type":"string"}`, want: `{}`},
		step{method: "POST", path: "metadata_fields",
			body: `{"external_id":"c","label":"C","type":"set","mandatory":true,"default_value":["c1","c2"],"datasource":{"values":[{"external_id":"c1","value":"red","state":"active"},{"external_id":"c2","value":"green","state":"active"}]}}`,
			want: `{"default_value":["c1","c2"],"datasource":{"values":[{"external_id":"c1","value":"red","state":"active","position":0},{"external_id":"c2","value":"green","state":"active","position":1}]}}`},
		step{method: "PUT", path: "metadata_fields/c/datasource", body: `{"values":[{"external_id":"c3","value":"blue"},{"external_id":"c4","value":"yellow"},{"external_id":"c1","value":"crimson"}]}`,
			want: `{"values":[{"external_id":"c1","value":"crimson"},{"external_id":"c2","value":"green"},{"external_id":"c3","value":"blue"},{"external_id":"c4","value":"yellow"}]}`},
		step{method: "DELETE", path: "metadata_fields/c/datasource", body: `{"external_ids":["c3","c4"]}`,
			want: `{"values":[{"external_id":"c1","value":"crimson"},{"external_id":"c2","value":"green"}]}`},
		step{method: "GET", path: "metadata_fields/c",
			want: `{"datasource":{"values":[{"external_id":"c1","value":"crimson","state":"active","position":0},{"external_id":"c2","value":"green","state":"active","position":1},{"external_id":"c3","value":"blue","state":"inactive","position":2},{"external_id":"c4","value":"yellow","state":"inactive","position":3}]}}`},
		step{method: "DELETE", path: "metadata_fields/c/datasource", body: `{"external_ids":["c1"]}`, code: 400, says: "The value c1 of metadata field c is in its default_value"},
		step{method: "DELETE", path: "metadata_fields/c/datasource", body: `{"external_ids":["none"]}`, code: 400, says: "no value with the external_id none"},
		step{method: "DELETE", path: "metadata_fields/c/datasource", body: `{}`, code: 400, says: "external_ids"},
		step{method: "POST", path: "metadata_fields/c/datasource_restore", body: `{"external_ids":["c3"]}`,
			want: `{"values":[{"external_id":"c1","value":"crimson"},{"external_id":"c2","value":"green"},{"external_id":"c3","value":"blue"}]}`},
		step{method: "POST", path: "metadata_fields/c/datasource/order", body: `{"order_by":"value"}`,
			want: `{"values":[{"external_id":"c3","value":"blue"},{"external_id":"c1","value":"crimson"},{"external_id":"c2","value":"green"}]}`},
		step{method: "POST", path: "metadata_fields/c/datasource/order", body: `{"order_by":"value","direction":"desc"}`,
			want: `{"values":[{"external_id":"c2","value":"green"},{"external_id":"c1","value":"crimson"},{"external_id":"c3","value":"blue"}]}`},
		step{method: "POST", path: "metadata_fields/c/datasource/order", body: `{"order_by":"age"}`, code: 400, says: "order_by must be value"},
		step{method: "POST", path: "metadata_fields/c/datasource/search?term=R", body: `{}`, want: `{"values":[{"external_id":"c2","value":"green"},{"external_id":"c1","value":"crimson"}]}`},
		step{method: "POST", path: "metadata_fields/c/datasource/search?term=blue&exact_match=true", want: `{"values":[{"external_id":"c3","value":"blue"}]}`},
		step{method: "POST", path: "metadata_fields/c/datasource/search?term=blu&exact_match=true", want: `{"values":[]}`},
		step{method: "POST", path: "metadata_fields/c/datasource/search?max_results=1", want: `{"values":[{"external_id":"c2","value":"green"}]}`},
		step{method: "PUT", path: "metadata_fields/c/datasource", body: `{"values":[{"external_id":"c4","value":"gold","state":"active","position":0}]}`,
			want: `{"values":[{"external_id":"c4","value":"gold"},{"external_id":"c2","value":"green"},{"external_id":"c1","value":"crimson"},{"external_id":"c3","value":"blue"}]}`},
		step{method: "PUT", path: "metadata_fields/c/datasource", body: `{"values":[{"external_id":"c1","state":"inactive"}]}`, code: 400, says: "default_value is invalid"},
		step{method: "PUT", path: "metadata_fields/c/datasource", body: `{"values":["x"]}`, code: 400, says: "no object"},
		step{method: "PUT", path: "metadata_fields/c/datasource", body: `{}`, code: 400, says: "values"},
		step{method: "PUT", path: "metadata_fields/text/datasource", body: `{"values":[{"value":"x"}]}`, code: 400, says: "Metadata field text has no datasource"},
		step{method: "PUT", path: "metadata_fields/none/datasource", body: `{"values":[{"value":"x"}]}`, code: 404, says: "none"},
	)
	many := make([]string, 2500)
	for i := range many {
		many[i] = fmt.Sprintf(`{"external_id":"m%d","value":"M%d"}`, i, i)
	}
	s.steps(step{method: "PUT", path: "metadata_fields/c/datasource", body: `{"values":[` + strings.Join(many, ",") + `]}`, want: `{}`})
	for i := range many {
		many[i] = fmt.Sprintf(`{"external_id":"o%d","value":"O%d"}`, i, i)
	}
	s.steps(step{method: "PUT", path: "metadata_fields/c/datasource", body: `{"values":[` + strings.Join(many, ",") + `]}`, code: 400, says: "more than 3000 values"})
}

func TestMetadataRules(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const list = `"datasource":{"values":[{"external_id":"a","value":"A"},{"external_id":"b","value":"B"}]}`
	s.steps(
		step{method: "POST", path: "metadata_fields", body: `{"external_id":"one","label":"One","type":"enum",` + list + `}`, want: `{}`},
		step{method: "POST", path: "metadata_fields", body: `{"external_id":"many","label":"Many","type":"set",` + list + `}`, want: `{}`},
		step{method: "GET", path: "metadata_rules", want: `{"metadata_rules":[]}`},
		step{method: "POST", path: "metadata_rules", body: `{"external_id":"r1","metadata_field_id":"one","name":"first","condition":{"metadata_field_id":"many","includes":["a"]},"result":{"enable":true,"activate_values":"all"}}`,
			want: `{"external_id":"r1","metadata_field_id":"one","name":"first","condition":{"metadata_field_id":"many","includes":["a"]},"result":{"enable":true,"activate_values":"all","set_mandatory":false},"state":"active","position":0}`},
		step{method: "POST", path: "metadata_rules", body: `{"external_id":"r1","metadata_field_id":"one","name":"x","condition":{"metadata_field_id":"many","populated":true},"result":{"enable":true}}`, code: 400, says: "external id r1 already exists"},
		step{method: "POST", path: "metadata_rules",
			body: `{"external_id":"r2","metadata_field_id":"many","name":"second","condition":{"or":[{"metadata_field_id":"one","populated":false},{"and":[{"metadata_field_id":"one","equals":"a"}]}]},"result":{"activate_values":{"external_ids":["a"],"mode":"override"},"apply_value":{"value":["a"],"mode":"append"},"set_mandatory":true}}`,
			want: `{"condition":{"or":[{"metadata_field_id":"one","populated":false},{"and":[{"metadata_field_id":"one","equals":"a"}]}]},"result":{"activate_values":{"external_ids":["a"],"mode":"override"},"apply_value":{"value":["a"],"mode":"append"},"enable":false,"set_mandatory":true},"position":1}`},
		step{method: "PUT", path: "metadata_rules/r1", body: `{"name":"renamed","state":"inactive"}`, want: `{"name":"renamed","state":"inactive","condition":{"metadata_field_id":"many","includes":["a"]}}`},
		step{method: "PUT", path: "metadata_rules/r1", body: `{"state":"asleep"}`, code: 400, says: "state must be active or inactive"},
		step{method: "PUT", path: "metadata_rules/r1", body: `{"metadata_field_id":"many"}`, code: 400, says: "cannot depend on itself"},
		step{method: "PUT", path: "metadata_rules/none", body: `{"name":"x"}`, code: 404, says: "Can't find metadata rule with external_id none"},
		step{method: "POST", path: "metadata_rules", body: `{"metadata_field_id":"one","name":"x","condition":{"metadata_field_id":"many"},"result":{"enable":true}}`, code: 400, says: "one of populated, equals, includes"},
		step{method: "POST", path: "metadata_rules", body: `{"metadata_field_id":"one","name":"x","condition":{"metadata_field_id":"many","size":1},"result":{"enable":true}}`, code: 400, says: "condition is invalid"},
		step{method: "POST", path: "metadata_rules", body: `{"metadata_field_id":"one","name":"x","condition":{"metadata_field_id":"many","populated":true},"result":{"activate_values":{"external_ids":["a"],"mode":"x"}}}`, code: 400, says: "mode of activate_values is x"},
		step{method: "POST", path: "metadata_rules", body: `{"metadata_field_id":"one","name":"x","condition":{"metadata_field_id":"many","equals":{}},"result":{"enable":true}}`, code: 400, says: "neither a text nor a number"},
		step{method: "POST", path: "metadata_rules", body: `{"metadata_field_id":"one","name":"x","result":{"enable":true}}`, code: 400, says: "Missing required parameter - condition"},
		step{method: "DELETE", path: "metadata_fields/one", code: 400, says: "Metadata field one is used by the metadata rule r1"},
		step{method: "POST", path: "metadata_fields/many/datasource/search", body: `{"payload":{"one":"a"}}`, want: `{"values":[{"external_id":"a","value":"A"}]}`},
		step{method: "POST", path: "metadata_fields/many/datasource/search", body: `{"payload":{"one":"b"}}`, want: `{"values":[{"external_id":"a","value":"A"},{"external_id":"b","value":"B"}]}`},
	)
	if got := externalIDs(s.admin("GET", "metadata_rules", "").json["metadata_rules"]); got != "r2 r1" {
		t.Errorf("rules %s", got)
	}
	s.steps(
		step{method: "DELETE", path: "metadata_rules/r1", body: `{}`, want: `{"message":"ok","success":true}`},
		step{method: "DELETE", path: "metadata_rules/r1", code: 404, says: "r1"},
		step{method: "DELETE", path: "metadata_rules/r2", want: `{"message":"ok"}`},
		step{method: "DELETE", path: "metadata_fields/one", want: `{"message":"ok"}`},
	)
}
