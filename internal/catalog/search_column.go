package catalog

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"tintype/internal/catalog/index"
)

// column is a column of the index, of which blocks are read when they are needed.
type column struct {
	name   string
	blocks map[int]*block // those that have a value
}

// block is what is known of a block before it is read.
type block struct {
	filled      int // how many documents have a value
	least, most float64
	numbers     *index.Numbers // one of the two, once it was read
	texts       *index.Texts
}

// column returns a column with the bounds of its blocks.
func (x *indexed) column(name string) *column {
	c := x.columns[name]
	if c != nil {
		return c
	}
	c = &column{name: name, blocks: map[int]*block{}}
	x.columns[name] = c
	x.rows("read column", "SELECT block, filled, least, most FROM search_column WHERE account = ? AND field = ?", []any{x.acc, name}, func(scan func(...any) error) error {
		var number int
		b := new(block)
		if err := scan(&number, &b.filled, &b.least, &b.most); err != nil {
			return err
		}
		c.blocks[number] = b
		return nil
	})
	return c
}

// readMost bounds how many blocks one query reads.
const readMost = 256

// read sees to it that blocks are in memory.
func (x *indexed) read(c *column, wanted []int) {
	var missing []int
	for _, n := range wanted {
		b := c.blocks[n]
		if b == nil || b.numbers != nil || b.texts != nil {
			continue
		}
		switch v := x.tx.db.pieces.get(x.key(c, n)).(type) {
		case *index.Numbers:
			b.numbers = v
		case *index.Texts:
			b.texts = v
		default:
			missing = append(missing, n)
		}
	}
	for some := range slices.Chunk(missing, readMost) {
		x.rows("read column", "SELECT block, data FROM search_column WHERE account = ? AND field = ? AND block IN (?)", []any{x.acc, c.name, bun.In(some)}, func(scan func(...any) error) error {
			var n int
			var data sql.RawBytes
			if err := scan(&n, &data); err != nil {
				return err
			}
			return x.keep(c, n, data)
		})
	}
	for _, n := range missing {
		if b := c.blocks[n]; x.err == nil && b.numbers == nil && b.texts == nil {
			x.err = fmt.Errorf("block %d of column %s is missing", n, c.name)
		}
	}
}

func (x *indexed) key(c *column, n int) pieceKey { return pieceKey{x.epoch, c.name, n} }

// keep decodes a block, and remembers it for others when it can change no more.
func (x *indexed) keep(c *column, n int, data []byte) error {
	b := c.blocks[n]
	if b == nil {
		return fmt.Errorf("block %d of column %s has no bounds", n, c.name)
	}
	var err error
	var piece any
	var size int
	if strings.HasPrefix(c.name, columnNumber) {
		if b.numbers, err = index.DecodeNumbers(data); err != nil {
			return err
		}
		piece, size = b.numbers, b.numbers.Size()
	} else {
		if b.texts, err = index.DecodeTexts(data); err != nil {
			return err
		}
		piece, size = b.texts, b.texts.Size()
	}
	if (n+1)*index.BlockSize <= x.next {
		x.tx.db.pieces.put(x.key(c, n), piece, size)
	}
	return nil
}

// number returns a document's value in a column of numbers.
func (x *indexed) number(c *column, doc int) (float64, bool) {
	b := x.blockOf(c, doc)
	if b == nil {
		return 0, false
	}
	return b.numbers.Get(doc % index.BlockSize)
}

// text returns a document's value in a column of texts.
func (x *indexed) text(c *column, doc int) (string, bool) {
	b := x.blockOf(c, doc)
	if b == nil {
		return "", false
	}
	return b.texts.Get(doc % index.BlockSize)
}

// blockOf returns the block of a document, read; nil if it has no values.
func (x *indexed) blockOf(c *column, doc int) *block {
	b := c.blocks[doc/index.BlockSize]
	if b == nil {
		return nil
	}
	if b.numbers == nil && b.texts == nil {
		if x.err != nil {
			return nil
		}
		x.read(c, []int{doc / index.BlockSize})
		if x.err != nil {
			return nil
		}
	}
	return b
}
