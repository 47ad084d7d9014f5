package media

import (
	"encoding/json"
	"reflect"
	"testing"
)

// Whoever adds a part must join it too.
func TestJoinTakesEveryPart(t *testing.T) {
	t.Parallel()
	full := Analysis{
		Version: "v", Colors: []ColorShare{{"#000000", 1}}, Faces: []Box{}, Hash: "0", Quality: &Quality{}, ColorVision: &ColorVision{},
		Cinemagraph: &Cinemagraph{}, Metadata: &Metadata{}, Look: &Look{},
	}
	v := reflect.ValueOf(full)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Fatalf("the test leaves out %s", v.Type().Field(i).Name)
		}
	}
	var got Analysis
	got.Join(full)
	if !reflect.DeepEqual(got, full) {
		t.Errorf("joined %+v", got)
	}
	got.Join(Analysis{})
	if !reflect.DeepEqual(got, full) {
		t.Errorf("nothing replaced something: %+v", got)
	}
}

// An empty list is an answer and stays one in a record.
func TestAnalysisKeepsEmptyLists(t *testing.T) {
	t.Parallel()
	for _, want := range []Analysis{{}, {Colors: []ColorShare{}, Faces: []Box{}}, {Look: &Look{}, Metadata: &Metadata{}}} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Analysis
		if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s became %+v, %v", text, got, err)
		}
	}
}
