package catalog

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"tintype/internal/catalog/index"
)

const (
	// moveMost bounds how many documents a folding moves out of a chunk that
	// has become sparse.
	moveMost = foldAt
	// sweepMost bounds how many pieces of terms a folding looks at for those
	// of chunks in which nothing lives.
	sweepMost = 4000
)

// sparse returns assets whose documents stand in the oldest chunk of which
// less than half lives: they are given new documents with those that changed,
// until nothing of the chunk lives. The newest chunk still fills.
func (f *fold) sparse() ([]string, error) {
	for _, chunk := range slices.Sorted(maps.Keys(f.live)) {
		if n := f.live[chunk].Count(); n == 0 || n >= index.ChunkSize/2 || chunk >= f.next/index.ChunkSize {
			continue
		}
		var assets []string
		from := chunk * index.ChunkSize
		const some = "SELECT asset FROM search_doc WHERE account = ? AND doc >= ? AND doc < ? ORDER BY doc LIMIT ?"
		err := f.tx.eachRow("read sparse documents", some, []any{f.acc, from, from + index.ChunkSize, moveMost}, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			assets = append(assets, id)
			return err
		})
		return assets, err
	}
	return nil, nil
}

// sweeping is a walk through all terms that removes pieces of chunks in which
// nothing lives. It goes a little further with every folding.
type sweeping struct {
	Chunks []int  `json:"chunks"`
	Term   string `json:"term"` // where it is
	Chunk  int    `json:"chunk"`
}

// sweep goes on with the walk, or begins one when there is reason to. At its
// end nothing is left of its chunks.
func (f *fold) sweep() error {
	var s sweeping
	if f.swept != "" {
		if err := json.Unmarshal([]byte(f.swept), &s); err != nil {
			return err
		}
	} else {
		s.Chunk = -1
		for chunk, c := range f.live {
			if chunk < f.next/index.ChunkSize && c.Count() == 0 {
				s.Chunks = append(s.Chunks, chunk)
			}
		}
		if len(s.Chunks) == 0 {
			return nil
		}
	}
	seen := 0
	dead := map[int][]string{}
	const some = "SELECT term, chunk FROM search_term WHERE account = ? AND (term, chunk) > (?, ?) ORDER BY term, chunk LIMIT ?"
	err := f.tx.eachRow("sweep terms", some, []any{f.acc, s.Term, s.Chunk, sweepMost}, func(scan func(...any) error) error {
		seen++
		if err := scan(&s.Term, &s.Chunk); err != nil {
			return err
		}
		if slices.Contains(s.Chunks, s.Chunk) {
			dead[s.Chunk] = append(dead[s.Chunk], s.Term)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for chunk, terms := range dead {
		for some := range slices.Chunk(terms, someKeys) {
			if _, err := f.tx.tx.ExecContext(f.tx.ctx, "DELETE FROM search_term WHERE account = ? AND chunk = ? AND term IN (?)", f.acc, chunk, bun.In(some)); err != nil {
				return err
			}
		}
	}
	text := ""
	if seen == sweepMost {
		b, err := json.Marshal(s)
		if err != nil {
			return err
		}
		text = string(b)
	} else if err := f.forget(s.Chunks); err != nil {
		return err
	}
	_, err = f.tx.tx.ExecContext(f.tx.ctx, "UPDATE search_index SET sweep = ? WHERE account = ?", text, f.acc)
	return err
}

// forget removes what is left of chunks in which nothing lives.
func (f *fold) forget(chunks []int) error {
	const per = index.ChunkSize / index.BlockSize
	for _, chunk := range chunks {
		if _, err := f.tx.tx.ExecContext(f.tx.ctx, "DELETE FROM search_live WHERE account = ? AND chunk = ?", f.acc, chunk); err != nil {
			return err
		}
		blocks := make([]int, per)
		for i := range blocks {
			blocks[i] = chunk*per + i
		}
		if _, err := f.tx.tx.ExecContext(f.tx.ctx, "DELETE FROM search_column WHERE account = ? AND block IN (?)", f.acc, bun.In(blocks)); err != nil {
			return err
		}
	}
	return nil
}
