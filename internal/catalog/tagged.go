package catalog

import "github.com/uptrace/bun"

// tagged narrows a query to assets that have a tag; "" is no condition.
func (tx *Tx) tagged(s *bun.SelectQuery, tag string) *bun.SelectQuery {
	switch {
	case tag == "":
		return s
	case tx.db.back.name == "sqlite":
		return s.Where("EXISTS (SELECT 1 FROM json_each(a.tags) AS t WHERE t.value = ?)", tag)
	}
	return s.Where("jsonb_exists(a.tags::jsonb, ?)", tag)
}
