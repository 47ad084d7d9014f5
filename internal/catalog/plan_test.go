package catalog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tintype/internal/catalog"
)

// TestEveryQueryHasAnIndex asks the databases how they would run each query:
// none reads a whole table, and none sorts what an index has in order.
func TestEveryQueryHasAnIndex(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *catalog.DB) {
		update(t, db, func(tx *catalog.Tx) error {
			for i := range 50 {
				a := newAsset("demo", fmt.Sprint(i))
				a.CreatedAt = start.Add(time.Duration(i) * time.Second)
				if err := tx.PutAsset(a); err != nil {
					return err
				}
			}
			return nil
		})
		view(t, db, func(tx *catalog.Tx) error {
			plans, err := tx.Plans()
			for name, plan := range plans {
				for _, bad := range []string{"SCAN ", "TEMP B-TREE", "Seq Scan", "Sort"} {
					if strings.Contains(plan, bad) {
						t.Errorf("%s:\n%s", name, plan)
						break
					}
				}
			}
			return err
		})
	})
}
