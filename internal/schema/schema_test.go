package schema

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tintype/internal/media"
)

// lines are the lines of a corpus that are no comments, with their numbers.
func lines(t testing.TB, name string) (out []string, at func(int) string) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var numbers []int
	for i, line := range strings.Split(string(b), "\n") {
		if !strings.HasPrefix(line, "#") {
			out, numbers = append(out, line), append(numbers, i+1)
		}
	}
	return out, func(i int) string { return filepath.Base(name) + ":" + strconv.Itoa(numbers[i]) }
}

func unmarshal[T any](t testing.TB, where, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	return v
}

// judge compares an outcome or an error with what is wanted.
func judge(t *testing.T, where, got string, err error, want string) {
	t.Helper()
	if err != nil {
		got = "! " + err.Error()
		if media.CodeOf(err) != media.Invalid {
			t.Errorf("%s: the error has the code %v", where, media.CodeOf(err))
		}
	}
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", where, got, want)
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	all, at := lines(t, "testdata/values.txt")
	var f *Field
	for i, line := range all {
		written, want, ok := strings.Cut(line, " => ")
		switch {
		case line == "":
			continue
		case !ok:
			field := unmarshal[Field](t, at(i), line)
			f = &field
			f.ID = "f"
			continue
		}
		v, known := Stored(json.RawMessage(written))
		if !known {
			t.Fatalf("%s: %s is no value", at(i), written)
		}
		raw, added, err := f.Parse(v)
		judge(t, at(i), string(raw), err, want)
		if err == nil && len(added) == 0 {
			again, _ := Stored(raw)
			if twice, _, err := f.Parse(again); string(twice) != string(raw) || err != nil {
				t.Errorf("%s: %s becomes %s the second time: %v", at(i), raw, twice, err)
			}
			if !f.Valid(raw) {
				t.Errorf("%s: %s is not valid", at(i), raw)
			}
		}
	}
}

