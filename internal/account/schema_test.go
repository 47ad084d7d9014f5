package account_test

import (
	"fmt"
	"sync"
	"testing"

	"tintype/internal/account"
	"tintype/internal/media"
	"tintype/internal/schema"
)

// TestEditSchema has many calls want one id and one label each: one of them
// gets it, and the others see that.
func TestEditSchema(t *testing.T) {
	t.Parallel()
	d := openDemo(t)
	const n = 8
	var got, refused sync.Map
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			f := &schema.Field{ID: fmt.Sprintf("f%d", i), Type: schema.String, Label: fmt.Sprintf("label %d", i%2)}
			err := d.EditSchema(t.Context(), "demo", func(s *schema.Schema) (account.SchemaEdit, error) {
				f.Position = s.Next()
				return account.SchemaEdit{Fields: []*schema.Field{f}}, s.Check(f)
			})
			switch media.CodeOf(err) {
			case media.Invalid:
				refused.Store(i, err)
			default:
				got.Store(i, err)
			}
		})
	}
	all.Wait()
	a, _ := d.ByName("demo")
	fields := a.Schema().Fields()
	if len(fields) != 2 || fields[0].Label == fields[1].Label || fields[0].Position != 0 || fields[1].Position != 1 {
		t.Fatalf("fields %+v", fields)
	}
	if fields[0].CreatedAt.IsZero() {
		t.Error("a field without a time")
	}
	err := d.EditSchema(t.Context(), "demo", func(s *schema.Schema) (account.SchemaEdit, error) {
		return account.SchemaEdit{
			Fields: []*schema.Field{{ID: fields[0].ID, Deleted: true}},
			Rules:  []*schema.Rule{{ID: "r", Field: fields[1].ID, Name: "r"}},
		}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	a, _ = d.ByName("demo")
	s := a.Schema()
	if _, there := s.Field(fields[0].ID); there || !s.Taken(fields[0].ID) || len(s.Rules()) != 1 || s.Rules()[0].ID != "r" {
		t.Errorf("schema %+v", s)
	}
	err = d.EditSchema(t.Context(), "demo", func(*schema.Schema) (account.SchemaEdit, error) {
		return account.SchemaEdit{Removed: []string{"r"}}, nil
	})
	if a, _ = d.ByName("demo"); err != nil || len(a.Schema().Rules()) != 0 {
		t.Errorf("rules %v, %v", a.Schema().Rules(), err)
	}
	if err := d.EditSchema(t.Context(), "demo", func(*schema.Schema) (account.SchemaEdit, error) {
		return account.SchemaEdit{Removed: []string{"r"}}, nil
	}); media.CodeOf(err) != media.NotFound {
		t.Errorf("removed twice: %v", err)
	}
}