func TestDefinitions(t *testing.T) {
	t.Parallel()
	s := New([]*Field{{ID: "taken", Type: String, Label: "Taken"}}, nil)
	all, at := lines(t, "testdata/fields.txt")
	for i, line := range all {
		if line == "" {
			continue
		}
		text, want, _ := strings.Cut(line, " => ")
		f := unmarshal[Field](t, at(i), text)
		f.ID = unmarshal[struct{ ID string }](t, at(i), text).ID
		err := s.Check(&f)
		got := "ok"
		if f.Default != nil {
			got = "default " + string(f.Default)
		}
		judge(t, at(i), got, err, want)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	ab := []Choice{{ID: "a", Value: "A"}, {ID: "b", Value: "B"}}
	s := New([]*Field{{ID: "text", Type: String}, {ID: "count", Type: Integer}, {ID: "one", Type: Enum, Choices: ab}, {ID: "many", Type: Set, Choices: ab}}, nil)
	all, at := lines(t, "testdata/rules.txt")
	for i, line := range all {
		if line == "" {
			continue
		}
		text, want, _ := strings.Cut(line, " => ")
		r := unmarshal[Rule](t, at(i), text)
		judge(t, at(i), "ok", s.CheckRule(&r), want)
	}
}

// asset is a case of the corpus of changes.
type asset struct {
	where        string
	occasion     Occasion
	before       values
	change       Change
	want, opened string
}

func TestApply(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/apply/*.txt")
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		all, at := lines(t, name)
		end := slices.Index(all, "----")
		s := readSchema(t, name, strings.Join(all[:end], "\n"))
		for i := end + 1; i < len(all); i++ {
			if all[i] == "" {
				continue
			}
			c := asset{where: at(i)}
			for ; i < len(all) && all[i] != ""; i++ {
				c.read(t, all[i])
			}
			before := maps.Clone(c.before)
			out, err := s.Apply(c.before, c.change, c.occasion)
			got, _ := json.Marshal(out.Values)
			want := c.want
			if err == nil {
				want = canonical(t, c.where, c.want)
			}
			if want == "{}" {
				want = "null"
			}
			judge(t, c.where, string(got), err, want)
			var opened []string
			for _, f := range out.Opened {
				text := f.ID + ":"
				for _, choice := range f.Choices {
					text += " " + choice.ID
				}
				opened = append(opened, text)
			}
			if got := strings.Join(opened, ", "); got != c.opened {
				t.Errorf("%s: opened %q, want %q", c.where, got, c.opened)
			}
			if !maps.EqualFunc(before, c.before, func(a, b json.RawMessage) bool { return string(a) == string(b) }) {
				t.Errorf("%s: the values before were changed", c.where)
			}
		}
	}
}

func (c *asset) read(t *testing.T, line string) {
	t.Helper()
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "fresh", "import", "change":
		c.occasion = map[string]Occasion{"fresh": Upload, "import": Import}[word]
		c.change.ClearInvalid = rest == "clear"
	case "before":
		c.before = unmarshal[values](t, c.where, rest)
	case "given":
		c.change.Given = map[string]Value{}
		for id, raw := range unmarshal[values](t, c.where, rest) {
			c.change.Given[id], _ = Stored(raw)
		}
	case "=":
		c.want = rest
	case "!":
		c.want = line
	case "opened":
		c.opened = rest
	default:
		t.Fatalf("%s: %s", c.where, line)
	}
}

func canonical(t *testing.T, where, text string) string {
	b, _ := json.Marshal(unmarshal[map[string]any](t, where, text))
	return string(b)
}

func readSchema(t testing.TB, where, text string) *Schema {
	t.Helper()
	in := unmarshal[struct {
		Fields map[string]*Field
		Rules  []*Rule
	}](t, where, text)
	var fields []*Field
	for id, f := range in.Fields {
		f.ID = id
		fields = append(fields, f)
	}
	for i, r := range in.Rules {
		r.ID, r.Position = strconv.Itoa(i), i
	}
	return New(fields, in.Rules)
}

// TestRulesEnd feeds each other values in a circle: the work ends anyhow.
func TestRulesEnd(t *testing.T) {
	t.Parallel()
	ab := []Choice{{ID: "a", Value: "A"}, {ID: "b", Value: "B"}}
	text := func(s string) *Value { return &Value{Text: s} }
	s := New([]*Field{{ID: "x", Type: Enum, Choices: ab}, {ID: "y", Type: Enum, Choices: ab}}, []*Rule{
		{ID: "1", Field: "y", When: Condition{Field: "x", Equals: text("a")}, Then: Result{Apply: &Apply{Value: *text("a")}}},
		{ID: "2", Field: "x", When: Condition{Field: "y", Equals: text("a")}, Then: Result{Activate: &Activate{Choices: []string{"b"}}}, Position: 1},
	})
	_, err := s.Apply(nil, Change{Given: map[string]Value{"x": *text("a")}}, Upload)
	judge(t, "circle", "", err, "! The value a of metadata field x may not be chosen beside the other values")
	out, err := s.Apply(nil, Change{Given: map[string]Value{"x": *text("a")}, ClearInvalid: true}, Upload)
	if got, _ := json.Marshal(out.Values); string(got) != `{"y":"a"}` || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}

func TestFieldsInOrder(t *testing.T) {
	t.Parallel()
	fields := []*Field{{ID: "b", Label: "x", Position: 2}, {ID: "a", Label: "Y", Position: 1}, {ID: "c", Label: "z", Position: 0, Deleted: true}}
	ids := func(fields []*Field) string {
		var out []string
		for _, f := range fields {
			out = append(out, f.ID)
		}
		return strings.Join(out, "")
	}
	s := New(fields, nil)
	if got := ids(s.Fields()); got != "ab" || !s.Taken("c") || s.Taken("d") || s.Empty() {
		t.Errorf("fields %s", got)
	}
	if _, ok := s.Field("c"); ok {
		t.Error("a deleted field is found")
	}
	list := s.Fields()
	for _, c := range []struct {
		by   string
		down bool
		want string
	}{{"label", false, "ba"}, {"label", true, "ab"}, {"external_id", false, "ab"}, {"external_id", true, "ba"}} {
		Sort(list, Orders[c.by], c.down)
		if got := ids(New(list, nil).Fields()); got != c.want {
			t.Errorf("by %s: %s, want %s", c.by, got, c.want)
		}
	}
	if got := ids(New(Move(list, "b", 5), nil).Fields()); got != "ab" {
		t.Errorf("moved: %s", got)
	}
}

func FuzzApply(f *testing.F) {
	text, err := os.ReadFile("testdata/apply/rules.txt")
	if err != nil {
		f.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), "----")
	s := readSchema(f, "rules", head)
	f.Add("employee", "rnd", "qa,boss", "7", false)
	f.Add("", "hr", "devops", "x", true)
	f.Fuzz(func(t *testing.T, category, team, roles, badge string, clear bool) {
		c := Change{ClearInvalid: clear, Given: map[string]Value{
			"category": {Text: category}, "team": {Text: team}, "roles": {List: strings.Split(roles, ",")}, "badge": {Text: badge},
		}}
		out, err := s.Apply(nil, c, Upload)
		if err != nil {
			if media.CodeOf(err) != media.Invalid {
				t.Fatal(err)
			}
			return
		}
		// What was taken once is taken again, and nothing more comes of it.
		again := Change{Given: map[string]Value{}}
		for id, raw := range out.Values {
			again.Given[id], _ = Stored(raw)
		}
		twice, err := s.Apply(nil, again, Upload)
		if err != nil && !clear {
			t.Fatalf("%v is refused: %v", out.Values, err)
		}
		for id, raw := range out.Values {
			if err == nil && string(twice.Values[id]) != string(raw) {
				t.Fatalf("%s: %s, then %s", id, raw, twice.Values[id])
			}
		}
	})
}
